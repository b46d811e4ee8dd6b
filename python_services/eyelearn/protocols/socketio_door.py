"""Who may reach Socket.IO at all, asked before it looks at a request."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs

from ..errors import EyeLearnError, InvalidPayload, RateLimited
from .connections import Connections
from .origins import Origins
from .pace import Pace
from .refusals import refusal
from .security_headers import WSGI
from .silent_connections import SilentConnections, wants_web_socket

PATH = "/socket.io/"
# The one that is a standard (RFC 6455); eventlet would speak its drafts, too, and without limits.
WEBSOCKET_VERSION = "13"
# Each takes the event loop 5 ms: whoever comes faster has to wait, so that half of its time is left
# for those who are there. A class comes at once, and one that waits too long comes again.
HANDSHAKES_PER_SECOND = 100.0
HANDSHAKE_BURST_SECONDS = 1.0
MAX_WAIT_SECONDS = 10.0


class SocketIODoor:
    """A WSGI application around ours. Refused requests are answered with `{error, code}`."""

    def __init__(
        self,
        application: WSGI,
        origins: Origins,
        connections: Connections,
        silent: SilentConnections,
        sleep: Callable[[float], Any],
    ) -> None:
        self._sleep = sleep
        self._handshakes = Pace(HANDSHAKES_PER_SECOND, math.inf, HANDSHAKE_BURST_SECONDS)
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
        version = environ.get("HTTP_SEC_WEBSOCKET_VERSION")
        if wants_web_socket(environ) and version != WEBSOCKET_VERSION:
            raise InvalidPayload(f"WebSockets are spoken in version {WEBSOCKET_VERSION}.")
        connection = parse_qs(environ.get("QUERY_STRING", "")).get("sid", [""])[0]
        if connection:
            self._silent.carry(connection, environ)
        elif environ["REQUEST_METHOD"] == "GET":
            self._connections.check(environ)
            self._take_turn(time.monotonic())

    def _take_turn(self, now: float) -> None:
        """Raises RateLimited where too many wait already."""
        if self._handshakes.wait(now) > MAX_WAIT_SECONDS:
            raise RateLimited("Too many connect at the same time; try again in a moment.")
        wait_seconds = self._handshakes.spend(0, now)
        if wait_seconds:
            self._sleep(wait_seconds)

    def _refuse(
        self, error: EyeLearnError, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        answer = refusal(error)
        origin = environ.get("HTTP_ORIGIN")
        if origin and self._origins.allow(origin, environ):
            answer.headers["Access-Control-Allow-Origin"] = origin
        return answer(environ, start_response)
