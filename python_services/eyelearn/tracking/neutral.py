"""Where this learner looks when they look at the middle of their screen.

Cameras stand above, below and beside screens, and faces differ, so zero is another direction in
each sitting. It is learned from where the learner looks most, near where it was thought to be, and
set at once by `calibrate`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ..vision.observation import Face


class Neutral(NamedTuple):
    """The gaze at the middle of the screen, in degrees relative to the camera."""

    yaw: float
    pitch: float


STRAIGHT_AHEAD = Neutral(0.0, 0.0)

# So many seconds of looking outweigh the first guess.
GUESS_SECONDS = 3.0
# What lies longer ago fades: learners lean back, and move their screens.
MEMORY_SECONDS = 60.0
# After `calibrate` the learner's word counts as so much looking.
CALIBRATED_SECONDS = 60.0
# Looks further off than this, in degrees, are at something else and teach nothing; those nearer
# count by Tukey's biweight (Beaton and Tukey 1974, "The fitting of power series").
REACH_YAW = 20.0
REACH_PITCH = 15.0
# No angle, and no number of seconds kept here, is larger.
_MAX_NUMBER = 180.0


class NeutralEstimate:
    """A running mean of the gaze that outliers do not move, and that stays near where it began."""

    __slots__ = ("_bound", "_guess_seconds", "_origin", "_seconds", "value")

    def __init__(self, bound: float, origin: Neutral = STRAIGHT_AHEAD) -> None:
        """bound: degrees that yaw and pitch may be learned away from the origin."""
        self._bound = bound
        self._origin = origin
        self._seconds = 0.0
        self._guess_seconds = GUESS_SECONDS
        self.value = origin

    def observe(self, face: Face, seconds: float) -> None:
        """The learner looked there for so long, or the camera saw them do."""
        before_yaw, before_pitch = self.value
        yaw, pitch = face.gaze_yaw - before_yaw, face.gaze_pitch - before_pitch
        weight = seconds * _influence(yaw, pitch)
        if weight <= 0.0:
            return
        self._seconds = min(self._seconds + weight, MEMORY_SECONDS)
        share = weight / (self._guess_seconds + self._seconds)
        self.value = self._bounded(before_yaw + share * yaw, before_pitch + share * pitch)

    def calibrate(self, neutral: Neutral) -> None:
        """From now on this is the neutral, and what is learned stays near it."""
        self._origin = self.value = neutral
        self._seconds = 0.0
        self._guess_seconds = CALIBRATED_SECONDS

    def _bounded(self, yaw: float, pitch: float) -> Neutral:
        bound, (origin_yaw, origin_pitch) = self._bound, self._origin
        if abs(yaw - origin_yaw) > bound:
            yaw = origin_yaw + math.copysign(bound, yaw - origin_yaw)
        if abs(pitch - origin_pitch) > bound:
            pitch = origin_pitch + math.copysign(bound, pitch - origin_pitch)
        return Neutral(yaw, pitch)

    def to_dict(self) -> dict[str, float]:
        """Plain numbers, to be kept with the session."""
        return {
            "yaw": self.value.yaw,
            "pitch": self.value.pitch,
            "origin_yaw": self._origin.yaw,
            "origin_pitch": self._origin.pitch,
            "seconds": self._seconds,
            "guess_seconds": self._guess_seconds,
        }

    @classmethod
    def from_dict(cls, values: dict[str, float], bound: float) -> NeutralEstimate:
        """The inverse of `to_dict`.

        Raises ValueError where a number is missing, is none, or can't have come from there.
        """
        try:
            numbers = {name: float(values[name]) for name in cls(bound).to_dict()}
        except (KeyError, TypeError, OverflowError) as error:
            raise ValueError(f"this is no neutral: {values!r}") from error
        if not all(
            math.isfinite(number) and abs(number) <= _MAX_NUMBER for number in numbers.values()
        ):
            raise ValueError(f"these are no angles and seconds: {values!r}")
        estimate = cls(bound, Neutral(numbers["origin_yaw"], numbers["origin_pitch"]))
        estimate._seconds = min(max(numbers["seconds"], 0.0), MEMORY_SECONDS)
        estimate._guess_seconds = min(max(numbers["guess_seconds"], 1.0), CALIBRATED_SECONDS)
        estimate.value = estimate._bounded(numbers["yaw"], numbers["pitch"])
        return estimate


def _influence(yaw: float, pitch: float) -> float:
    """0 to 1: how much a look so many degrees off says about the neutral."""
    distance = (yaw / REACH_YAW) ** 2 + (pitch / REACH_PITCH) ** 2
    return (1.0 - distance) ** 2 if distance < 1.0 else 0.0
