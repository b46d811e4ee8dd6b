"""What one frame says about one learner, with what was seen of them before."""

from __future__ import annotations

from .brightness import brightness
from .face_mesh import FaceModels, Region
from .frames import Picture
from .landmarks import select
from .measurement import face
from .observation import NO_FACE, Observation


class Judge:
    """One learner's: follows their face, and looks for a second person now and then."""

    def __init__(self, models: FaceModels, second_face_interval: float) -> None:
        """models: shared with other learners; second_face_interval: seconds between two looks."""
        self._models = models
        self._interval = second_face_interval
        self._region: Region | None = None
        self._detected = 0
        self._looked_at: float | None = None

    def judge(self, rgb: Picture, now: float) -> Observation:
        """rgb: (height, width, 3), which is not written on any more; now: seconds on any clock."""
        if self._region is None or self._is_due(now):
            self._look_around(rgb, now)
        found = None if self._region is None else self._models.mesh(rgb, self._region)
        self._region = None if found is None else found.region
        if found is None:
            return NO_FACE
        height, width = rgb.shape[:2]
        points = select(found.mesh)
        measured = face(points, width, height, brightness(rgb, points))
        if measured is None:
            return NO_FACE
        return Observation(face_count=max(1, self._detected), face=measured)

    def _is_due(self, now: float) -> bool:
        return self._looked_at is None or now - self._looked_at >= self._interval

    def _look_around(self, rgb: Picture, now: float) -> None:
        regions = self._models.regions(rgb)
        self._detected, self._looked_at = len(regions), now
        # A face that is followed is found more exactly by where it was.
        if self._region is None and regions:
            self._region = regions[0]
