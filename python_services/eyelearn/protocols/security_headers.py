"""What every answer tells browsers not to do with it, whoever gives it: pages, REST, Socket.IO."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .client_address import Networks, client_of

# One year, in seconds: what browsers ask for before they put a site on their own lists.
HSTS_SECONDS = 31_536_000
NO_DEVICES = "microphone=(), geolocation=(), display-capture=()"
# Of pages that film; in another site's frame that site must allow the camera as well.
FILMING = f"camera=(self), {NO_DEVICES}"
# Readable from every origin: a page can check a script's integrity only then.
FOR_EVERYONE = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}

# Where the answer does not say otherwise itself.
DEFAULTS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": f"camera=(), {NO_DEVICES}",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    # Parts a window from the one that opened it; frames, and so embedding, are not touched.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

Headers = list[tuple[str, str]]
WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class SecurityHeaders:
    """A WSGI application around another, since Socket.IO's answers do not pass Flask."""

    def __init__(self, application: WSGI, trusted: Networks) -> None:
        self._application = application
        self._trusted = trusted

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            return start_response(status, self._completed(headers, environ), exc_info)

        return self._application(environ, start)

    def _completed(self, headers: Headers, environ: Mapping[str, Any]) -> Headers:
        named = {name.lower() for name, _ in headers}
        added = [item for item in DEFAULTS.items() if item[0].lower() not in named]
        # Over plain HTTP anybody on the way could have written it, and browsers ignore it.
        if client_of(environ, self._trusted).scheme == "https":
            added.append(("Strict-Transport-Security", f"max-age={HSTS_SECONDS}"))
        return [*headers, *added]
