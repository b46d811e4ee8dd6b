"""A WebSocket's client end (RFC 6455) as cheap as it can be: the generator shares the machine.

Knows what the measured servers send: whole text messages, and no compression. Pictures are masked
once and sent many times, since a mask may be any four bytes, and what can't be written yet waits
without limit, since a camera does not wait for a server that reads slowly.
"""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlsplit

from websockets.speedups import apply_mask

OPEN_SECONDS = 60.0
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x1, 0x2, 0x8, 0x9, 0xA
_FINAL, _MASKED = 0x80, 0x80
_MASK = bytes((0x37, 0xFA, 0x21, 0x3D))
_SWITCHING = b"HTTP/1.1 101"
_HEADERS_END = b"\r\n\r\n"
# Payload lengths that are no lengths, but announce one of 16 or 64 bits.
_LENGTH_16, _LENGTH_64 = 126, 127


def text_frame(text: str) -> bytes:
    return _frame(_TEXT, text.encode())


@lru_cache(maxsize=256)
def binary_frame(payload: bytes) -> bytes:
    return _frame(_BINARY, payload)


def _frame(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < _LENGTH_16:
        head = struct.pack("!BB", _FINAL | opcode, _MASKED | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", _FINAL | opcode, _MASKED | _LENGTH_16, size)
    else:
        head = struct.pack("!BBQ", _FINAL | opcode, _MASKED | _LENGTH_64, size)
    return head + _MASK + apply_mask(payload, _MASK)


class WebSocket(asyncio.Protocol):
    """Tells each text message as it comes, and once when the connection is gone."""

    def __init__(self, on_text: Callable[[str], None], on_lost: Callable[[], None]) -> None:
        self._on_text = on_text
        self._on_lost = on_lost
        self._buffer = bytearray()
        self._transport: asyncio.Transport
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._leaving = False

    async def open(self, url: str) -> None:
        """url: `ws://host:port/path`. Raises OSError: a refusal, or no answer in time."""
        parts = urlsplit(url)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(OPEN_SECONDS):
            await loop.create_connection(lambda: self, parts.hostname, parts.port)
            key = base64.b64encode(os.urandom(16)).decode()
            self._transport.write(
                f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
            )
            await self._opened

    def send(self, frames: bytes) -> None:
        """What `text_frame` and `binary_frame` made; nothing where the connection is gone."""
        self._transport.write(frames)

    def close(self) -> None:
        """Leaves politely, where that does not have to wait for what was never read."""
        self._leaving = True
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        else:
            self._transport.write(_frame(_CLOSE, struct.pack("!H", 1000)))
            self._transport.close()

    def abort(self) -> None:
        """Leaves without a word."""
        self._leaving = True
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._opened.done() and not self._has_opened():
            return
        while (message := self._take()) is not None:
            opcode, payload = message
            if opcode == _TEXT:
                self._on_text(payload.decode())
            elif opcode == _PING:
                self._transport.write(_frame(_PONG, payload))
            elif opcode == _CLOSE:
                self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._opened.done():
            self._opened.set_exception(error or ConnectionError("closed before it was open"))
        if not self._leaving:
            self._on_lost()

    def _has_opened(self) -> bool:
        end = self._buffer.find(_HEADERS_END)
        if end < 0:
            return False
        if not self._buffer.startswith(_SWITCHING):
            status = self._buffer.split(b"\r\n", 1)[0].decode()
            self._opened.set_exception(ConnectionError(f"no WebSocket: {status}"))
            self.abort()
            return False
        del self._buffer[: end + len(_HEADERS_END)]
        self._opened.set_result(None)
        return True

    def _take(self) -> tuple[int, bytes] | None:
        """Opcode and payload of the next frame, None where it is not whole yet."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        size, start = buffer[1], 2
        if size in (_LENGTH_16, _LENGTH_64):
            start = 4 if size == _LENGTH_16 else 10
            size = int.from_bytes(buffer[2:start], "big")
        if len(buffer) < start + size:
            return None
        opcode, payload = buffer[0] & 0xF, bytes(buffer[start : start + size])
        del buffer[: start + size]
        return opcode, payload
