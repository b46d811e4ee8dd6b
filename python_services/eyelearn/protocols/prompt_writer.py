"""Answers written where they are made, and not by the green thread that writes for a connection.

Waking that one costs as much as the writing. It stays for whatever has to wait: for a client that
does not read, and for those that have no WebSocket yet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..events import get_logger
from .buffered_socket import text_frame
from .hanging_up import hang_up

_log = get_logger(__name__)


class PromptWriter:
    """Of one Engine.IO connection. Never waits."""

    def __init__(self, connection: Any, web_socket: Any, spawn: Callable[..., Any]) -> None:
        """connection: Engine.IO's; web_socket: its own, whose socket is a `BufferedSocket`."""
        self._connection = connection
        self._web_socket = web_socket
        self._spawn = spawn

    def write(self, messages: list[str]) -> bool:
        """Engine.IO's messages, as text, in one piece; False where they have to wait for their
        turn, and nothing was written.
        """
        if not self._is_free():
            return False
        frames = b"".join([text_frame(message) for message in messages])
        try:
            written: int = self._web_socket.socket.send_at_once(frames)
        except OSError:
            # The connection is gone: whoever writes in its turn finds that, too, and ends it.
            return False
        if 0 < written < len(frames):
            # Taken before anybody else can: the rest of a message comes before the next.
            self._web_socket._sendlock.acquire()
            self._spawn(self._write_rest, frames[written:])
        return written > 0

    def _is_free(self) -> bool:
        """Whether nothing waits to be written, and the connection is as ever."""
        connection, web_socket = self._connection, self._web_socket
        others_first = connection.queue.qsize() or web_socket._sendlock.locked()
        ends = connection.closing or connection.closed or web_socket.websocket_closed
        # While a ping is out, Engine.IO looks before each packet for how long it has been.
        return bool(connection.upgraded) and not (others_first or ends or connection.last_ping)

    def _write_rest(self, rest: bytes) -> None:
        """Waits until the client reads; what comes meanwhile waits in Engine.IO's queue."""
        try:
            self._web_socket.socket.send_rest(rest)
        except OSError as error:
            _log.debug("connection went amid a message", reason=type(error).__name__)
            hang_up(self._web_socket.socket)
        finally:
            self._web_socket._sendlock.release()
