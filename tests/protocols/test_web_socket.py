"""A raw WebSocket: answers in order and one at a time, and an end whatever the client does."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from eyelearn.concurrency import Concurrency, threads
from eyelearn.protocols.web_socket import (
    MAX_REASON_BYTES,
    MAX_WAITING_MESSAGES,
    PARTING_SECONDS,
    RawWebSocket,
)


class Loop:
    """An event loop that the test turns."""

    def __init__(self) -> None:
        self.spawned: list[Callable[[], Any]] = []
        self.later: list[tuple[float, Callable[[], Any]]] = []

    @property
    def concurrency(self) -> Concurrency:
        real = threads()
        return Concurrency(
            spawn=self.spawned.append,
            later=lambda seconds, call: self.later.append((seconds, call)),
            sleep=real.sleep,
            lock=real.lock,
            event=real.event,
        )

    def turn(self) -> None:
        while self.spawned:
            self.spawned.pop(0)()


class Line:
    """In the place of eventlet's WebSocket. sent: what went out; while_sending: runs meanwhile."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.messages: list[Any] = []
        self.while_sending: Callable[[], None] = lambda: None
        self.shut_down = False
        self.socket = SimpleNamespace(
            setsockopt=lambda *_option: None, shutdown=lambda _how: self._shut()
        )

    def _shut(self) -> None:
        self.shut_down = True

    def send(self, data: str | bytes, control_code: int | None = None) -> None:
        if self.shut_down:
            raise BrokenPipeError
        self.sent.append(json.loads(data) if isinstance(data, str) else control_code)
        self.while_sending()

    def _send_closing_frame(self, _ignore: bool, data: tuple[int, str]) -> None:
        self.sent.append(data)

    def wait(self) -> Any:
        if self.shut_down or not self.messages:
            return None
        message = self.messages.pop(0)
        if isinstance(message, Exception):
            raise message
        return message


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def connection(loop: Loop, line: Line) -> RawWebSocket:
    frames: Any = SimpleNamespace(taken_at=0.0)
    return RawWebSocket("web-socket-1", line, frames, {}, loop.concurrency)


def test_answers_go_out_in_the_order_in_which_they_were_given(
    connection: RawWebSocket, loop: Loop, line: Line
) -> None:
    for number in range(5):
        connection.send({"n": number})
    loop.turn()
    assert line.sent == [{"n": number} for number in range(5)]


def test_there_is_one_writer_at_a_time(connection: RawWebSocket, loop: Loop, line: Line) -> None:
    written: list[int] = []

    def answer_meanwhile() -> None:
        if len(written) < 3:
            written.append(len(line.sent))
            connection.send({"n": len(line.sent)})
            assert loop.spawned == []

    line.while_sending = answer_meanwhile
    connection.send({"n": 0})
    assert len(loop.spawned) == 1
    loop.turn()
    assert line.sent == [{"n": number} for number in range(4)]
    connection.send({"n": 4})
    assert len(loop.spawned) == 1


def test_who_does_not_read_is_cut_off_when_too_many_answers_wait(
    connection: RawWebSocket, loop: Loop, line: Line
) -> None:
    for number in range(MAX_WAITING_MESSAGES):
        connection.send({"n": number})
    assert not line.shut_down
    connection.send({"n": "one too many"})
    assert line.shut_down
    loop.turn()
    assert line.sent == []


def test_a_client_that_went_while_it_was_written_to_takes_nothing_with_it(
    connection: RawWebSocket, loop: Loop, line: Line
) -> None:
    connection.send({"n": 1})
    line.shut_down = True
    loop.turn()
    connection.send({"n": 2})
    loop.turn()
    assert line.sent == []


def test_an_end_comes_after_what_was_sent_and_nothing_comes_after_it(
    connection: RawWebSocket, loop: Loop, line: Line
) -> None:
    connection.send({"error": "why"})
    connection.end(4401, "why")
    connection.send({"n": "too late"})
    connection.ping()
    connection.end(1000, "again")
    loop.turn()
    assert line.sent == [{"error": "why"}, (4401, "why")]


def test_after_its_end_nothing_is_received_that_still_comes(
    connection: RawWebSocket, line: Line
) -> None:
    line.messages = ["before", "after", b"after"]
    assert connection.receive() == "before"
    connection.end(4401, "why")
    assert connection.receive() is None
    assert line.messages == []


def test_a_client_that_does_not_close_in_return_is_cut_off(
    connection: RawWebSocket, loop: Loop, line: Line
) -> None:
    connection.end(4401, "why")
    [(seconds, cut_off)] = loop.later
    assert seconds == PARTING_SECONDS
    cut_off()
    assert line.shut_down


@pytest.mark.parametrize("reason", ["x" * 200, "ü" * 200, "€" * 200])
def test_a_reason_fits_into_a_close_frame(
    connection: RawWebSocket, loop: Loop, line: Line, reason: str
) -> None:
    connection.end(4401, reason)
    loop.turn()
    told = line.sent[0][1]
    assert reason.startswith(told)
    assert MAX_REASON_BYTES - 4 < len(told.encode()) <= MAX_REASON_BYTES


def test_who_is_cut_off_is_sent_and_receives_nothing_more(
    connection: RawWebSocket, loop: Loop, line: Line
) -> None:
    line.messages = ["more"]
    connection.send({"n": 1})
    connection.cut_off()
    connection.cut_off()
    connection.send({"n": 2})
    connection.end(1000, "")
    loop.turn()
    assert (line.sent, line.shut_down) == ([], True)
    assert connection.receive() is None


def test_a_connection_that_is_forgotten_is_left_alone(
    connection: RawWebSocket, loop: Loop, line: Line
) -> None:
    connection.send({"n": 1})
    connection.forget()
    connection.cut_off()
    connection.ping()
    loop.turn()
    assert (line.sent, line.shut_down) == ([], False)


@pytest.mark.parametrize(
    "error", [ConnectionResetError(), TimeoutError(), UnicodeDecodeError("utf-8", b"", 0, 1, "")]
)
def test_frames_that_are_none_are_the_end(
    connection: RawWebSocket, line: Line, error: Exception
) -> None:
    line.messages = [error]
    assert connection.receive() is None


def test_a_sign_of_life_is_any_frame(loop: Loop, line: Line) -> None:
    frames: Any = SimpleNamespace(taken_at=0.0)
    connection = RawWebSocket("web-socket-1", line, frames, {}, loop.concurrency)
    opened_at = connection.heard_at
    frames.taken_at = opened_at + 5.0
    assert connection.heard_at == opened_at + 5.0
