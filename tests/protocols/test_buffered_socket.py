from __future__ import annotations

import struct
from typing import Any

import pytest
from websockets.frames import Frame, Opcode
from websockets.speedups import apply_mask

from eyelearn.protocols.buffered_socket import BufferedSocket, text_frame

MASK = b"\x11\x22\x33\x44"
BINARY, TEXT, PIECE, CONTINUATION, PING = 0x82, 0x81, 0x02, 0x80, 0x89


class Wire:
    """A socket on which these pieces come, and then nothing more ever."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)
        self.written: list[bytes] = []

    def recv(self, size: int) -> bytes:
        return self.pieces.pop(0)[:size] if self.pieces else b""

    def sendall(self, data: bytes) -> None:
        self.written.append(data)

    def fileno(self) -> int:
        return 7


def frame(first: int, payload: bytes) -> bytes:
    """As a client writes it (RFC 6455, section 5.2)."""
    length = len(payload)
    if length < 126:
        said = struct.pack("!BB", first, 0x80 | length)
    elif length < 1 << 16:
        said = struct.pack("!BBH", first, 0x80 | 126, length)
    else:
        said = struct.pack("!BBQ", first, 0x80 | 127, length)
    return said + MASK + apply_mask(payload, MASK)


@pytest.mark.parametrize("length", [0, 1, 125, 126, 30_000, 65_000])
def test_a_whole_message_is_taken_at_once(length: int) -> None:
    payload = bytes(n % 251 for n in range(length))
    message = BufferedSocket(Wire(frame(BINARY, payload))).take_message()
    assert message is not None
    assert (message.opcode, message.finished, message.getvalue()) == (2, True, payload)


def test_messages_that_came_together_are_taken_one_after_the_other() -> None:
    sock = BufferedSocket(Wire(frame(TEXT, "Zoë".encode()) + frame(BINARY, b"picture")))
    taken: list[Any] = [sock.take_message(), sock.take_message()]
    assert [(each.opcode, each.getvalue()) for each in taken] == [(1, "Zoë"), (2, b"picture")]


@pytest.mark.parametrize(
    "came",
    [
        b"\x82",
        frame(BINARY, b"picture")[:-1],
        frame(BINARY, bytes(300))[:3],
        frame(PIECE, b"pic"),
        frame(CONTINUATION, b"ture"),
        frame(PING, b""),
        frame(BINARY | 0x40, b"compressed"),
        b"\x82\x02no",
    ],
    ids=[
        "a byte",
        "all but a byte",
        "half a length",
        "a first piece",
        "a last piece",
        "a ping",
        "compressed",
        "without a mask",
    ],
)
def test_whatever_else_comes_is_left_as_it_is(came: bytes) -> None:
    sock = BufferedSocket(Wire(came))
    assert sock.take_message() is None
    assert sock.recv(1000) == came


def test_the_end_is_told() -> None:
    sock = BufferedSocket(Wire())
    assert sock.take_message() is None
    assert sock.recv(2) == b""


def test_what_came_is_given_in_the_pieces_that_are_asked_for() -> None:
    sock = BufferedSocket(Wire(b"abcdef", b"gh"))
    assert [sock.recv(n) for n in (2, 3, 5, 5, 5)] == [b"ab", b"cde", b"f", b"gh", b""]


def test_what_is_no_text_is_not_taken_for_one() -> None:
    with pytest.raises(UnicodeDecodeError):
        BufferedSocket(Wire(frame(TEXT, b"\xff"))).take_message()


def test_messages_that_follow_each_other_are_written_once() -> None:
    wire = Wire()
    sock = BufferedSocket(wire)
    sock.sendall(b"a")
    sock.gather(2)
    sock.sendall(b"b")
    sock.sendall(b"c")
    sock.sendall(b"d")
    assert wire.written == [b"a", b"bc", b"d"]


def test_everything_else_is_the_sockets_own() -> None:
    assert BufferedSocket(Wire()).fileno() == 7


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536])
def test_a_message_is_framed_as_others_do_it(length: int) -> None:
    text = "é" + "a" * (length - 2) if length > 1 else "a" * length
    assert text_frame(text) == Frame(Opcode.TEXT, text.encode()).serialize(mask=False)
