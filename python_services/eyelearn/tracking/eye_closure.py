"""Blinks and PERCLOS: what the openness of the eyes says over the last minute.

PERCLOS is the share of time with the eyes closed, over one minute (Wierwille and others, 1994:
"Research on vehicle-based driver status/performance monitoring", DOT HS 808 247). Closed is there
80 % of the way from wide open to shut (P80), as people saw it. An eye counts as closed here under
nearly half of its own open eye aspect ratio, which is about 65 % of the way, since a shut eye
measures 0.05 to 0.06 and not 0; blinks are timed at half of their height, too (Stern, Walrath and
Goldstein, 1984: "The endogenous eyeblink"). A true P80 would lie at 0.11 for most, and at 0.08 for
narrow eyes: as near to a shut eye as the landmarks are exact. So this PERCLOS is that of P80 or
more, where eyes stay half closed.
"""

from __future__ import annotations

from collections import deque

from .sampling_rate import SamplingRate
from .typical_openness import USUAL, TypicalOpenness

WINDOW_SECONDS = 60.0
# A blink takes 0.1 to 0.4 s (Schiffman, "Sensation and Perception"); the sampling adds a frame.
BLINK_MAX_SECONDS = 0.4
# The quickest blinks take 0.1 s: with fewer frames a second, too many fall between two of them.
BLINK_MIN_FPS = 12.0
# Over three seconds a rate is known to about one frame.
RATE_ERROR_FPS = 1 / 3
# Over less time than this a rate per minute says nothing yet: it is counted as if this had passed.
RATE_MIN_SECONDS = 10.0
# The eye must open this much wider than where it counts as closed, so that noise around the
# threshold is not a row of blinks.
REOPEN_FACTOR = 1.2


class EyeClosure:
    """Feed it the openness of the wider eye whenever a face is seen: a wink is no blink."""

    __slots__ = (
        "_blink_count",
        "_blink_seconds",
        "_blinks",
        "_closed_seconds",
        "_closed_share",
        "_closed_since",
        "_intervals",
        "_last",
        "_max_gap",
        "_rate",
        "_seen_seconds",
        "_typical",
        "closed",
    )

    def __init__(self, closed_openness: float, max_gap_seconds: float) -> None:
        """closed_openness: eye aspect ratio under which a usual eye is closed.

        It counts for everyone until enough was seen of this learner's own eyes, and is then
        scaled to them. max_gap_seconds: a longer time between two observations was not seen and
        counts nothing.
        """
        self._closed_share = closed_openness / USUAL
        self._max_gap = max_gap_seconds
        self._typical = TypicalOpenness()
        self._rate = SamplingRate(max_gap_seconds)
        # Of each its end, its seconds, whether the eyes were closed, and whether blinks would show,
        # one after the other: a thousand learners have a million, and the garbage collector would
        # look at each tuple of them.
        self._intervals: deque[float] = deque()
        self._blinks: deque[float] = deque()
        self._blink_count = 0
        self._seen_seconds = 0.0
        self._closed_seconds = 0.0
        self._blink_seconds = 0.0
        self._closed_since: float | None = None
        self._last: float | None = None
        self.closed = False

    @property
    def threshold(self) -> float:
        """Eye aspect ratio under which the eyes count as closed at present.

        A share of the learner's own open eyes, and higher while they are closed: an openness that
        was observed is under it exactly when `closed` is true.
        """
        threshold = self._closed_share * self._typical.value
        return threshold * REOPEN_FACTOR if self.closed else threshold

    @property
    def blink_count(self) -> int | None:
        """Blinks of the session; None while they fall between the samples, or may do so."""
        return self._blink_count if self._shows_blinks else None

    def observe(self, openness: float, now: float) -> None:
        """openness: eye aspect ratio of the wider eye; now: seconds."""
        self._rate.observe(now)
        seconds = self._add_interval(now)
        self._typical.observe(openness, seconds)
        was_closed, self.closed = self.closed, openness < self.threshold
        if self.closed and not was_closed:
            self._closed_since = now
        elif was_closed and not self.closed:
            self._opened(now, seconds)
        self._last = now

    def lost(self, now: float) -> None:
        """No face is in view: what the eyes do until the next observation was not seen."""
        self._rate.observe(now)
        self._forget(now)
        self._last = None
        self._closed_since = None
        self.closed = False

    def perclos(self) -> float:
        """Share of the seen time of the last minute with the eyes closed, 0 to 1."""
        return self._closed_seconds / self._seen_seconds if self._seen_seconds > 0 else 0.0

    def blinks_per_minute(self) -> float | None:
        """Blinks of the last minute, per minute of time in which they could be seen.

        None where `blink_count` is.
        """
        if not self._shows_blinks:
            return None
        return len(self._blinks) * 60.0 / max(self._blink_seconds, RATE_MIN_SECONDS)

    @property
    def _shows_blinks(self) -> bool:
        fps = self._rate.per_second
        return fps is not None and fps >= BLINK_MIN_FPS - RATE_ERROR_FPS

    def _opened(self, now: float, frame_seconds: float) -> None:
        # A late frame adds no more than the slowest rate would: what it hides may be long.
        longest = BLINK_MAX_SECONDS + min(frame_seconds, 1 / BLINK_MIN_FPS)
        was_short = self._closed_since is not None and now - self._closed_since <= longest
        if was_short and self._shows_blinks:
            self._blink_count += 1
            self._blinks.append(now)
        self._closed_since = None

    def _add_interval(self, now: float) -> float:
        """Counts the time since the last observation; gives its seconds, 0 for a gap."""
        seconds = 0.0 if self._last is None else now - self._last
        if 0.0 < seconds <= self._max_gap:
            closed, shows_blinks = self.closed, self._shows_blinks
            self._intervals.extend((now, seconds, closed, shows_blinks))
            self._count(seconds, closed, shows_blinks)
        else:
            seconds = 0.0
        self._forget(now)
        return seconds

    def _forget(self, now: float) -> None:
        """What lies more than the window ago."""
        intervals, blinks, oldest = self._intervals, self._blinks, now - WINDOW_SECONDS
        while intervals and intervals[0] < oldest:
            take = intervals.popleft
            _, seconds, closed, shows_blinks = take(), take(), take(), take()
            self._count(-seconds, closed, shows_blinks)
        while blinks and blinks[0] < oldest:
            blinks.popleft()
        if not intervals:
            self._seen_seconds = self._closed_seconds = self._blink_seconds = 0.0

    def _count(self, seconds: float, closed: float, shows_blinks: float) -> None:
        """One interval more, or, with its seconds below 0, one less."""
        self._seen_seconds += seconds
        if closed:
            self._closed_seconds = max(0.0, self._closed_seconds + seconds)
        if shows_blinks:
            self._blink_seconds = max(0.0, self._blink_seconds + seconds)
