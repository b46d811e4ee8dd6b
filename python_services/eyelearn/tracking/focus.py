"""Is the learner focused? Four named criteria, and a state that outlasts a blink.

All angles are degrees, with the signs of `PROTOCOLS.md`: yaw + to the learner's own left, pitch +
up, roll + towards their own right shoulder. Times are seconds on any one clock.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from ..vision.observation import Face, Observation

CENTERED = "centered"
NO_FACE = "no_face"
MULTIPLE_FACES = "multiple_faces"
EYES_CLOSED = "eyes_closed"
FACE_TURNED = "face_turned"
LOOKING_LEFT = "looking_left"
LOOKING_RIGHT = "looking_right"
LOOKING_UP = "looking_up"
LOOKING_DOWN = "looking_down"
DISTRACTED = "distracted"
PAGE_HIDDEN = "page_hidden"

# How steeply the score falls around a limit: 0.95 at half of it, 0.5 at it, 0.05 at one and a half.
SCORE_STEEPNESS = 6.0


@dataclass(frozen=True, slots=True)
class FocusLimits:
    """Where each criterion ends, and how long a change must last; see `settings.py` for reasons."""

    iris_centre_min: float
    iris_centre_max: float
    head_yaw: float
    head_pitch: float
    head_roll: float
    eye_closed_openness: float
    eyes_closed_seconds: float
    loss_seconds: float
    gain_seconds: float


class Neutral(NamedTuple):
    """The head's yaw and pitch when this learner looks at the middle of their screen."""

    yaw: float
    pitch: float


STRAIGHT_AHEAD = Neutral(0.0, 0.0)


class Criteria(NamedTuple):
    """The focus rule: focused means all four."""

    horizontally_centred: bool
    vertically_centred: bool
    face_frontal: bool
    eyes_aligned: bool


class Verdict(NamedTuple):
    """Whether the learner is focused, and the one word for where they look instead."""

    is_focused: bool
    gaze_direction: str


def criteria(face: Face, limits: FocusLimits, neutral: Neutral = STRAIGHT_AHEAD) -> Criteria:
    """The four criteria for one face."""
    low, high = limits.iris_centre_min, limits.iris_centre_max
    return Criteria(
        horizontally_centred=all(low <= ratio <= high for ratio in face.iris_horizontal),
        vertically_centred=all(low <= ratio <= high for ratio in face.iris_vertical),
        face_frontal=abs(face.yaw - neutral.yaw) <= limits.head_yaw
        and abs(face.pitch - neutral.pitch) <= limits.head_pitch,
        eyes_aligned=abs(face.roll) <= limits.head_roll,
    )


def eyes_are_closed(face: Face, limits: FocusLimits) -> bool:
    """Both eyes closed; a wink is not."""
    return max(face.openness) < limits.eye_closed_openness


def judge(
    observation: Observation, limits: FocusLimits, neutral: Neutral = STRAIGHT_AHEAD
) -> Verdict:
    """The verdict on one observation by itself, before any smoothing."""
    face = observation.face
    if face is None:
        return Verdict(False, NO_FACE)
    if observation.face_count > 1:
        return Verdict(False, MULTIPLE_FACES)
    if eyes_are_closed(face, limits):
        return Verdict(False, EYES_CLOSED)
    met = criteria(face, limits, neutral)
    if all(met):
        return Verdict(True, CENTERED)
    return Verdict(False, _direction_away(face, met, limits, neutral))


def _direction_away(face: Face, met: Criteria, limits: FocusLimits, neutral: Neutral) -> str:
    """The head speaks before the eyes: a turned head makes the eyes' position hard to read."""
    if abs(face.yaw - neutral.yaw) > limits.head_yaw:
        return FACE_TURNED
    if not met.face_frontal:
        return LOOKING_UP if face.pitch > neutral.pitch else LOOKING_DOWN
    if not met.eyes_aligned:
        return DISTRACTED
    horizontal, vertical = _mean(face.iris_horizontal), _mean(face.iris_vertical)
    if not limits.iris_centre_min <= horizontal <= limits.iris_centre_max:
        return LOOKING_LEFT if horizontal > limits.iris_centre_max else LOOKING_RIGHT
    if not limits.iris_centre_min <= vertical <= limits.iris_centre_max:
        return LOOKING_DOWN if vertical > limits.iris_centre_max else LOOKING_UP
    return DISTRACTED


def attention_score(
    observation: Observation, limits: FocusLimits, neutral: Neutral = STRAIGHT_AHEAD
) -> float:
    """0 to 1: how far inside all criteria the learner is, falling smoothly around each limit.

    The product of one logistic factor per criterion, so it falls when any of them gets worse.
    """
    face = observation.face
    if face is None:
        return 0.0
    half_width = (limits.iris_centre_max - limits.iris_centre_min) / 2
    middle = (limits.iris_centre_max + limits.iris_centre_min) / 2
    score = (
        _inside((_mean(face.iris_horizontal) - middle) / half_width)
        * _inside((_mean(face.iris_vertical) - middle) / half_width)
        * _inside((face.yaw - neutral.yaw) / limits.head_yaw)
        * _inside((face.pitch - neutral.pitch) / limits.head_pitch)
        * _inside(face.roll / limits.head_roll)
    )
    if eyes_are_closed(face, limits):
        score *= max(face.openness) / limits.eye_closed_openness
    return score / max(1, observation.face_count)


def _inside(ratio: float) -> float:
    """1 at 0, 0.5 at ±1, towards 0 beyond; ratio is a deviation as a share of its limit."""
    exponent = min(SCORE_STEEPNESS * (abs(ratio) - 1.0), 50.0)
    return 1.0 / (1.0 + math.exp(exponent))


def _mean(pair: tuple[float, float]) -> float:
    return (pair[0] + pair[1]) / 2


class FocusState:
    """The smoothed state: a change must be seen twice and last before it is told.

    So neither a blink nor a single bad frame ends focus, at whatever frame rate. What is told is
    of one piece: while focus holds, the direction is `centered`.
    """

    def __init__(self, limits: FocusLimits) -> None:
        self._limits = limits
        self._told: Verdict | None = None
        self._differs_since: float | None = None

    def observe(self, verdict: Verdict, now: float) -> Verdict:
        """The state after one more observation; the first is believed at once."""
        told = self._told
        if told is None or verdict.is_focused == told.is_focused:
            return self._tell(verdict)
        if self._differs_since is None:
            self._differs_since = now
            return told
        if now - self._differs_since >= self._seconds_to_convince(verdict):
            return self._tell(verdict)
        return told

    def _tell(self, verdict: Verdict) -> Verdict:
        self._told = verdict
        self._differs_since = None
        return verdict

    def _seconds_to_convince(self, verdict: Verdict) -> float:
        if verdict.is_focused:
            return self._limits.gain_seconds
        if verdict.gaze_direction == EYES_CLOSED:
            return self._limits.eyes_closed_seconds
        return self._limits.loss_seconds
