from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from eyelearn.protocols.buffered_socket import WholeMessage
from eyelearn.protocols.guards import MAX_MESSAGE_BYTES
from eyelearn.protocols.pace import Pace
from eyelearn.protocols.paced_frames import (
    FRAMES_IN_A_ROW,
    LARGE_BYTES,
    MAX_PIECES,
    PacedFrames,
)

TEXT, BINARY, PING = 1, 2, 9
UNHURRIED = 1e9


class Wire:
    """Frames as eventlet takes them: whole, or in pieces that one message gathers."""

    def __init__(self, pace: Pace | None = None) -> None:
        self.next: Any = WholeMessage(TEXT, "hello")
        self.slept: list[float] = []
        pace = pace or Pace(UNHURRIED, UNHURRIED)
        self.frames = PacedFrames(lambda message: self.next, pace, self.slept.append)

    def take(self, frame: Any, message: Any = None) -> Any:
        self.next = frame
        return self.frames.take(message)


def pieces(*data: bytes, finished: bool = False, opcode: int = BINARY) -> Any:
    return SimpleNamespace(opcode=opcode, data=list(data), finished=finished)


def test_frames_come_as_they_are() -> None:
    wire = Wire()
    for frame in (WholeMessage(TEXT, "a"), pieces(b"a", finished=True), pieces(opcode=PING)):
        assert wire.take(frame) is frame


def test_others_have_their_turn_beside_one_that_floods() -> None:
    wire = Wire()
    for _ in range(10 * FRAMES_IN_A_ROW + 1):
        wire.take(pieces(opcode=PING, finished=True))
    assert wire.slept == [0.0] * 10


def test_others_have_their_turn_after_each_large_message() -> None:
    wire = Wire()
    for _ in range(4):
        wire.take(WholeMessage(BINARY, bytes(FRAMES_IN_A_ROW * LARGE_BYTES)))
    assert wire.slept == [0.0] * 3


def test_who_sends_too_fast_waits_before_the_next_frame() -> None:
    wire = Wire(Pace(0.1, UNHURRIED))
    wire.take(WholeMessage(TEXT, "a"))
    assert wire.slept == []
    wire.take(WholeMessage(TEXT, "a"))
    assert wire.slept == [pytest.approx(7.0, abs=0.1)]


def test_a_message_in_pieces_is_paid_for_once() -> None:
    wire = Wire(Pace(UNHURRIED, 100.0))
    message = wire.take(pieces(b"a" * 100))
    for _ in range(2):
        wire.take(pieces(b"b" * 10, opcode=PING, finished=True), message)
        message.data.append(b"a" * 100)
        assert wire.take(message, message) is message
    assert wire.slept == []
    wire.take(WholeMessage(TEXT, "a"))
    assert wire.slept == [pytest.approx(0.2, abs=0.1)]


def test_a_message_in_pieces_has_a_largest_size() -> None:
    wire = Wire()
    message = wire.take(pieces(bytes(MAX_MESSAGE_BYTES)))
    message.data.append(b"a")
    with pytest.raises(ValueError, match="pieces"):
        wire.take(message, message)


def test_a_message_has_no_more_pieces_than_a_network_makes() -> None:
    with pytest.raises(ValueError, match="pieces"):
        Wire().take(pieces(*[b""] * (MAX_PIECES + 1)))
