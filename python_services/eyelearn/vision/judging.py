"""What one frame says about one learner, with what was seen of them before."""

from __future__ import annotations

from .brightness import brightness
from .face_follower import FaceFollower
from .face_mesh import FaceModels
from .frames import Picture
from .landmarks import select
from .measurement import face
from .observation import NO_FACE, Observation


class Judge:
    """One learner's: follows their face, and looks for a second person now and then."""

    def __init__(self, models: FaceModels, second_face_interval: float) -> None:
        """models: shared with other learners; second_face_interval: seconds between two looks."""
        self._follower = FaceFollower(models, second_face_interval)

    def judge(self, rgb: Picture, now: float, alone: bool = False) -> Observation:
        """rgb: (height, width, 3), which is not written on any more; now: seconds on any clock.

        alone: whether the picture has nothing to do with those before it.
        """
        found = self._follower.find(rgb, now, alone)
        if found is None:
            return NO_FACE
        height, width = rgb.shape[:2]
        points = select(found.mesh)
        measured = face(points, width, height, brightness(rgb, points))
        if measured is None:
            return NO_FACE
        return Observation(face_count=max(1, self._follower.detected), face=measured)
