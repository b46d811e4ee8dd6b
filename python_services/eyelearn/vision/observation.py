"""What one frame says: the value that every other room speaks of."""

from __future__ import annotations

import math
from typing import Any, NamedTuple


class Face(NamedTuple):
    """One judged face. Left and right are the learner's own; angles are degrees.

    Signs: yaw + when they turn to their own left, pitch + up, roll + when the head tilts to their
    own right shoulder.

    yaw, pitch, roll: the head relative to the camera.
    eye_yaw, eye_pitch: the eyes relative to the head, both eyes together, same signs; the less they
        are seen, the nearer to 0.
    eye_certainty: 0 to 1, how far the eyes can be made out.
    openness: (left eye, right eye), the eye aspect ratio of Soukupová and Čech (2016): about 0.3
        when open, under 0.15 when closed.
    size: height of the face as a share of the picture's height; over 1 where it does not fit.
    visible: share of the landmarks that lie inside the picture, 0 to 1.
    brightness: mean luma of the face, 0 to 255; None where there is no picture.
    """

    yaw: float
    pitch: float
    roll: float
    eye_yaw: float
    eye_pitch: float
    eye_certainty: float
    openness: tuple[float, float]
    size: float
    visible: float
    brightness: float | None

    @property
    def gaze_yaw(self) -> float:
        """Head and eyes together, degrees relative to the camera."""
        return self.yaw + self.eye_yaw

    @property
    def gaze_pitch(self) -> float:
        """Head and eyes together, degrees relative to the camera."""
        return self.pitch + self.eye_pitch

    def lit(self, brightness: float | None) -> Face:
        """The same face, where its brightness was measured elsewhere."""
        return Face(*self[:-1], brightness)

    def gaze_vector(self) -> tuple[float, float, float]:
        """Unit vector of where they look, head and eyes together, seen from them.

        x + to their left, y + up, straight ahead (0, 0, -1).
        """
        yaw = math.radians(self.gaze_yaw)
        pitch = math.radians(self.gaze_pitch)
        return (
            math.sin(yaw) * math.cos(pitch),
            math.sin(pitch),
            -math.cos(yaw) * math.cos(pitch),
        )

    def to_dict(self) -> dict[str, Any]:
        return self._asdict()

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Face:
        """The inverse of `to_dict`, also after JSON has made lists of the tuples."""
        return cls(**{**values, "openness": tuple(values["openness"])})


class Observation(NamedTuple):
    """One frame, judged: how many people are in it, and the face of the nearest one.

    face is None exactly when face_count is 0.
    """

    face_count: int
    face: Face | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a message between processes."""
        face = None if self.face is None else self.face.to_dict()
        return {"face_count": self.face_count, "face": face}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Observation:
        """The inverse of `to_dict`, also after JSON has made lists of the tuples."""
        face = values["face"]
        return cls(
            face_count=values["face_count"], face=None if face is None else Face.from_dict(face)
        )


NO_FACE = Observation(face_count=0, face=None)
