"""How long something has been so, whatever the frame rate."""

from __future__ import annotations

# What begins between two frames began midway, but after a longer pause not more than this, in
# seconds, before it was seen: nobody looked.
MAX_UNSEEN_SECONDS = 0.5


class Lasting:
    """Feed it whether it is so at each observation, and it says for how many seconds it has been.

    A beginning lies midway between the last observation without it and the first with it, so that
    3 and 30 frames a second tell the same on average.
    """

    __slots__ = ("_before", "_began")

    def __init__(self) -> None:
        self._before: float | None = None
        self._began: float | None = None

    def observe(self, present: bool, now: float) -> float:
        """Seconds it has been so; 0 where it is not, or was seen only once: that may be a slip."""
        if not present:
            self._before, self._began = now, None
            return 0.0
        if self._began is None:
            unseen = 0.0 if self._before is None else (now - self._before) / 2
            self._began = now - min(unseen, MAX_UNSEEN_SECONDS)
            return 0.0
        return now - self._began
