"""What `calibrate` goes by: where the learner has been looking for the last second."""

from __future__ import annotations

from collections import deque
from statistics import median

from ..errors import InvalidPayload
from ..vision.observation import Face
from .neutral import Neutral

# "Now" of "I am looking at the middle of the screen now", in seconds.
WINDOW_SECONDS = 1.0
# Cameras stand above, below and beside screens; who looks further off than this looks elsewhere.
MAX_NEUTRAL_DEGREES = 30.0


class Calibration:
    """Keeps the gaze of the last second."""

    __slots__ = ("_recent",)

    def __init__(self) -> None:
        self._recent: deque[tuple[float, float, float]] = deque()

    def observe(self, face: Face, now: float) -> None:
        self._recent.append((now, face.gaze_yaw, face.gaze_pitch))
        self._forget(now)

    def neutral(self, now: float) -> tuple[int, Neutral]:
        """How many samples the last second gave, and their median yaw and pitch.

        Raises InvalidPayload where no face was seen, or one that looks far away.
        """
        self._forget(now)
        if not self._recent:
            raise InvalidPayload(
                "No face was seen in the last second; look at the screen and retry."
            )
        yaw = median(sample[1] for sample in self._recent)
        pitch = median(sample[2] for sample in self._recent)
        if max(abs(yaw), abs(pitch)) > MAX_NEUTRAL_DEGREES:
            raise InvalidPayload(
                "You are looking far past the camera; look at the screen and retry."
            )
        return len(self._recent), Neutral(yaw, pitch)

    def _forget(self, now: float) -> None:
        recent, oldest = self._recent, now - WINDOW_SECONDS
        while recent and recent[0][0] < oldest:
            recent.popleft()
