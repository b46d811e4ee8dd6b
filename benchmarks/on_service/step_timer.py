"""CPU time of small steps, in turn, so that whatever else the machine does meets all alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

# Calls are repeated for so long before the clock is read again: it takes a microsecond itself.
BATCH_SECONDS = 0.002
WARM_UP_CALLS = 20


class Place(StrEnum):
    """Whether a frame takes this step."""

    FLOOR = "what it is measured against"
    EACH_FRAME = "each frame"
    SOMETIMES = "some frames"
    ALTERNATIVE = "not taken"


class Step(NamedTuple):
    what: str
    place: Place
    run: Callable[[], object]


def cpu_microseconds(steps: list[Step], rounds: int) -> list[tuple[str, str, float]]:
    """What, place, and CPU µs per call of all threads of this process: the median of the rounds."""
    calls = [_calls_per_batch(step) for step in steps]
    samples: list[list[float]] = [[] for _ in steps]
    for _ in range(rounds):
        for step, count, times in zip(steps, calls, samples, strict=True):
            times.append(_batch(step, count) / count / 1000)
    medians = (statistics.median(times) for times in samples)
    return [(step.what, step.place, time_) for step, time_ in zip(steps, medians, strict=True)]


def _calls_per_batch(step: Step) -> int:
    for _ in range(WARM_UP_CALLS):
        nanoseconds = _batch(step, 1)
    return max(1, round(BATCH_SECONDS * 1e9 / max(nanoseconds, 1)))


def _batch(step: Step, count: int) -> int:
    begun = time.process_time_ns()
    for _ in range(count):
        step.run()
    return time.process_time_ns() - begun
