"""The reference client of section 2 of the protocols: the file itself, and as a page to try."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from urllib.parse import urlsplit

from flask import Blueprint, Response

from ..settings import Settings, listed
from .content_security_policy import policy
from .own_files import TEMPLATES, revalidated
from .security_headers import FILMING

CLIENT = TEMPLATES / "web_eye_client.html"
PATH = "/web_eye_client.html"
# Where the page finds the service, if not where it came from.
ADDRESS_META = '<meta name="python-service-url" content="">'
INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


def frames_page(settings: Settings) -> Blueprint:
    """It answers whoever asks: what it sends is judged by origin and token as everything is."""
    blueprint = Blueprint("frames_page", __name__)

    @blueprint.get(PATH)
    def client() -> Response:
        page = _addressed(CLIENT.read_text(), settings.python_service_url)
        response = revalidated(page.encode(), "text/html")
        response.headers["Content-Security-Policy"] = _policy(page, settings)
        response.headers["Permissions-Policy"] = FILMING
        return response

    return blueprint


def _addressed(page: str, address: str) -> str:
    told = ADDRESS_META.replace('content=""', f'content="{html.escape(address.rstrip("/"))}"')
    return page.replace(ADDRESS_META, told, 1)


def _origin(address: str) -> str:
    """A policy takes an address with a path for that one page, and ours has others below it."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if address else ""


def _policy(page: str, settings: Settings) -> str:
    """Its own script and style, by their hashes, and nothing else."""
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for kind, content in INLINE.findall(page):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        hashes[kind].append(f"'sha256-{digest}'")
    connect = " ".join(("'self' ws: wss:", _origin(settings.python_service_url))).rstrip()
    return policy(
        listed(settings.allowed_origins),
        f"script-src {' '.join(hashes['script'])}",
        f"style-src {' '.join(hashes['style'])}",
        "worker-src blob:",
        "img-src 'self'",
        f"connect-src {connect}",
    )
