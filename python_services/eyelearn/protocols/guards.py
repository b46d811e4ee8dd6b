"""What every face asks before it lets a message in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ..settings import Settings

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class Origins:
    """Which pages may connect, by the `Origin` that their browser names."""

    def __init__(self, settings: Settings) -> None:
        written = {origin.strip() for origin in settings.allowed_origins.split(",")}
        self._allowed = {origin.rstrip("/").lower() for origin in written if origin}

    def allow(self, origin: str | None, environ: dict[str, Any]) -> bool:
        """origin: the request's header, None where there is none (a server, a script: allowed).

        environ: the request's WSGI environment, which says what our own origin is.
        """
        if origin is None or "*" in self._allowed:
            return True
        origin = origin.lower()
        if origin in self._allowed or origin in _own_origins(environ):
            return True
        return not self._allowed and _host(origin) in LOCAL_HOSTS


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).hostname
    except ValueError:
        return None


def _own_origins(environ: dict[str, Any]) -> set[str]:
    """Our origin as the browser sees it, also behind a proxy that says so."""
    host = environ.get("HTTP_HOST", "")
    forwarded_host = _first(environ.get("HTTP_X_FORWARDED_HOST", host))
    forwarded_scheme = _first(
        environ.get("HTTP_X_FORWARDED_PROTO", environ.get("wsgi.url_scheme", ""))
    )
    return {
        f"{environ.get('wsgi.url_scheme')}://{host}".lower(),
        f"{forwarded_scheme}://{forwarded_host}".lower(),
    }


def _first(header: str) -> str:
    return header.split(",", maxsplit=1)[0].strip()


class Throttle:
    """Lets one of a kind through per interval: a limit that goes on being exceeded is told once."""

    def __init__(self, interval_seconds: float = 1.0) -> None:
        self._interval = interval_seconds
        self._last: dict[str, float] = {}

    def allow(self, key: str, now: float) -> bool:
        last = self._last.get(key)
        if last is not None and now - last < self._interval:
            return False
        self._last[key] = now
        return True

    def forget(self, key: str) -> None:
        self._last.pop(key, None)
