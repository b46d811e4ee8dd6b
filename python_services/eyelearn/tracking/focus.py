"""Is the learner focused? Four criteria in degrees, a score, and a state that outlasts a blink.

All angles are degrees, with the signs of `PROTOCOLS.md`: yaw + to the learner's own left, pitch +
up, roll + towards their own right shoulder. Times are seconds on any one clock.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from ..vision.observation import Face, Observation
from .lasting import Lasting
from .neutral import STRAIGHT_AHEAD, Neutral
from .visibility import MIN_CERTAINTY, certainty

CENTERED: Final = "centered"
NO_FACE: Final = "no_face"
MULTIPLE_FACES: Final = "multiple_faces"
EYES_CLOSED: Final = "eyes_closed"
FACE_TURNED: Final = "face_turned"
LOOKING_LEFT: Final = "looking_left"
LOOKING_RIGHT: Final = "looking_right"
LOOKING_UP: Final = "looking_up"
LOOKING_DOWN: Final = "looking_down"
DISTRACTED: Final = "distracted"
PAGE_HIDDEN: Final = "page_hidden"
# The same as a type, which can't be made of them.
Direction = Literal[
    "centered",
    "no_face",
    "multiple_faces",
    "eyes_closed",
    "face_turned",
    "looking_left",
    "looking_right",
    "looking_up",
    "looking_down",
    "distracted",
    "page_hidden",
]

# How steeply the score falls where the deviation reaches its limit, where it is 0.5: fitted to 574
# posed faces, and less steep the less the eyes and the face can be made out.
SCORE_STEEPNESS_UNSEEN = 4.0
SCORE_STEEPNESS_SEEN = 7.0

# In the first seconds the neutral is a guess: the limits are wider by this share, which fades.
START_SLACK = 0.2
START_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class FocusLimits:
    """Where each criterion ends, and how long a change must last; see `settings.py` for reasons."""

    gaze_yaw: float
    gaze_up: float
    gaze_down: float
    head_yaw: float
    head_up: float
    head_down: float
    head_roll: float
    hysteresis: float
    eye_closed_openness: float
    eyes_closed_seconds: float
    second_face_seconds: float
    smoothing_seconds: float
    loss_seconds: float
    gain_seconds: float
    neutral_bound: float


class Criteria(NamedTuple):
    """The focus rule: focused means all four."""

    horizontally_centred: bool
    vertically_centred: bool
    face_frontal: bool
    eyes_aligned: bool


class Deviations(NamedTuple):
    """How far off each criterion is, as a share of its limit: 0 in the middle, 1 at the limit."""

    horizontal: float
    vertical: float
    frontal: float
    aligned: float

    def within(self, limit: float) -> Criteria:
        """The criteria, with all limits stretched by this factor."""
        return Criteria(
            self.horizontal <= limit,
            self.vertical <= limit,
            self.frontal <= limit,
            self.aligned <= limit,
        )


class Verdict(NamedTuple):
    """Whether the learner is focused, and the one word for where they look instead."""

    is_focused: bool
    gaze_direction: Direction


_FOCUSED = Verdict(True, CENTERED)


def deviations(face: Face, limits: FocusLimits, neutral: Neutral = STRAIGHT_AHEAD) -> Deviations:
    """Gaze and head relative to the neutral, and the head's tilt."""
    return Deviations(*_deviations(face, limits, neutral))


def _deviations(
    face: Face, limits: FocusLimits, neutral: Neutral
) -> tuple[float, float, float, float]:
    """Without their names, which cost each sample of everybody as much as the numbers."""
    yaw, pitch, roll, eye_yaw, eye_pitch = face[:5]
    yaw, pitch = yaw - neutral[0], pitch - neutral[1]
    gaze_pitch = pitch + eye_pitch
    vertical = gaze_pitch / limits.gaze_up if gaze_pitch > 0 else -gaze_pitch / limits.gaze_down
    turned = abs(yaw) / limits.head_yaw
    nodded = pitch / limits.head_up if pitch > 0 else -pitch / limits.head_down
    return (
        abs(yaw + eye_yaw) / limits.gaze_yaw,
        vertical,
        turned if turned > nodded else nodded,
        abs(roll) / limits.head_roll,
    )


def gaze_verdict(
    face: Face, limits: FocusLimits, neutral: Neutral = STRAIGHT_AHEAD, stretch: float = 1.0
) -> Verdict:
    """The verdict on where head and eyes of one frame are turned; stretch: a factor on every limit.

    Whether the eyes are closed or somebody else is there must last to count: see `FocusState`.
    """
    if certainty(face) < MIN_CERTAINTY:
        return Verdict(False, NO_FACE)
    off = _deviations(face, limits, neutral)
    if max(off) <= stretch:
        return _FOCUSED
    met = Deviations(*off).within(stretch)
    return Verdict(False, _direction_away(face, met, limits, neutral, stretch))


