"""A token bucket: a steady rate with a short burst, as in RFC 2697's committed rate."""

from __future__ import annotations


class TokenBucket:
    """Lets `rate` events a second through, and at most `burst_seconds` worth of them at once."""

    __slots__ = ("_capacity", "_last", "_rate", "_tokens")

    def __init__(self, rate: float, burst_seconds: float = 1.0) -> None:
        self._rate = rate
        self._capacity = max(1.0, rate * burst_seconds)
        self._tokens = self._capacity
        self._last: float | None = None

    def take(self, now: float) -> bool:
        """Whether one more event is allowed at `now`, seconds on any one clock."""
        if self._last is not None and now > self._last:
            self._tokens = min(self._capacity, self._tokens + (now - self._last) * self._rate)
        self._last = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    @property
    def seconds_to_next(self) -> float:
        """From the last event on, until one more is allowed."""
        return max(0.0, 1.0 - self._tokens) / self._rate
