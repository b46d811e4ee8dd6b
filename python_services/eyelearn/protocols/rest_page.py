"""The REST description, for machines and as a page to read and to try."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, redirect
from werkzeug.wrappers import Response as Redirect

from ..settings import Settings
from .openapi import description
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
    """`/api/openapi.json` may be read from everywhere; it is the same for everybody."""
    blueprint = Blueprint("rest_page", __name__)
    told = description(settings)

    @blueprint.get("/api/openapi.json")
    def openapi() -> Response:
        answer = jsonify(told)
        answer.headers["Access-Control-Allow-Origin"] = "*"
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return answer

    headers = {"Content-Security-Policy": POLICY}
    for address, (name, mimetype) in PAGE.items():
        view = own_file(TEMPLATES / name, mimetype, headers)
        blueprint.add_url_rule(address, name.replace(".", "_"), view)

    @blueprint.get("/api/")
    def beginning() -> Redirect:
        return redirect("/api/docs", 302)

    return blueprint
