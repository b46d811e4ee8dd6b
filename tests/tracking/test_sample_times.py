"""Samples of the learner's own machine: counted once, in order, and never longer than it took."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eyelearn.tracking.sample_times import SET_BACK_MS, SampleTimes

# A client's clock: milliseconds since 1970, an hour ahead or behind.
EPOCH = 1_736_937_045_000.0
BATCHES = [[EPOCH + 1000 * second + 200 * n for n in range(5)] for second in range(10)]


def seconds_of(batches: list[list[float]], delays: list[float] | None = None) -> list[float]:
    """When each sample counts, of batches sent as soon as they are whole."""
    times, told = SampleTimes(), []
    for batch, delay in zip(batches, delays or [0.0] * len(batches), strict=True):
        arrived = 50.0 + (batch[-1] - EPOCH) / 1000 + delay
        told += [at for _, at in times.take(batch, batch[-1], arrived)]
    return told


def test_seconds_between_samples_are_the_client_s() -> None:
    told = seconds_of(BATCHES)
    assert len(told) == 50
    assert [later - earlier for earlier, later in pairwise(told)] == pytest.approx([0.2] * 49)


def test_the_newest_sample_is_from_when_it_came() -> None:
    assert seconds_of(BATCHES)[-1] == pytest.approx(50.0 + 9.8)


@given(st.lists(st.floats(0.0, 5.0), min_size=10, max_size=10))
def test_a_network_s_delays_add_nothing(delays: list[float]) -> None:
    told = seconds_of(BATCHES, delays)
    assert told == sorted(told)
    assert told[-1] - told[0] <= 9.8 + 1e-6
    slowest = max(delays)
    assert told[-1] - told[0] >= 9.8 - slowest - 1e-6


def test_what_came_before_counts_once() -> None:
    doubled = [batch for batch in BATCHES for _ in range(2)]
    assert seconds_of(doubled) == pytest.approx(seconds_of(BATCHES))


def test_half_a_batch_that_came_before_counts_as_the_other_half() -> None:
    times = SampleTimes()
    assert len(times.take(BATCHES[0][:3], BATCHES[0][2], 1.0)) == 3
    fresh = times.take(BATCHES[0], BATCHES[0][-1], 1.4)
    assert [number for number, _ in fresh] == [3, 4]


def test_a_batch_that_was_overtaken_changes_nothing() -> None:
    late = [BATCHES[0], BATCHES[2], BATCHES[1], *BATCHES[3:]]
    assert seconds_of(late)[-1] == pytest.approx(seconds_of(BATCHES)[-1])


def test_a_clock_that_runs_fast_counts_no_more_than_passed_here() -> None:
    times, told = SampleTimes(), []
    for second, batch in enumerate(BATCHES):
        fast = [EPOCH + 2 * (at - EPOCH) for at in batch]
        told += [at for _, at in times.take(fast, fast[-1], 100.0 + second)]
    assert told[-1] - told[0] <= 9.0 + 1.6


def test_a_clock_that_was_set_back_goes_on() -> None:
    times = SampleTimes()
    times.take([EPOCH], EPOCH, 10.0)
    back = EPOCH - SET_BACK_MS - 1
    ((_, at),) = times.take([back], back, 11.0)
    assert at == pytest.approx(11.0)


def test_what_gathered_without_a_connection_counts_where_it_was() -> None:
    times = SampleTimes()
    times.take(BATCHES[0], BATCHES[0][-1], 1.0)
    gathered = [at for batch in BATCHES[1:] for at in batch]
    told = times.take(gathered, gathered[-1] + 60_000, 1.0 + 9.0 + 60.0)
    assert [at for _, at in (told[0], told[-1])] == pytest.approx([1.2, 10.0])


@given(st.randoms(use_true_random=False))
def test_times_never_go_back(chance: random.Random) -> None:
    batches = [batch for batch in BATCHES for _ in range(chance.randint(1, 2))]
    chance.shuffle(batches)
    told = seconds_of(batches, [chance.uniform(0, 3) for _ in batches])
    assert told == sorted(told)
