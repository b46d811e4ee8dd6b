"""Blinks and PERCLOS: what the openness of the eyes says over the last minute.

PERCLOS is the share of time with the eyes closed, over one minute (Wierwille and others, 1994:
"Research on vehicle-based driver status/performance monitoring", DOT HS 808 247).
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

WINDOW_SECONDS = 60.0
# A blink takes 0.1 to 0.4 s (Schiffman, "Sensation and Perception"); the sampling adds a frame.
BLINK_MAX_SECONDS = 0.5
# Over less time than this a rate per minute says nothing yet: it is counted as if this had passed.
RATE_MIN_SECONDS = 10.0
# The eye must open this much wider than where it counts as closed, so that noise around the
# threshold is not a row of blinks.
REOPEN_FACTOR = 1.2


class _Interval(NamedTuple):
    end: float
    seconds: float
    closed: bool


class EyeClosure:
    """Feed it the mean openness of both eyes whenever a face is seen."""

    def __init__(self, closed_openness: float, max_gap_seconds: float) -> None:
        """closed_openness: eye aspect ratio under which an eye is closed.

        max_gap_seconds: a longer time between two observations was not seen and counts nothing.
        """
        self._closed_openness = closed_openness
        self._max_gap = max_gap_seconds
        self._intervals: deque[_Interval] = deque()
        self._blinks: deque[float] = deque()
        self._seen_seconds = 0.0
        self._closed_seconds = 0.0
        self._closed_since: float | None = None
        self._last: float | None = None
        self.closed = False
        self.blink_count = 0

    def observe(self, openness: float, now: float) -> None:
        """openness: mean eye aspect ratio of both eyes; now: seconds."""
        self._add_interval(now)
        threshold = self._closed_openness * (REOPEN_FACTOR if self.closed else 1.0)
        was_closed, self.closed = self.closed, openness < threshold
        if self.closed and not was_closed:
            self._closed_since = now
        elif was_closed and not self.closed:
            self._opened(now)
        self._last = now

    def lost(self, now: float) -> None:
        """No face is in view: what the eyes do until the next observation was not seen."""
        self._forget(now)
        self._last = None
        self._closed_since = None
        self.closed = False

    def perclos(self) -> float:
        """Share of the seen time of the last minute with the eyes closed, 0 to 1."""
        return self._closed_seconds / self._seen_seconds if self._seen_seconds > 0 else 0.0

    def blinks_per_minute(self) -> float:
        """Blinks of the last minute, per minute of seen time."""
        return len(self._blinks) * 60.0 / max(self._seen_seconds, RATE_MIN_SECONDS)

    def _opened(self, now: float) -> None:
        if self._closed_since is not None and now - self._closed_since <= BLINK_MAX_SECONDS:
            self.blink_count += 1
            self._blinks.append(now)
        self._closed_since = None

    def _add_interval(self, now: float) -> None:
        seconds = 0.0 if self._last is None else max(0.0, now - self._last)
        if 0.0 < seconds <= self._max_gap:
            self._intervals.append(_Interval(now, seconds, self.closed))
            self._count(self._intervals[-1], 1)
        self._forget(now)

    def _forget(self, now: float) -> None:
        """What lies more than the window ago."""
        while self._intervals and self._intervals[0].end < now - WINDOW_SECONDS:
            self._count(self._intervals.popleft(), -1)
        while self._blinks and self._blinks[0] < now - WINDOW_SECONDS:
            self._blinks.popleft()
        if not self._intervals:
            self._seen_seconds = self._closed_seconds = 0.0

    def _count(self, interval: _Interval, sign: int) -> None:
        self._seen_seconds += sign * interval.seconds
        if interval.closed:
            self._closed_seconds = max(0.0, self._closed_seconds + sign * interval.seconds)
