"""Raw WebSockets: which face answers at which address, and who may come in at all."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs

from ..concurrency import Concurrency
from ..errors import EyeLearnError
from ..events import get_logger
from .connections import TCP_VISIT
from .entry import Entry
from .heartbeat import Heartbeat
from .pace import PACE
from .paced_frames import PacedFrames
from .plain_upgrade import plain
from .refusals import refusal
from .security_headers import WSGI
from .silent_connections import wants_web_socket
from .socketio_door import check_version
from .web_socket import RawWebSocket
from .web_socket_face import Doorkeeper, Face

_log = get_logger(__name__)

# eventlet's maker of WebSockets: takes what serves one, gives a WSGI application.
Maker = Callable[[Callable[[Any], None]], Any]


class WebSocketDoor:
    """A WSGI application around ours. Refused requests are answered with `{error, code}`."""

    def __init__(
        self,
        application: WSGI,
        *,
        face_at: Callable[[str], Face | None],
        maker: Maker,
        entry: Entry,
        heartbeat: Heartbeat,
        doorkeeper: Doorkeeper,
        concurrency: Concurrency,
    ) -> None:
        """face_at: which one answers at a path, None where none does."""
        self._application = application
        self._face_at = face_at
        self._maker = maker
        self._entry = entry
        self._heartbeat = heartbeat
        self._doorkeeper = doorkeeper
        self._concurrency = concurrency
        self._numbers = itertools.count(1)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        face = self._face_at(environ["PATH_INFO"]) if wants_web_socket(environ) else None
        if face is None:
            return self._application(environ, start_response)
        try:
            self._entry.origins.check(environ.get("HTTP_ORIGIN"), environ)
            check_version(environ)
            self._entry.connections.check(environ)
            self._entry.handshakes.take_turn()
            visit = self._entry.connections.enter(environ)
        except EyeLearnError as error:
            return refusal(error)(environ, start_response)
        if TCP_VISIT in environ:
            visit.carried_by(environ[TCP_VISIT])
        try:
            return self._upgraded(environ, start_response, face)
        finally:
            visit.leave()

    def _upgraded(
        self, environ: dict[str, Any], start_response: Callable[..., Any], face: Face
    ) -> Iterable[bytes]:
        """Returns once the connection has ended."""
        upgrade = plain(self._maker(lambda web_socket: self._serve(web_socket, environ, face)))
        return upgrade(environ, start_response)

    def _serve(self, web_socket: Any, environ: dict[str, Any], face: Face) -> None:
        pace = environ[PACE] = self._entry.new_pace()
        frames = PacedFrames(web_socket._recv_frame, pace, self._concurrency.sleep)
        web_socket._recv_frame = frames.take
        connection = RawWebSocket(
            f"web-socket-{next(self._numbers)}", web_socket, frames, environ, self._concurrency
        )
        self._heartbeat.add(connection)
        try:
            self._doorkeeper.serve(connection, face, _token_in(environ))
        except Exception:
            # What eventlet would answer is HTTP, and it logs nothing.
            _log.exception("a web socket failed", connection=connection.name)
        finally:
            self._heartbeat.remove(connection)
            connection.forget()
            # A circle that only the garbage collector would find.
            del web_socket._recv_frame


def _token_in(environ: Mapping[str, Any]) -> str | None:
    """Of the address. It is never logged: nothing here logs an address."""
    tokens = parse_qs(environ.get("QUERY_STRING", "")).get("token")
    return tokens[0] if tokens else None
