"""Which pages may connect, by the `Origin` that their browser names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from ..errors import Forbidden
from ..events import get_logger
from ..settings import Settings, listed
from .client_address import DEFAULT_PORTS, client_of, trusted_networks
from .refusals import refusal

_log = get_logger(__name__)

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
# Each foreign origin is told once; whoever makes them up does not fill the log.
MAX_TOLD = 100
MAX_TOLD_LENGTH = 100
# How long a browser may remember what a route allows, in seconds.
PREFLIGHT_SECONDS = 600


class Origins:
    """Ours, and those of ALLOWED_ORIGINS; localhost too while that is empty."""

    def __init__(self, settings: Settings) -> None:
        self._allowed = frozenset(_plain(origin) for origin in listed(settings.allowed_origins))
        self._trusted = trusted_networks(settings)
        self._told: set[str] = set()

    def allow(self, origin: str | None, environ: Mapping[str, Any]) -> bool:
        """origin: the request's header, None where there is none: no browser's page sent it, and
        its token alone decides.

        environ: the request's WSGI environment, which says what our own origin is.
        """
        if not origin or "*" in self._allowed:
            return True
        origin = _plain(origin)
        if origin in self._allowed or self._is_own(origin, environ):
            return True
        return not self._allowed and _is_local(origin)

    def check(self, origin: str | None, environ: Mapping[str, Any]) -> None:
        """Raises Forbidden, which says what to set; the log says it once for each origin."""
        if self.allow(origin, environ):
            return
        shown = f"{origin!r:.{MAX_TOLD_LENGTH}}"
        if shown not in self._told and len(self._told) < MAX_TOLD:
            self._told.add(shown)
            _log.warning("pages of an origin are refused; see ALLOWED_ORIGINS", origin=shown)
        raise Forbidden("Pages of this origin may not connect: ALLOWED_ORIGINS does not name it.")

    def _is_own(self, origin: str, environ: Mapping[str, Any]) -> bool:
        client = client_of(environ, self._trusted)
        # A proxy that is not in TRUSTED_PROXIES may have taken the encryption off, and a page that
        # came encrypted, from the same host, is trusted no less than one that did not.
        secure = client.host.removesuffix(DEFAULT_PORTS["https"])
        return bool(client.host) and origin in {
            f"{client.scheme}://{client.host}",
            f"https://{secure}",
        }


def guard_by_origin(blueprint: Blueprint, origins: Origins) -> None:
    """Refuses foreign pages on every route of a blueprint, and lets the others read its answers
    (CORS, the preflight included)."""

    @blueprint.before_request
    def judge() -> Response | None:
        try:
            origins.check(request.headers.get("Origin"), request.environ)
        except Forbidden as error:
            return refusal(error)
        return Response(status=204) if _is_preflight() else None

    @blueprint.after_request
    def tell(answer: Response) -> Response:
        answer.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin and origins.allow(origin, request.environ):
            answer.headers["Access-Control-Allow-Origin"] = origin
            answer.headers["Access-Control-Expose-Headers"] = "Retry-After"
            if _is_preflight():
                answer.headers["Access-Control-Allow-Methods"] = ", ".join(_methods())
                answer.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
                answer.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
        return answer


def _is_preflight() -> bool:
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def _methods() -> list[str]:
    rule = request.url_rule
    return sorted(rule.methods or ()) if rule else []


def _plain(origin: str) -> str:
    """As browsers write it: in lower case, without the scheme's own port."""
    origin = origin.rstrip("/").lower()
    scheme = origin.partition(":")[0]
    return origin.removesuffix(DEFAULT_PORTS.get(scheme, "/"))


def _is_local(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        return parts.scheme in DEFAULT_PORTS and parts.hostname in LOCAL_HOSTS
    except ValueError:
        return False
