"""Clients that would take more than their share: who send without reading, or without pause."""

from __future__ import annotations

import itertools
import logging
import socket
import struct
from collections.abc import Callable
from typing import Any

from socketio import Server
from socketio.packet import Packet

from ..concurrency import Concurrency
from ..redaction import hashed

_log = logging.getLogger(__name__)

# 5 s of a client that sends 20 frames/s and gets two packets for each, on top of what lies in the
# kernel's buffer. One that reads has a few waiting, also while it polls over a slow line.
MAX_WAITING_PACKETS = 200
SWEEP_INTERVAL_SECONDS = 0.5
# Reading so many frames in a row takes about 1 ms.
MESSAGES_IN_A_ROW = 8
# No event has more than one picture or one array of landmarks.
MAX_ATTACHMENTS = 1
# What waits in the kernel is thrown away with the connection: nobody is going to read it.
_NO_LINGER = struct.pack("ii", 1, 0)


class FrugalPacket(Packet):  # type: ignore[misc]  # the library has no types
    """Socket.IO's own gathers as many attachments as a client says will come, and looks through
    every answer for bytes."""

    # Of what is sent; no answer of ours has an attachment.
    uses_binary_events = False

    def decode(self, encoded_packet: str) -> int:
        """Raises ValueError where more are announced than any event has."""
        attachments = int(super().decode(encoded_packet) or 0)
        if attachments > MAX_ATTACHMENTS:
            raise ValueError(f"{attachments} attachments")
        return attachments


class GreedyClients:
    """Cuts off who does not read before what waits for them adds up, and lets the others have
    their turn beside one that floods. Engine.IO sets no limit to either.
    """

    def __init__(self, server: Server, concurrency: Concurrency) -> None:
        """Raises AttributeError or KeyError where Engine.IO makes its WebSockets differently."""
        self._server = server
        self._engine = server.eio
        self._concurrency = concurrency
        self._web_sockets: dict[str, Any] = {}
        self._full: set[str] = set()
        server.packet_class = FrugalPacket
        # A copy, since the library keeps one for all of its servers.
        self._engine._async = {
            **self._engine._async,
            "websocket": self._remembering(self._engine._async["websocket"]),
        }

    def start(self) -> None:
        """Looks after the connections from now on."""
        self._concurrency.spawn(self._run)

    def _remembering(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """A maker of WebSockets that keeps each at hand: Engine.IO's own have no way to be ended
        while a send is stuck."""

        def make(handler: Callable[..., Any], engine: Any) -> Any:
            sid = handler.__self__.sid  # type: ignore[attr-defined]  # a method of its Socket

            def remember(web_socket: Any) -> Any:
                web_socket.wait = self._in_turns(web_socket.wait)
                self._web_sockets[sid] = web_socket
                try:
                    return handler(web_socket)
                finally:
                    self._web_sockets.pop(sid, None)

            return original(remember, engine)

        return make

    def _in_turns(self, wait: Callable[[], Any]) -> Callable[[], Any]:
        """The same, giving way now and then: an event loop goes on to the next connection where
        there is nothing to read, and whoever floods would keep it for themselves."""
        numbers = itertools.count(1)

        def wait_in_turn() -> Any:
            if next(numbers) % MESSAGES_IN_A_ROW == 0:
                self._concurrency.sleep(0)
            return wait()

        return wait_in_turn

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
            "connection %s does not read what it is sent, and is cut off; %d packets waited",
            hashed(sid),
            connection.queue.qsize(),
        )
        connection.close(wait=False, abort=True, reason=self._engine.reason.TRANSPORT_ERROR)
        web_socket = self._web_sockets.get(sid)
        if web_socket is None:
            return
        try:
            web_socket.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            # Wakes the one who is stuck sending, and the one who waits for more.
            web_socket.socket.shutdown(socket.SHUT_RDWR)
        except OSError as error:
            _log.debug("connection %s went by itself: %s", hashed(sid), error)

    def _forget_half_sent(self) -> None:
        """A message whose attachment never came stays with Socket.IO when its client has gone."""
        half_sent = self._server._binary_packet
        for sid in [sid for sid in half_sent if sid not in self._engine.sockets]:
            half_sent.pop(sid, None)
