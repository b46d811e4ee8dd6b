"""A learner's face from picture to picture: where it was, and else where one is detected."""

from __future__ import annotations

from collections.abc import Sequence

from .face_mesh import FaceModels, Found, Region
from .frames import Picture

# In so long a head moves by its own width: where it was says nothing of where it is. An overloaded
# service judges every half second, and should not look around each time.
FOLLOWED_SECONDS = 1.0


class FaceFollower:
    """One learner's.

    detected: how many faces there were when they were last looked for, the followed one included.
    """

    def __init__(self, models: FaceModels, look_interval: float, exact_lips: bool = False) -> None:
        """models: shared with other learners; look_interval: seconds between two looks for more
        faces than the followed one; infinite where they don't matter.

        exact_lips: whether those of the mesh are as exact as the eyes.
        """
        self._models = models
        self._exact_lips = exact_lips
        self._interval = look_interval
        self._region: Region | None = None
        self._looked_at: float | None = None
        self._found_at: float | None = None
        self.detected = 0

    def find(self, rgb: Picture, now: float, alone: bool = False) -> Found | None:
        """rgb: (height, width, 3), which is not written on any more; now: seconds on any clock.

        alone: whether the picture has nothing to do with those before it.
        """
        found = self._find(rgb, now, alone)
        self._region, self._found_at = None if found is None else found.region, now
        return found

    def _find(self, rgb: Picture, now: float, alone: bool) -> Found | None:
        """The face where it was, which is more exact, and else where one is detected."""
        followed = None if alone or not self._follows(now) else self._region
        detected = self._look_around(rgb, now) if followed is None or self._is_due(now) else None
        found = None if followed is None else self._models.mesh(rgb, followed, self._exact_lips)
        if found is not None:
            return found
        regions = self._look_around(rgb, now) if detected is None else detected
        return self._models.mesh(rgb, regions[0], self._exact_lips) if regions else None

    def _follows(self, now: float) -> bool:
        return self._found_at is not None and now - self._found_at <= FOLLOWED_SECONDS

    def _is_due(self, now: float) -> bool:
        return self._looked_at is None or now - self._looked_at >= self._interval

    def _look_around(self, rgb: Picture, now: float) -> Sequence[Region]:
        regions = self._models.regions(rgb)
        self.detected, self._looked_at = len(regions), now
        return regions
