from __future__ import annotations

from eyelearn.tracking.token_bucket import TokenBucket


def test_a_steady_rate_passes() -> None:
    bucket = TokenBucket(rate=20.0)
    assert all(bucket.take(n / 19.0) for n in range(200))


def test_a_burst_of_one_second_passes_and_no_more() -> None:
    bucket = TokenBucket(rate=20.0)
    assert [bucket.take(0.0) for _ in range(25)].count(True) == 20


def test_it_says_when_the_next_is_allowed() -> None:
    bucket = TokenBucket(rate=2.0, burst_seconds=0.5)
    assert bucket.take(0.0)
    assert not bucket.take(0.1)
    assert bucket.take(0.1 + bucket.seconds_to_next)


def test_over_time_the_rate_is_kept() -> None:
    bucket = TokenBucket(rate=20.0)
    passed = sum(bucket.take(n / 60.0) for n in range(600))
    assert 200 <= passed <= 221
