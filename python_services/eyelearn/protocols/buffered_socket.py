"""WebSocket messages by one system call, read or written, where each would cost several."""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

from websockets.speedups import apply_mask

# A frame of 640×480 with what stands before it, and some.
READ_AHEAD_BYTES = 64 * 1024
# First byte of a message that is not in pieces (RFC 6455, section 5.2).
TEXT, BINARY = 0x81, 0x82
OPCODE = 0x0F
# Second byte: that a mask follows, and lengths that say how many bytes the length has.
MASKED = 0x80
LENGTH_16, LENGTH_64 = 126, 127
LENGTH_BYTES = {LENGTH_16: 2, LENGTH_64: 8}
MASK_BYTES = 4


def text_frame(text: str) -> bytes:
    """A message as a server writes it that compresses nothing (RFC 6455, section 5.2)."""
    payload = text.encode()
    size = len(payload)
    if size < LENGTH_16:
        return bytes((TEXT, size)) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", TEXT, LENGTH_16, size) + payload
    return struct.pack("!BBQ", TEXT, LENGTH_64, size) + payload


class WholeMessage(NamedTuple):
    """What eventlet's WebSocket asks of a message that it has read."""

    opcode: int
    value: bytes | str
    finished: bool = True

    def getvalue(self) -> bytes | str:
        return self.value


class BufferedSocket:
    """A socket that is read in large pieces, whatever pieces are asked for, and written to once
    for all messages that are known to follow each other.
    """

    def __init__(self, sock: Any) -> None:
        """sock: a green one, whose `fd` is the system's own, which does not wait."""
        self._socket = sock
        self._ahead = b""
        self._at = 0
        self._awaited = 0
        self._gathered: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def gather(self, messages: int) -> None:
        """The next so many messages are written together, when the last of them is there."""
        self._awaited = messages

    def sendall(self, data: bytes) -> None:
        self._gathered.append(data)
        self._awaited -= 1
        if self._awaited <= 0:
            together, self._gathered = b"".join(self._gathered), []
            self._socket.sendall(together)

    def send_at_once(self, data: bytes) -> int:
        """Writes what the system takes, and never waits; gives how many bytes that was.

        To be called where nothing is gathered. Raises OSError.
        """
        try:
            written: int = self._socket.fd.send(data)
        except BlockingIOError:
            return 0
        return written

    def send_rest(self, data: bytes) -> None:
        """What `send_at_once` left over: waits until it is written, before what is gathered."""
        self._socket.sendall(data)

    def recv(self, size: int) -> bytes:
        """At most `size` bytes of what has come; waits where nothing has; none at the end."""
        self._fill()
        piece = self._ahead[self._at : self._at + size]
        self._at += len(piece)
        return piece

    def take_message(self) -> WholeMessage | None:
        """The next message, where all of it has come; waits where nothing has.

        None for what is not a whole text or binary message from a client: nothing is taken then.
        Raises UnicodeDecodeError.
        """
        self._fill()
        ahead, at = self._ahead, self._at
        if len(ahead) < at + 2 or ahead[at] not in (TEXT, BINARY) or ahead[at + 1] < MASKED:
            return None
        length, at = ahead[at + 1] - MASKED, at + 2
        if length in LENGTH_BYTES:
            size = LENGTH_BYTES[length]
            length, at = int.from_bytes(ahead[at : at + size]), at + size
        begin = at + MASK_BYTES
        if len(ahead) < begin + length:
            return None
        first = ahead[self._at]
        masked = memoryview(ahead)[begin : begin + length]
        value = apply_mask(masked, ahead[at:begin])
        self._at = begin + length
        return WholeMessage(first & OPCODE, value.decode() if first == TEXT else value)

    def _fill(self) -> None:
        if self._at >= len(self._ahead):
            self._ahead, self._at = self._socket.recv(READ_AHEAD_BYTES), 0
