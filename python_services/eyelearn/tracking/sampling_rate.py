"""How many observations a second there were lately."""

from __future__ import annotations

from collections import deque

# Long enough that a late frame, or several that arrive at once, hardly move the rate; short enough
# that a rate that changed is known soon.
WINDOW_SECONDS = 3.0
# Of less time than this nothing is known yet.
KNOWN_AFTER_SECONDS = 1.0


class SamplingRate:
    """Observations over time, not the time between two: frames may arrive in bursts."""

    __slots__ = ("_max_gap", "_times")

    def __init__(self, max_gap_seconds: float) -> None:
        """max_gap_seconds: after a longer time without observations all begins anew."""
        self._max_gap = max_gap_seconds
        self._times: deque[float] = deque()

    def observe(self, now: float) -> None:
        """There was an observation at `now`, in seconds."""
        times = self._times
        if times and not 0.0 <= now - times[-1] <= self._max_gap:
            times.clear()
        times.append(now)
        while times[0] < now - WINDOW_SECONDS:
            times.popleft()

    @property
    def per_second(self) -> float | None:
        """Over the last seconds; None in the first second, and in that after a gap."""
        times = self._times
        seconds = times[-1] - times[0] if times else 0.0
        if seconds < KNOWN_AFTER_SECONDS:
            return None
        return (len(times) - 1) / seconds
