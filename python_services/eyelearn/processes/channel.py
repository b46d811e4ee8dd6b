"""Length-prefixed messages over a stream socket: a small JSON header and a payload of raw bytes.

On the wire: two unsigned 32-bit big-endian lengths, the header as UTF-8 JSON, the payload.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from contextlib import AbstractContextManager
from typing import Any

import orjson

Header = dict[str, Any]

_LENGTHS = struct.Struct("!II")
# Far above any message of ours (a frame has at most some MB): a larger length means that the two
# ends have lost step, and reading on would only hide it.
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
# Room for two frames in flight without the sender having to wait.
SOCKET_BUFFER_BYTES = 1024 * 1024


class ChannelClosed(Exception):
    """The other end is gone, or the stream broke off in the middle of a message."""


class Channel:
    """One end of a conversation. Many may send, one receives."""

    def __init__(self, sock: socket.socket, lock: AbstractContextManager[Any]) -> None:
        """lock keeps the messages of several senders apart."""
        self._socket = sock
        self._lock = lock
        # Reads ahead: a small message costs one system call, not three.
        self._reader = sock.makefile("rb")
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER_BYTES)

    def send(self, header: Header, payload: bytes | memoryview = b"") -> None:
        """Raises ChannelClosed where the other end is gone."""
        text = orjson.dumps(header)
        try:
            with self._lock:
                self._socket.sendall(
                    b"".join((_LENGTHS.pack(len(text), len(payload)), text, payload))
                )
        except OSError as error:
            raise ChannelClosed(str(error)) from error

    def receive(self) -> tuple[Header, bytearray]:
        """Waits for one message. Raises ChannelClosed where there will be none."""
        header_bytes, payload_bytes = _LENGTHS.unpack(self._receive_exactly(_LENGTHS.size))
        if header_bytes + payload_bytes > MAX_MESSAGE_BYTES:
            raise ChannelClosed(f"a message of {header_bytes + payload_bytes} bytes: out of step")
        text = self._receive_exactly(header_bytes)
        payload = self._receive_exactly(payload_bytes)
        try:
            header: Header = orjson.loads(text)
        except ValueError as error:
            raise ChannelClosed(f"a header that is not JSON: out of step ({error})") from error
        return header, payload

    def _receive_exactly(self, size: int) -> bytearray:
        data = bytearray(size)
        try:
            received = self._reader.readinto(data)
        except (OSError, ValueError) as error:  # a reader that was closed here is a ValueError
            raise ChannelClosed(str(error)) from error
        if received < size:
            raise ChannelClosed("the other end closed")
        return data

    def hang_up(self) -> None:
        """Ends the conversation both ways: whoever waits in `receive`, here or there, is told."""
        with contextlib.suppress(OSError):  # the other end may have gone first: what was wanted
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """For the one who receives: a socket closed under a reader does not wake it."""
        self.hang_up()
        self._reader.close()
        self._socket.close()
