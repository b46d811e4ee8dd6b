"""Clients that would take more than their share: who send without reading, or without pause."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable
from io import BytesIO
from typing import Any

from engineio.packet import MESSAGE, Packet
from engineio.payload import Payload
from socketio import Server

from ..concurrency import Concurrency
from ..events import get_logger
from ..settings import Settings
from .hanging_up import hang_up
from .pace import PACE, Pace
from .paced_frames import PacedFrames
from .plain_upgrade import plain

_log = get_logger(__name__)

# 5 s of a client that sends 20 frames/s and gets two packets for each, on top of what lies in the
# kernel's buffer. One that reads has a few waiting, also while it polls over a slow line.
MAX_WAITING_PACKETS = 200
SWEEP_INTERVAL_SECONDS = 0.5
# Kinds of Engine.IO's packets. What is none is handed on as what can't be read either, and so is
# answered where that is.
ENGINE_IO_KINDS = frozenset("0123456")
UNREADABLE_MESSAGE = "?"
UNREADABLE_PACKET = f"4{UNREADABLE_MESSAGE}"
# Between packets of one request; and a form of any number of fields, for browsers of before CORS.
SEPARATOR, FORM = b"\x1e", b"d="


class GreedyClients:
    """Cuts off who does not read before what waits for them adds up, and reads the others no faster
    than is their share. Engine.IO sets no limit to either.
    """

    def __init__(
        self, server: Server, concurrency: Concurrency, settings: Settings, all_strangers: Pace
    ) -> None:
        """all_strangers: the pace that they share with whoever else has no session.

        Raises AttributeError or KeyError where Engine.IO makes its connections differently."""
        self._server = server
        self._engine = server.eio
        self._concurrency = concurrency
        self._settings = settings
        self._web_sockets: dict[str, Any] = {}
        self._full: set[str] = set()
        self._all_strangers = all_strangers
        # A copy, since the library keeps one for all of its servers.
        self._engine._async = {
            **self._engine._async,
            "websocket": self._remembering(self._engine._async["websocket"]),
        }
        self._engine.on("connect", self._pacing_posts(self._engine.handlers["connect"]))

    def start(self) -> None:
        """Looks after the connections from now on."""
        self._concurrency.spawn(self._run)

    def _remembering(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """A maker of WebSockets that keeps each at hand: Engine.IO's own have no way to be ended
        while a send is stuck."""

        def make(handler: Callable[..., Any], engine: Any) -> Any:
            sid = handler.__self__.sid  # type: ignore[attr-defined]  # a method of its Socket

            def remember(web_socket: Any) -> Any:
                frames = PacedFrames(
                    web_socket._recv_frame, self._pace_of(sid), self._concurrency.sleep
                )
                web_socket._recv_frame = frames.take
                web_socket.wait = _readable(web_socket.wait)
                self._web_sockets[sid] = web_socket
                try:
                    return handler(web_socket)
                finally:
                    self._web_sockets.pop(sid, None)
                    # Circles that only the garbage collector would find.
                    del web_socket._recv_frame, web_socket.wait

            return plain(original(remember, engine))

        return make

    def _pace_of(self, sid: str) -> Pace:
        """The one that began with its first request; a new one where it is gone already."""
        environ = self._server.environ.get(sid, {})
        return environ.get(PACE) or self._pace_of_stranger()

    def _pace_of_stranger(self) -> Pace:
        return Pace.of_stranger(self._settings, self._all_strangers)

    def _pacing_posts(self, connect: Callable[..., Any]) -> Callable[..., Any]:
        """The same for what a client posts that has no WebSocket."""

        def connect_paced(sid: str, environ: dict[str, Any]) -> Any:
            connection = self._engine.sockets[sid]
            post, itself = type(connection).handle_post_request, weakref.ref(connection)
            environ[PACE] = pace = self._pace_of_stranger()

            def post_paced(request: dict[str, Any]) -> None:
                connection: Any = itself()
                size = max(0, int(request.get("CONTENT_LENGTH") or 0))
                self._concurrency.sleep(pace.spend(size, time.monotonic()))
                try:
                    if size <= self._engine.max_http_buffer_size:
                        request["wsgi.input"] = _checked(request["wsgi.input"].read(size))
                    post(connection, request)
                except (LookupError, ValueError):
                    connection.receive(Packet(MESSAGE, UNREADABLE_MESSAGE))

            connection.handle_post_request = post_paced
            return connect(sid, environ)

        return connect_paced

    def _run(self) -> None:
        while True:
            self._concurrency.sleep(SWEEP_INTERVAL_SECONDS)
            try:
                self._sweep()
            except Exception:
                # One connection's trouble must not leave the others unwatched.
                _log.exception("greedy clients could not be looked for; tried again")

    def _sweep(self) -> None:
        """Cuts off whoever has too much waiting at two looks: a burst is no slowness."""
        full = {
            sid
            for sid, connection in list(self._engine.sockets.items())
            if connection.queue.qsize() > MAX_WAITING_PACKETS and not connection.closed
        }
        for sid in full & self._full:
            self._cut_off(sid)
        self._full = full
        self._forget_half_sent()

    def _cut_off(self, sid: str) -> None:
        connection = self._engine.sockets.get(sid)
        if connection is None:
            return
        _log.warning(
            "connection does not read what it is sent, and is cut off",
            connection=sid,
            waiting_packets=connection.queue.qsize(),
        )
        connection.close(wait=False, abort=True, reason=self._engine.reason.TRANSPORT_ERROR)
        web_socket = self._web_sockets.get(sid)
        if web_socket is not None:
            hang_up(web_socket.socket)

    def _forget_half_sent(self) -> None:
        """A message whose attachment never came stays with Socket.IO when its client has gone."""
        half_sent = self._server._binary_packet
        for sid in [sid for sid in half_sent if sid not in self._engine.sockets]:
            half_sent.pop(sid, None)


def _checked(body: bytes) -> BytesIO:
    """What was posted, where it can be taken apart in no time. Raises ValueError."""
    if body.startswith(FORM) or body.count(SEPARATOR) >= Payload.max_decode_packets:
        raise ValueError("a form, or too many packets")
    return BytesIO(body)


def _readable(wait: Callable[[], Any]) -> Callable[[], Any]:
    """The same, with what Engine.IO would fall over replaced."""

    def wait_readable() -> Any:
        message = wait()
        if isinstance(message, str) and message[:1] not in ENGINE_IO_KINDS:
            return UNREADABLE_PACKET
        return message

    return wait_readable
