from __future__ import annotations

from eyelearn.protocols.guards import RateLimits, Throttle


def test_a_limit_that_goes_on_being_exceeded_is_told_once_a_second() -> None:
    throttle = Throttle(interval_seconds=1.0)
    assert [throttle.allow("a", now) for now in (0.0, 0.5, 0.99, 1.0, 1.5)] == [
        True,
        False,
        False,
        True,
        False,
    ]
    assert throttle.allow("b", 1.5)


def test_a_throttle_forgets_whom_it_would_let_through() -> None:
    throttle = Throttle(interval_seconds=1.0)
    for n in range(1000):
        assert throttle.allow(n, n / 100)
    assert len(throttle._last) <= 101


def test_each_has_a_rate_and_a_burst_of_their_own() -> None:
    limits = RateLimits(rate=8.0, burst_seconds=3.0)
    assert [limits.take("a", 5.0) for _ in range(25)] == [True] * 24 + [False]
    assert limits.take("b", 5.0)
    assert [limits.take("a", 5.125) for _ in range(2)] == [True, False]


def test_a_limit_below_one_in_a_burst_lets_one_through() -> None:
    limits = RateLimits(rate=0.1, burst_seconds=3.0)
    assert [limits.take("a", now) for now in (0.0, 5.0, 9.0, 10.0)] == [True, False, False, True]


def test_a_limit_that_nobody_uses_is_forgotten_and_no_sooner() -> None:
    limits = RateLimits(rate=10.0, burst_seconds=3.0)
    assert [limits.take("a", 0.0) for _ in range(31)][-1] is False
    for n in range(100):
        limits.take(n, 2.9)
    assert len(limits) == 101
    limits.take("b", 3.0)
    assert len(limits) == 101
    limits.take("b", 6.0)
    assert len(limits) == 1
