"""When samples of the learner's own machine were taken, on the service's clock. Pure.

Only differences of the client's times are used, since its clock may be anything. Each batch says
when it was sent, too: what it was late by is not seen, so the first batch counts as on time, and
the earliest in relation to the client's clock decides. So seconds between samples are the client's,
and never more than have passed here.
"""

from __future__ import annotations

from collections.abc import Sequence

# A batch may come before one that was sent earlier; a clock that goes back by more was set, and
# what it says from then on is counted anew.
SET_BACK_MS = 10_000.0


# Its place in the batch, and seconds on the service's clock.
Sample = tuple[int, float]


class SampleTimes:
    """One session's. Samples count once, however often they come."""

    __slots__ = ("_ahead", "_last_at", "_sent_at_ms", "_taken_until_ms")

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
        samples: list[Sample] = []
        ahead, until_ms, at = self._ahead, self._taken_until_ms, self._last_at
        for number, timestamp in enumerate(timestamps_ms):
            if timestamp > until_ms:
                until_ms = timestamp
                at = max(at, timestamp / 1000 + ahead)
                samples.append((number, at))
        self._taken_until_ms, self._last_at = until_ms, at
        return samples
