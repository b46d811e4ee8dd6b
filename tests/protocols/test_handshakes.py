"""Handshakes keep to a pace: whoever comes faster waits, and is refused where too many wait."""

from __future__ import annotations

import pytest

from eyelearn.errors import RateLimited
from eyelearn.protocols.handshakes import (
    HANDSHAKE_BURST_SECONDS,
    HANDSHAKES_PER_SECOND,
    MAX_WAIT_SECONDS,
    Handshakes,
)

BURST = round(HANDSHAKES_PER_SECOND * HANDSHAKE_BURST_SECONDS)


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def handshakes(slept: list[float]) -> Handshakes:
    return Handshakes(slept.append)


def test_a_class_that_comes_at_once_is_let_in_at_once(
    handshakes: Handshakes, slept: list[float]
) -> None:
    for _ in range(BURST):
        handshakes.take_turn()
    assert slept == []


@pytest.mark.parametrize("patience", [1.0, MAX_WAIT_SECONDS])
def test_more_wait_for_their_turn_and_too_many_are_refused(
    handshakes: Handshakes, slept: list[float], patience: float
) -> None:
    def come(number: int) -> None:
        for _ in range(number):
            handshakes.take_turn(patience)

    with pytest.raises(RateLimited):
        come(BURST + round(2 * patience * HANDSHAKES_PER_SECOND))
    assert max(slept) == pytest.approx(patience, abs=0.1 * patience)
