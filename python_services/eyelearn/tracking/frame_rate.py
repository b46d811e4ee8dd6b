"""How often a learner must be judged so that nothing they are told changes by more than 0.2 s.

All frames that come, as long as something may change: a gaze near a limit or on its way across,
lids that come down, a state told a moment ago. Who has sat far inside all limits, or far outside of
one, for a second is steady, and needs fewer.

Blinks are only counted from 12 frames a second on (`eye_closure.py`), so being steady alone never
lowers the rate to where they are lost; only load does, and updates say so then (`blink_count` is
null). More frames still time blinks better, so whoever sends more than is asked for is judged as
often, as long as there is time for it. Where nobody is in view, or the page is hidden, there is
nothing to count, and the rate falls to what notices a return within 0.2 s; for up to three seconds
after it `blink_count` is null.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ..vision.observation import Face
from .eye_closure import BLINK_MIN_FPS
from .focus import NO_FACE, PAGE_HIDDEN, Deviations, Verdict
from .visibility import MIN_CERTAINTY, certainty


class Rate(NamedTuple):
    """Frames a second: asked for, and taken where the client sends more."""

    asked: float
    taken: float


EVERY = Rate(math.inf, math.inf)
# One more than blinks need: timers and networks are not exact.
STEADY = Rate(BLINK_MIN_FPS + 1.0, math.inf)
UNSEEN = Rate(5.0, 6.0)

# So long nothing has happened; a blink with what comes before and after it takes under half of it.
CALM_SECONDS = 1.0
# Far inside and far outside, as shares of a limit. Limits are 1.15 wide while focus holds; readers
# move up to 0.7.
INSIDE, OUTSIDE = 0.8, 1.6
# Lids are far from closed: so many times the openness at which they count as closed.
OPEN_FACTOR = 1.4
# A face that is so hard to make out may be lost in the next frame.
SAFE_CERTAINTY = 2 * MIN_CERTAINTY
_NOBODY_SEEN = (NO_FACE, PAGE_HIDDEN)


class NeededRate:
    """Rises at once, falls after a second of calm. Times are seconds on any one clock."""

    __slots__ = ("_calm_since", "_told", "rate")

    def __init__(self) -> None:
        self.rate = EVERY
        self._told: Verdict | None = None
        self._calm_since: float | None = None

    def observe(self, verdict: Verdict, settled: bool, now: float) -> None:
        """What is told, and whether the next frames can't change it: see `is_settled`."""
        if not settled:
            self._calm_since = None
        elif self._calm_since is None or verdict != self._told:
            self._calm_since = now
        self._told = verdict
        if self._calm_since is None or now - self._calm_since < CALM_SECONDS:
            self.rate = EVERY
        else:
            self.rate = UNSEEN if verdict.gaze_direction in _NOBODY_SEEN else STEADY

    def reset(self) -> None:
        """Anything may have happened: every frame is needed again."""
        self.rate, self._told, self._calm_since = EVERY, None, None


def is_settled(
    verdict: Verdict, face: Face | None, off: Deviations | None, closed_openness: float
) -> bool:
    """Whether what is told holds with a margin.

    face, off: of this frame alone, since smoothed angles come later; None where there is no face.
    closed_openness: eye aspect ratio at which the eyes count as closed.
    """
    if verdict.gaze_direction == PAGE_HIDDEN:
        return True
    if face is None or off is None:
        return verdict.gaze_direction == NO_FACE
    if certainty(face) < SAFE_CERTAINTY or max(face.openness) < OPEN_FACTOR * closed_openness:
        return False
    furthest = max(off)
    return furthest <= INSIDE if verdict.is_focused else furthest >= OUTSIDE
