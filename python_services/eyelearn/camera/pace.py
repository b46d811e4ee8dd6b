"""At most so many pictures a second."""

from __future__ import annotations


class Pace:
    """Says whether it is time for another; the clock is an argument, in seconds."""

    def __init__(self, per_second: float) -> None:
        self._interval = 1.0 / per_second
        self._due = 0.0

    def take(self, now: float) -> bool:
        """A camera whose pictures don't fall on the beat is a little late with one, and early
        with the next: so the rate is kept, and not the distance.
        """
        if now < self._due:
            return False
        self._due = max(self._due + self._interval, now)
        return True
