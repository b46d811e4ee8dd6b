"""How many may begin at a time: what every connection that lasts asks first, and every session."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from ..errors import RateLimited
from .pace import Pace

# Each takes the event loop 5 ms: whoever comes faster has to wait, so that half of its time is left
# for those who are there. A class comes at once, and one that waits too long comes again.
HANDSHAKES_PER_SECOND = 100.0
HANDSHAKE_BURST_SECONDS = 1.0
MAX_WAIT_SECONDS = 10.0


class Handshakes:
    """One row for all that begin: connections, and sessions of clients that have none."""

    def __init__(self, sleep: Callable[[float], Any]) -> None:
        self._sleep = sleep
        self._pace = Pace(HANDSHAKES_PER_SECOND, math.inf, HANDSHAKE_BURST_SECONDS)

    def take_turn(self, max_wait_seconds: float = MAX_WAIT_SECONDS) -> None:
        """Waits for it. Raises RateLimited where too many wait already."""
        now = time.monotonic()
        if self._pace.wait(now) > max_wait_seconds:
            raise RateLimited("Too many connect at the same time; try again in a moment.")
        wait_seconds = self._pace.spend(0, now)
        if wait_seconds:
            self._sleep(wait_seconds)
