"""The service's own pages, and the scripts that a platform's page loads from here."""

from __future__ import annotations

from flask import Blueprint, Response, redirect
from werkzeug.wrappers import Response as Redirect

from ..settings import ROOT, Settings
from .content_security_policy import page_policy
from .own_files import TEMPLATES, own_file, revalidated
from .security_headers import FILMING, FOR_EVERYONE

CLIENT = ROOT / "user" / "js" / "webcam-websocket.js"
SOCKET_IO = ROOT / "node_modules" / "socket.io-client" / "dist" / "socket.io.min.js"
# The version that package.json pins and the client's integrity hash is of; a test compares them.
SOCKET_IO_CDN = "https://cdn.jsdelivr.net/npm/socket.io-client@4.8.4/dist/socket.io.min.js"

# What the focus page is made of: its address → the file in `templates/` and its type.
FOCUS_PAGE = {
    "/": ("focus.html", "text/html"),
    "/focus.css": ("focus.css", "text/css"),
    "/focus.js": ("focus.js", "text/javascript"),
    "/attention-chart.js": ("attention-chart.js", "text/javascript"),
    "/words.js": ("words.js", "text/javascript"),
    "/favicon.svg": ("favicon.svg", "image/svg+xml"),
}
CLIENT_PATH = "/user/js/webcam-websocket.js"
# Before the client's own first line: a copy on a platform does not have it, and so the client
# knows where the service is when it came from there. What the page said itself stands.
SERVED_BY_US = b"""if (document.currentScript?.src)
  window.EYELEARN_SERVER_URL ||= new URL(document.currentScript.src).origin;
"""


def pages(settings: Settings) -> Blueprint:
    """The focus page on `/`, the browser client, and the Socket.IO library it needs."""
    blueprint = Blueprint("pages", __name__)
    headers = {
        "Content-Security-Policy": _content_security_policy(settings),
        "Permissions-Policy": FILMING,
    }
    for address, (name, mimetype) in FOCUS_PAGE.items():
        answer = own_file(TEMPLATES / name, mimetype, headers)
        blueprint.add_url_rule(address, name.replace(".", "_"), answer)
    blueprint.add_url_rule(CLIENT_PATH, "client", _client)
    blueprint.add_url_rule("/socket.io.min.js", "socket_io", _socket_io)
    blueprint.add_url_rule("/favicon.ico", "favicon", lambda: redirect("/favicon.svg", 301))
    return blueprint


def _client() -> Response:
    return _script_for_everyone(SERVED_BY_US + CLIENT.read_bytes())


def _socket_io() -> Response | Redirect:
    """From npm where it was installed, else from the CDN; the client checks the integrity."""
    if SOCKET_IO.is_file():
        return _script_for_everyone(SOCKET_IO.read_bytes())
    answer = redirect(SOCKET_IO_CDN, 302)
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _script_for_everyone(source: bytes) -> Response:
    response = revalidated(source, "text/javascript")
    response.headers.update(FOR_EVERYONE)
    return response


def _content_security_policy(settings: Settings) -> str:
    """No inline code. Face Mesh's worker is a file of ours, the capture clock's is a blob."""
    return page_policy(
        settings,
        f"script-src 'self' {SOCKET_IO_CDN}",
        "worker-src 'self' blob:",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self' ws: wss:",
    )
