"""Events that are acknowledged later, without a green thread that waits for it.

Making one, and switching to it, costs a frame more than checking what it says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from socketio import Server
from socketio.packet import ACK, EVENT

from .bounded_json import dumps

NAMESPACE = "/"
# How Engine.IO's packets of Socket.IO's packets begin.
MESSAGE = "4"


class Asker:
    """Who sent an event: may be answered at any time, from any thread, and never waits."""

    __slots__ = ("_connection", "_number", "_server", "sid")

    def __init__(self, server: Server, connection: str, sid: str, number: int | None) -> None:
        self.sid = sid
        self._server = server
        self._connection = connection
        self._number = number

    def emit(self, event: str, data: Any) -> None:
        self._send(self._event(event, data))

    def acknowledge(self, answer: Any) -> None:
        """To be called once; does nothing where no acknowledgement was asked for."""
        if self._number is not None:
            self._send(self._acknowledgement(answer))

    def emit_and_acknowledge(self, event: str, data: Any, answer: Any) -> None:
        """Both, by one write where that is possible."""
        if self._number is None:
            self.emit(event, data)
        else:
            self._send(self._event(event, data), self._acknowledgement(answer))

    def _event(self, event: str, data: Any) -> str:
        return f"{EVENT}{dumps([event, data])}"

    def _acknowledgement(self, answer: Any) -> str:
        return f"{ACK}{self._number}{dumps([answer])}"

    def _send(self, *packets: str) -> None:
        engine = self._server.eio
        writer = getattr(engine.sockets.get(self._connection), "prompt_writer", None)
        if writer is None or not writer.write([MESSAGE + packet for packet in packets]):
            for packet in packets:
                engine.send(self._connection, packet)


def answer_later(server: Server, event: str, handler: Callable[..., None]) -> None:
    """Calls handler(asker, *arguments) for each such event.

    Runs where the connection is read, so the handler must not wait.

    Raises AttributeError where Socket.IO hands events on differently.
    """
    other_events = server._handle_event

    def handle(connection: str, namespace: str | None, number: int | None, data: Any) -> None:
        if data[0] != event or (namespace or NAMESPACE) != NAMESPACE:
            other_events(connection, namespace, number, data)
            # They begin on a thread of their own, and before whatever the client sent after them.
            server.sleep(0)
            return
        sid = server.manager.sid_from_eio_sid(connection, NAMESPACE)
        if server.manager.is_connected(sid, NAMESPACE):
            handler(Asker(server, connection, sid, number), *data[1:])

    server._handle_event = handle
