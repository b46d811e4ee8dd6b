"""WebSocket frames that lie about themselves (RFC 6455, section 5)."""

from __future__ import annotations

import struct

from hostile.wire import BINARY, CLOSE, FIRST_PIECE, LAST_PIECE, PIECE, PING, TEXT, frame

# Each ends the connection, with a close frame or without one.
ENDS = {
    "without a mask": frame(TEXT, b"3", masked=False),
    "the first reserved bit": frame(TEXT | 0x40, b"3"),
    "all reserved bits": frame(TEXT | 0x70, b"3"),
    "a kind of frame that is none": frame(0x83, b"x"),
    "a control frame that is none": frame(0x8B, b"x"),
    "a ping in pieces": frame(PING & 0x0F, b"x"),
    "a ping that is too long": frame(PING, b"x" * 126),
    "a close that is too long": frame(CLOSE, b"\x03\xe8" + b"x" * 200),
    "a close of one byte": frame(CLOSE, b"x"),
    "a close for a reason that is none": frame(CLOSE, struct.pack("!H", 99)),
    "a close without text": frame(CLOSE, b"\x03\xe8\xff\xff"),
    "more than may come": frame(BINARY, b"x", said=1 << 62),
    "the largest length": frame(TEXT, b"x", said=(1 << 64) - 1),
    "a piece of nothing": frame(PIECE, b"x"),
    "a last piece of nothing": frame(LAST_PIECE, b"x"),
    "a message within another": frame(FIRST_PIECE, b"4") + frame(TEXT, b"3"),
    "no UTF-8": frame(TEXT, b"4\xff\xfe"),
    "no UTF-8 in pieces": frame(FIRST_PIECE, b"4\xe2\x82") + frame(LAST_PIECE, b"x"),
    "HTTP": b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
}
# Nothing more comes after these: who waits for the rest is not waited for.
BROKEN_OFF = {
    "half a head": frame(TEXT, b"3")[:1],
    "half a length": frame(BINARY, bytes(300))[:3],
    "half a mask": frame(TEXT, b"3")[:4],
    "a length that lies": frame(TEXT, b"3", said=100),
    "a first piece": frame(FIRST_PIECE, b"4"),
}
