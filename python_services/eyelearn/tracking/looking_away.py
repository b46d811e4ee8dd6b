"""One frame by itself: is a face there, how many eyes are open, and do they look elsewhere?

Unlike `focus`, nothing is smoothed: who asks for this counts events, and smooths by themselves. A
blink is no look away: where head and eyes are turned is told apart from how wide they are open.
"""

from __future__ import annotations

from typing import NamedTuple

from ..vision.observation import Face, Observation
from .focus import FocusLimits, attention_score, gaze_verdict
from .neutral import Neutral
from .visibility import MIN_CERTAINTY, certainty

# Of attention_score: as if the eyes were wide open, since it falls where they close.
_ANY_OPENNESS = 1e-9
# Of `eye_certainty`: of 103 faces of 120 pixels that look at the camera 98 % are above it with open
# eyes, and of 46 with dark glasses a quarter.
EYES_SEEN = 0.3


class Look(NamedTuple):
    """eye_count: open eyes that can be made out, 0 to 2.

    confidence: how likely `looking_away` is right, 0 to 1; 0 without a face, where there is nothing
    to go by.
    """

    face_detected: bool
    eye_count: int
    looking_away: bool
    confidence: float


NOBODY = Look(face_detected=False, eye_count=0, looking_away=True, confidence=0.0)


def look_of(
    observation: Observation, limits: FocusLimits, neutral: Neutral, closed_openness: float
) -> Look:
    """closed_openness: eye aspect ratio under which this person's eyes are closed."""
    face = observation.face
    if face is None or certainty(face) < MIN_CERTAINTY:
        return NOBODY
    away = not gaze_verdict(face, limits, neutral).is_focused
    alone = Observation(face_count=1, face=face)
    at_screen = attention_score(alone, limits, neutral, _ANY_OPENNESS)
    return Look(
        face_detected=True,
        eye_count=_open_eyes(face, closed_openness),
        looking_away=away,
        confidence=1.0 - at_screen if away else at_screen,
    )


def _open_eyes(face: Face, closed_openness: float) -> int:
    if face.eye_certainty < EYES_SEEN:
        return 0
    return sum(openness >= closed_openness for openness in face.openness)
