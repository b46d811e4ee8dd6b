"""A face's angles without the jitter of single frames, by a time constant in seconds."""

from __future__ import annotations

import math

from ..vision.observation import Face

# After a longer pause, in seconds, the face may be anywhere: the old angles say nothing.
MAX_PAUSE_SECONDS = 1.0
# Eyes that are made out by less than this count less: behind a blink they look where they looked.
FULL_EYE_CERTAINTY = 0.5


class SmoothedFace:
    """An exponentially weighted mean of each angle, whatever the frame rate."""

    __slots__ = ("_at", "_face", "_time_constant")

    def __init__(self, time_constant: float) -> None:
        """time_constant: seconds after which 63 % of a step is through; 0: no smoothing."""
        self._time_constant = time_constant
        self._face: Face | None = None
        self._at = 0.0

    def observe(self, face: Face, now: float) -> Face:
        """The face with smoothed angles; all else is this frame's."""
        before, pause = self._face, now - self._at
        self._at = now
        if before is not None and 0.0 <= pause <= MAX_PAUSE_SECONDS and self._time_constant > 0.0:
            share = 1.0 - math.exp(-pause / self._time_constant)
            face = _between(before, face, share)
        self._face = face
        return face

    def lost(self) -> None:
        """No face is in view: the next one begins anew."""
        self._face = None


def _between(before: Face, face: Face, share: float) -> Face:
    """The face with its angles at this share of the way from those before."""
    # As tuples, in their order: by name it takes twice as long, for each sample of everybody.
    old_yaw, old_pitch, old_roll, old_eye_yaw, old_eye_pitch = before[:5]
    yaw, pitch, roll, eye_yaw, eye_pitch, eye_certainty, openness, size, visible, brightness = face
    eye_share = share
    if eye_certainty < FULL_EYE_CERTAINTY:
        eye_share *= eye_certainty / FULL_EYE_CERTAINTY
    return Face(
        old_yaw + share * (yaw - old_yaw),
        old_pitch + share * (pitch - old_pitch),
        old_roll + share * (roll - old_roll),
        old_eye_yaw + eye_share * (eye_yaw - old_eye_yaw),
        old_eye_pitch + eye_share * (eye_pitch - old_eye_pitch),
        eye_certainty,
        openness,
        size,
        visible,
        brightness,
    )
