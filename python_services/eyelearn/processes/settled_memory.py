"""What stands, the garbage collector need not walk through each time.

A full collection stops the event loop for as long as it takes to look at everything: 45 ms after
the start alone, 200 with a thousand connections. So what has survived one is left out of the next.
Only what dies later, in a circle, waits for `clear_out`.
"""

from __future__ import annotations

import gc
from typing import Any

# Younger than the oldest: those are collected often, and quickly.
_FULL = 2
# Collections of the middle generation until a full one, which then has 15 ms to do and not 60.
_FULL_AFTER = 2
# Left out since the last clearing out: what 100 connections leave behind, some 5 MB.
MANY_OBJECTS = 20_000


def settle_memory() -> None:
    """From now on: what a process has made by the end of its start, it keeps to its end."""
    gc.collect()
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _FULL_AFTER)
    if _leave_out not in gc.callbacks:
        gc.callbacks.append(_leave_out)


class ClearingOut:
    """A full collection of everything, when it disturbs nobody or too much has gathered."""

    def __init__(self, now: float, longest_seconds: float) -> None:
        """longest_seconds: until it is done although somebody is disturbed."""
        self._longest = longest_seconds
        self._done_at = now
        self._settled = gc.get_freeze_count()

    def is_due(self, busy: bool, now: float) -> bool:
        if busy and now - self._done_at < self._longest:
            return False
        # Counting them walks through them all, which takes 8 ms.
        return gc.get_freeze_count() - self._settled > MANY_OBJECTS

    def clear_out(self, now: float) -> None:
        gc.unfreeze()
        gc.collect()
        self._done_at, self._settled = now, gc.get_freeze_count()


def _leave_out(phase: str, info: dict[str, Any]) -> None:
    if phase == "stop" and info["generation"] == _FULL:
        gc.freeze()
