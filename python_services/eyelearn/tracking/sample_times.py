"""When samples of the learner's own machine were taken, on the service's clock. Pure.

Only differences of the client's times are used, since its clock may be anything. Each batch says
when it was sent, too: what it was late by is not seen, so the first batch counts as on time, and
the earliest in relation to the client's clock decides. So seconds between samples are the client's,
and never more than have passed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

# A batch may come before one that was sent earlier; a clock that goes back by more was set, and
# what it says from then on is counted anew.
SET_BACK_MS = 10_000.0


class Sample(NamedTuple):
    """number: its place in the batch; at: seconds on the service's clock."""

    number: int
    at: float


class SampleTimes:
    """One session's. Samples count once, however often they come."""

    def __init__(self) -> None:
        # Seconds by which the service's clock is ahead of the client's, at least.
        self._ahead: float | None = None
        self._sent_at_ms = 0.0
        self._taken_until_ms = 0.0
        self._last_at = float("-inf")

    def take(
        self, timestamps_ms: Sequence[float], sent_at_ms: float, arrived: float
    ) -> list[Sample]:
        """Those of a batch that have not come before, in order.

        timestamps_ms: rising, none later than sent_at_ms; arrived: seconds on the service's clock.
        """
        if self._ahead is None or sent_at_ms < self._sent_at_ms - SET_BACK_MS:
            self._ahead = arrived - sent_at_ms / 1000
            self._sent_at_ms = sent_at_ms
            self._taken_until_ms = float("-inf")
        self._ahead = min(self._ahead, arrived - sent_at_ms / 1000)
        self._sent_at_ms = max(self._sent_at_ms, sent_at_ms)
        samples = []
        for number, timestamp in enumerate(timestamps_ms):
            if timestamp > self._taken_until_ms:
                self._taken_until_ms = timestamp
                self._last_at = max(self._last_at, timestamp / 1000 + self._ahead)
                samples.append(Sample(number, self._last_at))
        return samples
