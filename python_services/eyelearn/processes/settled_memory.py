"""What stands, the garbage collector need not walk through each time.

A full collection stops the event loop for as long as it takes to look at everything: 45 ms after
the start alone, 200 with a thousand connections. So what has survived a collection is left out of
the next. Only what dies later, in a circle, waits for `clear_out`.
"""

from __future__ import annotations

import gc
from typing import Any

# Objects more than there were until a collection, which then takes 5 ms while clients connect, and
# up to 60 among 2,000 learners, of each of whom some are new. Python's own 700 are what twenty
# batches of landmarks on their way hold: there was always another twenty, and looking for circles
# among them took a tenth of the event loop's time.
YOUNG_OBJECTS = 10_000
# Left out since the last clearing out: what 100 connections leave behind, some 5 MB.
MANY_OBJECTS = 20_000


def settle_memory() -> None:
    """From now on: what a process has made by the end of its start, it keeps to its end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
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


def _leave_out(phase: str, _info: dict[str, Any]) -> None:
    if phase == "stop":
        gc.freeze()
