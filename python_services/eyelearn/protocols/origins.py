"""Which pages may connect, by the `Origin` that their browser names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import Response

from ..errors import Forbidden
from ..events import get_logger
from ..settings import Settings, listed
from .client_address import DEFAULT_PORTS, client_of, trusted_networks
from .refusals import refusal
from .security_headers import WSGI, Headers

_log = get_logger(__name__)

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
# Each foreign origin is told once; whoever makes them up does not fill the log.
MAX_TOLD = 100
MAX_TOLD_LENGTH = 100
OPTIONS = "OPTIONS"
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
        if not origin:
            return True
        if not origin.isprintable():
            # No browser's, and it is written into an answer's headers.
            return False
        if "*" in self._allowed:
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


class OriginGuard:
    """A WSGI application around another: refuses foreign pages, and lets the others read its
    answers (CORS, the preflight included)."""

    def __init__(self, application: WSGI, origins: Origins, methods: Sequence[str]) -> None:
        """methods: that the application answers, besides OPTIONS."""
        self._application = application
        self._origins = origins
        self._methods = ", ".join(sorted({*methods, OPTIONS}))

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        origin = environ.get("HTTP_ORIGIN")
        added = [("Vary", "Origin")]

        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            return start_response(status, [*headers, *added], exc_info)

        try:
            self._origins.check(origin, environ)
        except Forbidden as error:
            return refusal(error)(environ, start)
        if origin:
            added.append(("Access-Control-Allow-Origin", origin))
            added.append(("Access-Control-Expose-Headers", "Retry-After"))
        if environ["REQUEST_METHOD"] != OPTIONS:
            return self._application(environ, start)
        return Response(status=204, headers=self._what_may_be_sent(origin))(environ, start)

    def _what_may_be_sent(self, origin: str | None) -> dict[str, str]:
        told = {"Allow": self._methods}
        if origin:
            told["Access-Control-Allow-Methods"] = self._methods
            told["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
            told["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
        return told


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
