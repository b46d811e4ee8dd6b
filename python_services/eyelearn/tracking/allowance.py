"""How many frames a second a learner's client was told to send, and which of its are too many."""

from __future__ import annotations

import math

from .frame_rate import Rate
from .token_bucket import TokenBucket

# Clients' clocks and timers are not exact.
TOLERANCE = 1.05
# What a network holds back arrives together: seconds' worth, and frames.
BURST_SECONDS = 0.25
MIN_BURST_FRAMES = 2.0
# A share that drifts is not told anew before it has moved by so much.
NOTABLE_CHANGE = 0.1
# A client that sends what it was told may want more: it is taken to want so many times that, until
# it shows otherwise by what it sends.
APPETITE = 1.25
# Over so long the rate at which frames come is averaged.
OFFER_SECONDS = 1.0
# Who sent one frame some seconds ago sends nothing.
LEAST_OFFERED_FPS = 0.1


class Allowance:
    """Of one session. Keeps a few numbers, nothing per frame.

    Rates are frames a second; fair is the session's share by load, infinite where all can be
    judged.
    """

    __slots__ = ("_arrived", "_bucket", "_max_fps", "_most", "_offered", "told")

    def __init__(self, max_fps: float) -> None:
        """max_fps: the limit that always holds, and is not kept here."""
        self.told = max_fps
        self._max_fps = max_fps
        self._arrived = 0
        self._offered = 0.0
        self._most = math.inf
        self._bucket: TokenBucket | None = None

    def take(self, now: float) -> bool:
        """One more frame came; whether it is to be judged."""
        self._arrived += 1
        return self._bucket is None or self._bucket.take(now)

    @property
    def wait_seconds(self) -> float:
        """From the last frame until one more is taken."""
        return 0.0 if self._bucket is None else self._bucket.seconds_to_next

    def demand(self, elapsed: float, needed: Rate) -> float:
        """What the client would send, if the load did not limit it; 0 where it sends nothing.

        Called now and then, `elapsed` seconds after the last time, of which the offer is learned.
        """
        rate = self._arrived / elapsed
        self._offered += min(1.0, elapsed / OFFER_SECONDS) * (rate - self._offered)
        self._arrived = 0
        if self._offered < LEAST_OFFERED_FPS:
            return 0.0
        # A client that goes on sending more than is asked for does not follow.
        wanted = max(needed.asked, self._offered)
        return min(wanted, needed.taken, self._max_fps, APPETITE * self._offered)

    def settle(self, needed: Rate, fair: float) -> float | None:
        """Gives the rate to tell, if it is another than before."""
        wanted = min(needed.asked, self._max_fps)
        by_load = fair < wanted
        fps = math.floor(10.0 * fair) / 10.0 if by_load else wanted
        drifts = by_load and abs(fps - self.told) <= NOTABLE_CHANGE * self.told
        is_news = fps != self.told and not drifts
        if is_news:
            self.told = fps
        self._take_at_most(min(needed.taken, TOLERANCE * (self.told if by_load else fair)))
        return fps if is_news else None

    def _take_at_most(self, fps: float) -> None:
        if fps >= self._max_fps:
            self._most, self._bucket = math.inf, None
        elif self._bucket is None or abs(fps - self._most) > NOTABLE_CHANGE * self._most:
            self._most = fps
            self._bucket = TokenBucket(fps, max(BURST_SECONDS, MIN_BURST_FRAMES / fps))
