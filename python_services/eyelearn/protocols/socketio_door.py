"""Who may reach Socket.IO at all, asked before it looks at a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs

from ..errors import EyeLearnError, InvalidPayload
from .connections import Connections
from .handshakes import Handshakes
from .origins import Origins
from .refusals import refusal
from .security_headers import WSGI
from .silent_connections import SilentConnections, wants_web_socket

PATH = "/socket.io/"
# The one that is a standard (RFC 6455); eventlet would speak its drafts, too, and without limits.
WEBSOCKET_VERSION = "13"


class SocketIODoor:
    """A WSGI application around ours. Refused requests are answered with `{error, code}`."""

    def __init__(
        self,
        application: WSGI,
        origins: Origins,
        connections: Connections,
        silent: SilentConnections,
        handshakes: Handshakes,
    ) -> None:
        self._handshakes = handshakes
        self._application = application
        self._origins = origins
        self._connections = connections
        self._silent = silent

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(PATH):
            try:
                self._check(environ)
            except EyeLearnError as error:
                return self._refuse(error, environ, start_response)
        return self._application(environ, start_response)

    def _check(self, environ: Mapping[str, Any]) -> None:
        """Raises Forbidden, InvalidPayload, RateLimited."""
        self._origins.check(environ.get("HTTP_ORIGIN"), environ)
        check_version(environ)
        connection = parse_qs(environ.get("QUERY_STRING", "")).get("sid", [""])[0]
        if connection:
            self._silent.carry(connection, environ)
        elif environ["REQUEST_METHOD"] == "GET":
            self._connections.check(environ)
            self._handshakes.take_turn()

    def _refuse(
        self, error: EyeLearnError, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        answer = refusal(error)
        origin = environ.get("HTTP_ORIGIN")
        if origin and self._origins.allow(origin, environ):
            answer.headers["Access-Control-Allow-Origin"] = origin
        return answer(environ, start_response)


def check_version(environ: Mapping[str, Any]) -> None:
    """Raises InvalidPayload for a WebSocket of a version that is not spoken here."""
    version = environ.get("HTTP_SEC_WEBSOCKET_VERSION")
    if wants_web_socket(environ) and version != WEBSOCKET_VERSION:
        raise InvalidPayload(f"WebSockets are spoken in version {WEBSOCKET_VERSION}.")
