"""Bytes to the service, and whatever comes back: for what no client library would send."""

from __future__ import annotations

import itertools
import socket
import struct
from types import TracebackType

from service import RunningService

ANSWER_SECONDS = 30.0
SOCKET_IO = "/socket.io/?EIO=4&transport=websocket"
# By the address of each WebSocket: what it has said when its greeting is over.
GREETED = {
    SOCKET_IO: b'"maxPayload"',
    "/ws/frames": b"\r\n\r\n",
    "/": b"Eye tracking connected",
    "/ws/eye": b"Eye tracking connected",
    "/ws/{}": b"Connected and ready",
    "/ws": b"Emotion prediction connected",
}
UPGRADE = (
    "GET {path} HTTP/1.1\r\n"
    "Host: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{more}\r\n"
)
TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A
FIRST_PIECE, PIECE, LAST_PIECE = 0x01, 0x00, 0x80
MASKED = 0x80


_numbers = itertools.count(1)


def address(path: str) -> str:
    """A path of GREETED with a session of its own, where it takes one."""
    return path.format(f"hostile-{next(_numbers)}")


def frame(first: int, payload: bytes = b"", said: int | None = None, masked: bool = True) -> bytes:
    """A WebSocket frame (RFC 6455, section 5.2) with a mask of zeros.

    said: the length that it claims to have, where that is not its payload's.
    """
    length = len(payload) if said is None else said
    mask = MASKED if masked else 0
    if length < 126:
        head = struct.pack("!BB", first, mask | length)
    elif length < 1 << 16:
        head = struct.pack("!BBH", first, mask | 126, length)
    else:
        head = struct.pack("!BBQ", first, mask | 127, length)
    return head + bytes(4 if masked else 0) + payload


class Wire:
    """A TCP connection to the service."""

    def __init__(self, service: RunningService) -> None:
        port = int(service.environment["PORT"])
        self.socket = socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS)

    def send(self, data: bytes) -> None:
        """As much as is taken; the service may end the connection before it has read all."""
        try:
            self.socket.sendall(data)
        except ConnectionError:
            return

    def upgrade(self, path: str = SOCKET_IO, more: str = "") -> None:
        """Goes over to a WebSocket, and reads until its greeting has come."""
        self.send(UPGRADE.format(path=address(path), more=more).encode())
        told = b""
        while GREETED[path] not in told:
            piece = self.socket.recv(4096)
            assert piece, told
            told += piece

    def end(self) -> None:
        """Sends nothing any more, and still listens."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def rest(self) -> bytes:
        """All that comes until the service ends the connection. Fails with TimeoutError."""
        told = b""
        try:
            while piece := self.socket.recv(65536):
                told += piece
        except ConnectionError:
            pass
        return told

    def __enter__(self) -> Wire:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.socket.close()
