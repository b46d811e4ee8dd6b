"""The page that a platform's page hides in a frame: there Face Mesh runs in a worker of our own
origin, as browsers run none of another."""

from __future__ import annotations

from flask import Blueprint

from ..settings import Settings
from .content_security_policy import page_policy
from .own_files import TEMPLATES, own_file
from .security_headers import FILMING

PAGE_PATH = "/landmark-frame"
# What the page is made of: its address → the file in `templates/` and its type.
PAGE = {
    PAGE_PATH: ("landmark-frame.html", "text/html"),
    "/landmark-frame.js": ("landmark-frame.js", "text/javascript"),
}


def landmark_frame(settings: Settings) -> Blueprint:
    blueprint = Blueprint("landmark_frame", __name__)
    policy = page_policy(settings, "script-src 'self'", "worker-src 'self'", "connect-src 'self'")
    headers = {"Content-Security-Policy": policy, "Permissions-Policy": FILMING}
    for address, (name, mimetype) in PAGE.items():
        answer = own_file(TEMPLATES / name, mimetype, headers)
        blueprint.add_url_rule(address, name.replace(".", "_"), answer)
    return blueprint
