"""What one frame says about one learner, with what was seen of them before."""

from __future__ import annotations

from collections.abc import Sequence

from .brightness import brightness
from .face_mesh import FaceModels, Found, Region
from .frames import Picture
from .landmarks import select
from .measurement import face
from .observation import NO_FACE, Observation

# In so long a head moves by its own width: where it was says nothing of where it is. An overloaded
# service judges every half second, and should not look around each time.
FOLLOWED_SECONDS = 1.0


class Judge:
    """One learner's: follows their face, and looks for a second person now and then."""

    def __init__(self, models: FaceModels, second_face_interval: float) -> None:
        """models: shared with other learners; second_face_interval: seconds between two looks."""
        self._models = models
        self._interval = second_face_interval
        self._region: Region | None = None
        self._detected = 0
        self._looked_at: float | None = None
        self._judged_at: float | None = None

    def judge(self, rgb: Picture, now: float, alone: bool = False) -> Observation:
        """rgb: (height, width, 3), which is not written on any more; now: seconds on any clock.

        alone: whether the picture has nothing to do with those before it.
        """
        found = self._find(rgb, now, alone)
        self._region, self._judged_at = None if found is None else found.region, now
        if found is None:
            return NO_FACE
        height, width = rgb.shape[:2]
        points = select(found.mesh)
        measured = face(points, width, height, brightness(rgb, points))
        if measured is None:
            return NO_FACE
        return Observation(face_count=max(1, self._detected), face=measured)

    def _find(self, rgb: Picture, now: float, alone: bool) -> Found | None:
        """The face where it was, which is more exact, and else where one is detected."""
        followed = None if alone or not self._follows(now) else self._region
        detected = self._look_around(rgb, now) if followed is None or self._is_due(now) else None
        found = None if followed is None else self._models.mesh(rgb, followed)
        if found is not None:
            return found
        regions = self._look_around(rgb, now) if detected is None else detected
        return self._models.mesh(rgb, regions[0]) if regions else None

    def _follows(self, now: float) -> bool:
        return self._judged_at is not None and now - self._judged_at <= FOLLOWED_SECONDS

    def _is_due(self, now: float) -> bool:
        return self._looked_at is None or now - self._looked_at >= self._interval

    def _look_around(self, rgb: Picture, now: float) -> Sequence[Region]:
        regions = self._models.regions(rgb)
        self._detected, self._looked_at = len(regions), now
        return regions
