"""Requests of clients that have no session yet, or say nothing that can be read: in one row, no
faster than one event loop can beside its learners."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ..errors import RateLimited
from .handshakes import Handshakes
from .pace import Pace

# A request is to be answered within 2 s, whatever the answer.
MAX_WAIT_SECONDS = 1.0
# Who is refused again and again leaves as much of the row to those who begin.
MAX_HOLD_UP_SECONDS = 0.5 * MAX_WAIT_SECONDS


class Newcomers:
    """all_strangers: the pace that they share with whoever else has no session."""

    def __init__(
        self, all_strangers: Pace, handshakes: Handshakes, sleep: Callable[[float], Any]
    ) -> None:
        self._all_strangers = all_strangers
        self._handshakes = handshakes
        self._sleep = sleep

    def read(self, size: int) -> None:
        """Counts a message of so many bytes, and waits where too many come. Raises RateLimited."""
        now = time.monotonic()
        if self._all_strangers.wait(now) > MAX_WAIT_SECONDS:
            raise RateLimited("Too many requests without a session at the same time.")
        wait_seconds = self._all_strangers.spend(size, now)
        if wait_seconds:
            self._sleep(wait_seconds)

    def hold_up(self, size: int, until: float) -> None:
        """Waits before a message is refused, which counts as others do; not beyond `until` on the
        monotonic clock."""
        now = time.monotonic()
        wait_seconds = MAX_WAIT_SECONDS
        if self._all_strangers.wait(now) <= MAX_HOLD_UP_SECONDS:
            wait_seconds = self._all_strangers.spend(size, now)
        wait_seconds = min(wait_seconds, MAX_WAIT_SECONDS, until - now)
        if wait_seconds > 0:
            self._sleep(wait_seconds)

    def take_turn(self, size: int) -> None:
        """Before a session begins with a message of so many bytes. Raises RateLimited."""
        self.read(size)
        self._handshakes.take_turn(MAX_WAIT_SECONDS)
