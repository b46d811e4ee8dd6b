"""The REST description, for machines and as a page to read and to try."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, redirect
from werkzeug.wrappers import Response as Redirect

from ..settings import Settings
from ..vision.landmarks import LANDMARK_INDICES
from .openapi import LandmarkIndices, description
from .own_files import TEMPLATES, own_file

PAGE = {
    "/api/docs": ("rest.html", "text/html"),
    "/api/rest.css": ("rest.css", "text/css"),
    "/api/rest.js": ("rest.js", "text/javascript"),
}
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


def rest_page(settings: Settings) -> Blueprint:
    """With what else clients are to know, which is the same for everybody."""
    blueprint = Blueprint("rest_page", __name__)
    described = description(settings)
    indices: LandmarkIndices = {"landmark_indices": list(LANDMARK_INDICES)}
    blueprint.add_url_rule("/api/openapi.json", "openapi", lambda: _for_everyone(described))
    blueprint.add_url_rule("/api/landmark-indices", "indices", lambda: _for_everyone(indices))

    headers = {"Content-Security-Policy": POLICY}
    for address, (name, mimetype) in PAGE.items():
        view = own_file(TEMPLATES / name, mimetype, headers)
        blueprint.add_url_rule(address, name.replace(".", "_"), view)

    @blueprint.get("/api/")
    def beginning() -> Redirect:
        return redirect("/api/docs", 302)

    return blueprint


def _for_everyone(value: Mapping[str, Any]) -> Response:
    """Readable from every origin."""
    answer = jsonify(value)
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer
