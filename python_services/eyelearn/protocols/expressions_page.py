"""What section 4 of the protocols answers over HTTP: a page that uses it all, and who is there."""

from __future__ import annotations

import http
from typing import Literal

from flask import Blueprint, Response, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from typing_extensions import TypedDict

from ..expression_service import ExpressionService, ExpressionSession
from ..settings import Settings, listed
from ..timestamps import utc_text
from .admin import admin_only
from .content_security_policy import policy
from .own_files import TEMPLATES, own_file
from .security_headers import FILMING

PAGE_PATH = "/test"
# What the page is made of: its address → the file in `templates/` and its type.
PAGE = {
    PAGE_PATH: ("expressions.html", "text/html"),
    "/expressions.css": ("expressions.css", "text/css"),
    **{
        f"/{script.name}": (script.name, "text/javascript")
        for script in TEMPLATES.glob("expressions*.js")
    },
}
FEATURES = [
    "face_expressions",
    "gaze_direction",
    "hand_gestures",
    "frame_overlay",
    "expression_images",
]


class ExpressionsHealth(TypedDict):
    status: Literal["healthy"]
    active_sessions: int
    supported_features: list[str]


class ExpressionSessionTold(TypedDict):
    """expression: of the last picture, null where there was none to name. loaded_expressions: those
    that have an image."""

    started_at: str
    frame_count: int
    expression: str | None
    loaded_expressions: list[str]


class ExpressionSessions(TypedDict):
    active_sessions: int
    session_ids: list[str]
    session_details: dict[str, ExpressionSessionTold]


def health_of(expressions: ExpressionService) -> ExpressionsHealth:
    return {
        "status": "healthy",
        "active_sessions": len(expressions.sessions),
        "supported_features": FEATURES,
    }


def expressions_page(expressions: ExpressionService, settings: Settings) -> Blueprint:
    blueprint = Blueprint("expressions_page", __name__)
    headers = {
        "Content-Security-Policy": policy(
            listed(settings.allowed_origins),
            "script-src 'self'",
            "style-src 'self'",
            # Pictures that the page has in memory.
            "img-src 'self' data: blob:",
            "connect-src 'self' ws: wss:",
        ),
        "Permissions-Policy": FILMING,
    }
    for address, (name, mimetype) in PAGE.items():
        answer = own_file(TEMPLATES / name, mimetype, headers)
        blueprint.add_url_rule(address, name.replace(".", "_"), answer)

    @blueprint.get("/health")
    def health() -> Response:
        return jsonify(health_of(expressions))

    @blueprint.get("/sessions")
    @admin_only(settings)
    def sessions() -> ResponseReturnValue:
        # Copied: connections come and go.
        alive = dict(expressions.sessions)
        told: ExpressionSessions = {
            "active_sessions": len(alive),
            "session_ids": list(alive),
            "session_details": {name: _details(session) for name, session in alive.items()},
        }
        return jsonify(told)

    @blueprint.before_app_request
    def front() -> ResponseReturnValue | None:
        """`/` is a page for browsers alone, which ask for one."""
        if request.path != "/" or request.method != http.HTTPMethod.GET:
            return None
        if "text/html" not in request.headers.get("Accept", ""):
            return jsonify(health_of(expressions))
        # Where no other face has a page there.
        return redirect(PAGE_PATH) if request.url_rule is None else None

    return blueprint


def _details(session: ExpressionSession) -> ExpressionSessionTold:
    return {
        "started_at": utc_text(session.started_at),
        "frame_count": session.frame_count,
        "expression": None if session.last is None else session.last.expression,
        "loaded_expressions": list(session.images),
    }
