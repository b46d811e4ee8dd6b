"""Who is judged how often when the workers can't judge everything.

Below the measured capacity everyone gets what they need. Above it the shares are max-min fair
(Bertsekas and Gallager, "Data Networks", section 6.5.2): who needs less than a fair share gets
what they need, and what is left is shared alike by the others, by session and not by frames sent.
Only when a share would fall under 2 frames a second is a newcomer's first picture turned away;
who was judged already goes on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from ..errors import Overloaded

# Two frames a second still lie within the two seconds after which time is not counted any more.
MIN_FPS = 2.0
# Share of the capacity that is given away. Workers that are busier than this let frames wait; below
# it nobody is limited, so that what the measurement is off by costs nothing on a calm machine.
USABLE_SHARE = 0.95
# Learners leave by the minute, not by the second.
RETRY_AFTER_SECONDS = 10.0


class Admission:
    """The fair share at present, and the places that are left. Knows no clock: `measure` is called
    twice a second."""

    def __init__(self) -> None:
        self.fair_fps = math.inf
        self._places = math.inf

    def measure(self, capacity: float, demands: Sequence[float]) -> None:
        """capacity: frames a second that can be judged; demands: what each session would send."""
        usable = USABLE_SHARE * capacity
        # However slow this machine is, nobody is kept out for the sake of nobody.
        least = 0.0 if demands else MIN_FPS
        self.fair_fps = max(MIN_FPS, fair_rate(usable, demands))
        taken = sum(min(demand, MIN_FPS) for demand in demands)
        self._places = max(least, usable - taken) / MIN_FPS

    def admit(self) -> None:
        """Takes one place, for a session's first picture. Raises Overloaded where none is left."""
        if self._places < 1.0:
            raise Overloaded(
                "As many learners as this service can follow are watched already.",
                RETRY_AFTER_SECONDS,
            )
        self._places -= 1.0


def fair_rate(capacity: float, demands: Iterable[float]) -> float:
    """The rate that nobody may exceed so that all fit; infinite where they fit without."""
    rising = sorted(demands)
    left = capacity
    for served, demand in enumerate(rising):
        share = left / (len(rising) - served)
        if demand > share:
            return share
        left -= demand
    return math.inf
