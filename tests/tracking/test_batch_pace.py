"""How often learners are asked for their landmarks, by how busy the event loop is."""

from __future__ import annotations

from collections.abc import Callable

from eyelearn.tracking.batch_pace import BUSY_SHARE, MAX_SECONDS, BatchPace

STEP = 0.5


def loop(fixed_ms: float, per_second_ms: float, learners: int) -> Callable[[float], float]:
    """How busy a loop is whose learners send once in so many seconds: what a batch costs it, and
    what a second of samples does."""

    def busy(seconds: float) -> float:
        period = max(1.0, seconds)
        return min(1.0, learners * (fixed_ms / period + per_second_ms) / 1000)

    return busy


def settled(busy: Callable[[float], float], pace: BatchPace | None = None) -> BatchPace:
    """After five minutes."""
    pace = pace or BatchPace()
    for _ in range(600):
        pace.measure(busy(pace.seconds), STEP)
    return pace


def test_learners_send_as_they_like_while_there_is_time() -> None:
    assert settled(loop(0.5, 0.2, learners=800)).seconds == 0.0


def test_a_school_is_asked_to_send_less_often_until_there_is_time_for_others() -> None:
    busy = loop(0.5, 0.2, learners=2000)
    pace = settled(busy)
    assert 1.0 < pace.seconds < MAX_SECONDS
    assert busy(pace.seconds) <= BUSY_SHARE


def test_it_settles() -> None:
    busy = loop(0.5, 0.2, learners=2000)
    pace = settled(busy)
    seen = set()
    for _ in range(200):
        pace.measure(busy(pace.seconds), STEP)
        seen.add(pace.seconds)
    assert len(seen) == 1


def test_nobody_waits_longer_than_the_most() -> None:
    assert settled(loop(0.5, 0.5, learners=9000)).seconds == MAX_SECONDS


def test_when_the_school_has_gone_the_others_send_as_they_like() -> None:
    pace = settled(loop(0.5, 0.2, learners=2000))
    assert settled(loop(0.5, 0.2, learners=100), pace).seconds == 0.0


def test_a_moment_s_work_changes_nothing() -> None:
    pace = BatchPace()
    for number in range(100):
        pace.measure(1.0 if number % 20 == 0 else 0.1, STEP)
        assert pace.seconds == 0.0


def test_what_goes_on_for_seconds_does() -> None:
    pace = BatchPace()
    for _ in range(8):
        pace.measure(1.0, STEP)
    assert pace.seconds > 1.0
