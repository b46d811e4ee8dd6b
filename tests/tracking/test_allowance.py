from __future__ import annotations

import math

import pytest

from eyelearn.tracking.allowance import Allowance
from eyelearn.tracking.frame_rate import EVERY, STEADY, UNSEEN, Rate

MAX_FPS = 20.0


def send(allowance: Allowance, fps: float, seconds: float, begin: float = 0.0) -> float:
    """The frames a second that are within what was told."""
    taken = sum(allowance.take(begin + n / fps) for n in range(round(fps * seconds)))
    return taken / seconds


def offer(allowance: Allowance, fps: float, needed: Rate = EVERY) -> float:
    """What a client that sends at a rate would send, seen twice a second."""
    for half in range(20):
        send(allowance, fps, 0.5, half / 2)
        demand = allowance.demand(0.5, needed)
    return demand


def test_without_a_limit_every_frame_is_taken() -> None:
    assert send(Allowance(MAX_FPS), MAX_FPS, 10.0) == MAX_FPS


@pytest.mark.parametrize("fair", [2.0, 5.0, 7.3, 12.0])
def test_who_follows_a_share_is_never_skipped(fair: float) -> None:
    allowance = Allowance(MAX_FPS)
    assert allowance.settle(EVERY, fair) == fair
    assert send(allowance, fair, 20.0) == pytest.approx(fair, rel=0.05)


@pytest.mark.parametrize("fair", [2.0, 5.0, 12.0])
def test_who_ignores_a_share_gets_it_and_hardly_more(fair: float) -> None:
    allowance = Allowance(MAX_FPS)
    allowance.settle(EVERY, fair)
    assert send(allowance, MAX_FPS, 60.0) == pytest.approx(fair, rel=0.08)


def test_who_sits_still_is_asked_for_less_and_judged_all_the_same() -> None:
    allowance = Allowance(MAX_FPS)
    assert allowance.settle(STEADY, math.inf) == STEADY.asked
    assert send(allowance, MAX_FPS, 10.0) == MAX_FPS


def test_an_empty_chair_is_looked_at_no_more_often_than_needed() -> None:
    allowance = Allowance(MAX_FPS)
    assert allowance.settle(UNSEEN, math.inf) == UNSEEN.asked
    assert send(allowance, MAX_FPS, 60.0) == pytest.approx(UNSEEN.taken, rel=0.05)


def test_a_frame_too_many_says_when_the_next_is_of_use() -> None:
    allowance = Allowance(MAX_FPS)
    allowance.settle(EVERY, 5.0)
    while allowance.take(1.0):
        pass
    assert 0.0 < allowance.wait_seconds <= 0.2
    assert allowance.take(1.0 + allowance.wait_seconds)


@pytest.mark.parametrize("needed", [EVERY, STEADY, UNSEEN])
def test_what_was_told_is_always_taken_however_the_share_drifts(needed: Rate) -> None:
    allowance, now = Allowance(MAX_FPS), 0.0
    for step in range(2000):
        allowance.settle(needed, 6.0 + 5.0 * math.sin(step / 50))
        now += 1 / allowance.told
        assert allowance.take(now)


def test_frames_that_a_network_held_back_are_taken_together() -> None:
    allowance = Allowance(MAX_FPS)
    allowance.settle(EVERY, 12.0)
    assert [allowance.take(5.0) for _ in range(3)] == [True] * 3


def test_a_rate_is_told_once() -> None:
    allowance = Allowance(MAX_FPS)
    assert allowance.settle(STEADY, math.inf) == STEADY.asked
    assert allowance.settle(STEADY, math.inf) is None
    assert allowance.settle(EVERY, math.inf) == MAX_FPS
    assert allowance.settle(EVERY, math.inf) is None


def test_a_share_that_drifts_is_not_told_each_time() -> None:
    allowance = Allowance(MAX_FPS)
    assert allowance.settle(EVERY, 10.0) == 10.0
    assert allowance.settle(EVERY, 10.6) is None
    assert allowance.settle(EVERY, 12.0) == 12.0


def test_who_sends_nothing_demands_nothing() -> None:
    allowance = Allowance(MAX_FPS)
    assert allowance.demand(0.5, EVERY) == 0.0
    assert offer(allowance, 10.0) > 0.0
    for _ in range(20):
        demand = allowance.demand(0.5, EVERY)
    assert demand == 0.0


def test_a_client_is_taken_to_want_a_little_more_than_it_sends_up_to_what_it_needs() -> None:
    assert 10.0 < offer(Allowance(MAX_FPS), 10.0) < 15.0
    assert offer(Allowance(MAX_FPS), 12.0, needed=STEADY) == STEADY.asked
    assert offer(Allowance(MAX_FPS), 100.0) == MAX_FPS


def test_who_does_not_follow_is_counted_with_what_is_judged_of_them() -> None:
    assert offer(Allowance(MAX_FPS), 18.0, needed=STEADY) == pytest.approx(18.0, rel=0.1)
    assert offer(Allowance(MAX_FPS), 18.0, needed=UNSEEN) == UNSEEN.taken
