"""Requests without a session: in one row, and no flood of them keeps a newcomer out."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from eyelearn.errors import RateLimited
from eyelearn.protocols import handshakes as handshakes_module
from eyelearn.protocols import newcomers as newcomers_module
from eyelearn.protocols.handshakes import (
    HANDSHAKE_BURST_SECONDS,
    HANDSHAKES_PER_SECOND,
    Handshakes,
)
from eyelearn.protocols.newcomers import MAX_HOLD_UP_SECONDS, MAX_WAIT_SECONDS, Newcomers
from eyelearn.protocols.pace import (
    STRANGERS_BURST_SECONDS,
    STRANGERS_BYTES_PER_SECOND,
    STRANGERS_MESSAGES_PER_SECOND,
    Pace,
)

MB = 1024 * 1024
NOW = 1000.0


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def newcomers(slept: list[float], monkeypatch: pytest.MonkeyPatch) -> Newcomers:
    """All come at the same moment."""
    clock = SimpleNamespace(monotonic=lambda: NOW)
    monkeypatch.setattr(newcomers_module, "time", clock)
    monkeypatch.setattr(handshakes_module, "time", clock)
    return Newcomers(Pace.of_all_strangers(), Handshakes(slept.append), slept.append)


def until_refused(come: Callable[[], None]) -> int:
    """How many were let in before."""
    for number in range(10_000):
        try:
            come()
        except RateLimited:
            return number
    raise AssertionError("nobody was refused")


def test_a_few_are_let_in_at_once(newcomers: Newcomers, slept: list[float]) -> None:
    for _ in range(10):
        newcomers.take_turn(1000)
    assert slept == []


def test_more_wait_and_too_many_are_refused(newcomers: Newcomers, slept: list[float]) -> None:
    let_in = until_refused(lambda: newcomers.read(0))
    waits = MAX_WAIT_SECONDS + STRANGERS_BURST_SECONDS
    assert let_in == pytest.approx(waits * STRANGERS_MESSAGES_PER_SECOND, abs=2)
    assert slept == sorted(slept)
    assert slept[-1] == pytest.approx(MAX_WAIT_SECONDS, abs=0.01)


def test_large_ones_wait_for_their_bytes(newcomers: Newcomers, slept: list[float]) -> None:
    until_refused(lambda: newcomers.read(MB))
    seconds_each = MB / STRANGERS_BYTES_PER_SECOND + 1 / STRANGERS_MESSAGES_PER_SECOND
    assert slept[1] - slept[0] == pytest.approx(seconds_each)
    assert slept[-1] <= MAX_WAIT_SECONDS + seconds_each


def test_sessions_begin_no_faster_than_connections(
    newcomers: Newcomers, slept: list[float]
) -> None:
    let_in = until_refused(lambda: newcomers.take_turn(0))
    seconds = HANDSHAKE_BURST_SECONDS + MAX_WAIT_SECONDS
    assert let_in == pytest.approx(seconds * HANDSHAKES_PER_SECOND, abs=2)
    assert max(slept) == pytest.approx(MAX_WAIT_SECONDS, abs=0.02)


def test_who_is_refused_again_and_again_waits_and_keeps_no_newcomer_out(
    newcomers: Newcomers, slept: list[float]
) -> None:
    for _ in range(1000):
        newcomers.hold_up(64 * 1024, until=NOW + 10.0)
    assert slept[-1] == max(slept) == MAX_WAIT_SECONDS
    slept.clear()
    newcomers.take_turn(50_000)
    assert max(slept) == pytest.approx(MAX_HOLD_UP_SECONDS, abs=0.1)


def test_no_refusal_is_later_than_an_answer_may_be(
    newcomers: Newcomers, slept: list[float]
) -> None:
    for _ in range(1000):
        newcomers.hold_up(64 * 1024, until=NOW + 0.2)
    assert max(slept) == pytest.approx(0.2)
    slept.clear()
    newcomers.hold_up(64 * 1024, until=NOW - 1.0)
    assert slept == []