def _direction_away(
    face: Face, met: Criteria, limits: FocusLimits, neutral: Neutral, stretch: float
) -> Direction:
    """A turned head speaks before the eyes; otherwise the axis that is further off."""
    if abs(face.yaw - neutral.yaw) > limits.head_yaw * stretch:
        return FACE_TURNED
    if not met.face_frontal:
        return LOOKING_UP if face.pitch > neutral.pitch else LOOKING_DOWN
    if met.horizontally_centred and met.vertically_centred:
        return DISTRACTED
    off = deviations(face, limits, neutral)
    if off.horizontal >= off.vertical:
        return LOOKING_LEFT if face.gaze_yaw > neutral.yaw else LOOKING_RIGHT
    return LOOKING_UP if face.gaze_pitch > neutral.pitch else LOOKING_DOWN


def attention_score(
    observation: Observation,
    limits: FocusLimits,
    neutral: Neutral = STRAIGHT_AHEAD,
    closed_openness: float | None = None,
) -> float:
    """0 to 1: how likely it is that somebody seen like this looks at the screen.

    A logistic function of the length of the four deviations together, so that it falls when any of
    them grows; 0.5 where one alone reaches its limit. The less eyes and face can be made out, the
    nearer it stays to 0.5. Falls to 0 as the eyes close, and is shared among several faces.
    """
    face = observation.face
    if face is None:
        return 0.0
    seen = certainty(face) * face.eye_certainty
    steepness = SCORE_STEEPNESS_UNSEEN + (SCORE_STEEPNESS_SEEN - SCORE_STEEPNESS_UNSEEN) * seen
    length = math.hypot(*_deviations(face, limits, neutral))
    score = _logistic(steepness * (1.0 - length))
    threshold = limits.eye_closed_openness if closed_openness is None else closed_openness
    return score * min(1.0, max(face.openness) / threshold) / max(1, observation.face_count)


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-min(max(x, -50.0), 50.0)))


class FocusState:
    """The state that is told: a change must be seen twice and last before it is.

    So neither a blink nor a single bad frame ends focus, at whatever frame rate. While focus holds,
    the limits are a little wider, so that a learner at a limit does not flicker. What is told is of
    one piece: while focus holds, the direction is `centered`.
    """

    __slots__ = ("_began", "_change", "_eyes_closed", "_limits", "_second_face", "_told")

    def __init__(self, limits: FocusLimits) -> None:
        self._limits = limits
        self._told: Verdict | None = None
        self._began: float | None = None
        self._second_face = Lasting()
        self._eyes_closed = Lasting()
        self._change = Lasting()

    def observe(
        self, observation: Observation, eyes_closed: bool, neutral: Neutral, now: float
    ) -> Verdict:
        """The state after one more observation; the first is believed at once.

        observation: with its face smoothed; eyes_closed: whether the eyes are closed in it.
        """
        verdict = self._verdict(observation, eyes_closed, neutral, now)
        told = self._told
        if told is not None and verdict.is_focused != told.is_focused:
            lasted = self._change.observe(True, now)
            if not self._convinces(verdict, lasted):
                return told
        self._change.observe(False, now)
        self._told = verdict
        return verdict

    def _verdict(
        self, observation: Observation, eyes_closed: bool, neutral: Neutral, now: float
    ) -> Verdict:
        second = self._second_face.observe(observation.face_count > 1, now)
        closed = self._eyes_closed.observe(eyes_closed, now)
        if observation.face is None:
            return Verdict(False, NO_FACE)
        if second and second >= self._limits.second_face_seconds:
            return Verdict(False, MULTIPLE_FACES)
        if closed and closed >= self._limits.eyes_closed_seconds:
            return Verdict(False, EYES_CLOSED)
        return gaze_verdict(observation.face, self._limits, neutral, self._stretch(now))

    def _stretch(self, now: float) -> float:
        """Limits are wider while focus holds, and while the neutral is still a guess."""
        if self._began is None:
            self._began = now
        stretch, since = 1.0, now - self._began
        if since < START_SECONDS:
            stretch += START_SLACK * (1.0 - since / START_SECONDS)
        if self._told is None or self._told.is_focused:
            stretch += self._limits.hysteresis
        return stretch

    def _convinces(self, verdict: Verdict, lasted: float) -> bool:
        if verdict.gaze_direction in (MULTIPLE_FACES, EYES_CLOSED):
            # These have lasted already.
            return True
        seconds = self._limits.gain_seconds if verdict.is_focused else self._limits.loss_seconds
        return lasted > 0.0 and lasted >= seconds
