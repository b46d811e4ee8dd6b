"""What every face asks before it lets a message in."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from ..tracking.token_bucket import TokenBucket

# "Messages up to 4 MB are answered": well above MAX_FRAME_KB as base64, so that a client whose
# frame is too large reads our error instead of losing its connection without a word. The rest is
# for what stands around 4 MB of base64.
MAX_MESSAGE_BYTES = (4 * 1024 + 64) * 1024


class Throttle:
    """Lets one of a kind through per interval: a limit that goes on being exceeded is told once.

    Times are seconds on any one clock.
    """

    def __init__(self, interval_seconds: float = 1.0) -> None:
        self._interval = interval_seconds
        # Oldest first, since whoever is in it is not let through.
        self._last: dict[Hashable, float] = {}

    def allow(self, key: Hashable, now: float) -> bool:
        while self._last and now - self._last[oldest := next(iter(self._last))] >= self._interval:
            del self._last[oldest]
        if key in self._last:
            return False
        self._last[key] = now
        return True


class RateLimits:
    """A token bucket for each connection, address or user; one that is full again is forgotten.

    Times are seconds on any one clock.
    """

    def __init__(self, rate: float, burst_seconds: float) -> None:
        """rate: a second; burst_seconds: how many seconds' worth may come at once."""
        self._rate = rate
        self._burst_seconds = burst_seconds
        # A bucket holds one token at least.
        self._filled_after = max(burst_seconds, 1 / rate)
        # Longest unused first.
        self._buckets: OrderedDict[Hashable, tuple[TokenBucket, float]] = OrderedDict()

    def __len__(self) -> int:
        """Of how many it knows."""
        return len(self._buckets)

    def take(self, key: Hashable, now: float) -> bool:
        """Whether one more is allowed."""
        self._forget_filled(now)
        bucket, _ = self._buckets.get(key) or (TokenBucket(self._rate, self._burst_seconds), now)
        self._buckets[key] = bucket, now
        self._buckets.move_to_end(key)
        return bucket.take(now)

    def _forget_filled(self, now: float) -> None:
        while self._buckets:
            key, (_, used) = next(iter(self._buckets.items()))
            if now - used < self._filled_after:
                return
            del self._buckets[key]
