"""What one frame says about one learner, with what was seen of them before."""

from __future__ import annotations

from .face_mesh import FaceModels, Region
from .frames import Picture
from .landmarks import Points, select
from .measurement import face
from .observation import NO_FACE, Observation

# Rec. 601 luma.
_LUMA_WEIGHTS = (0.299, 0.587, 0.114)
# Every 8th pixel of the face each way tells its brightness as well as all of them.
_BRIGHTNESS_STEP = 8


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


def brightness(rgb: Picture, points: Points) -> float | None:
    """Mean luma, 0 to 255, of the box around the points; None where that is outside the picture."""
    size = (rgb.shape[1], rgb.shape[0])
    left, top = (points[:, :2].min(axis=0).clip(0, 1) * size).astype(int)
    right, bottom = (points[:, :2].max(axis=0).clip(0, 1) * size).astype(int)
    box = rgb[top:bottom:_BRIGHTNESS_STEP, left:right:_BRIGHTNESS_STEP]
    if not box.size:
        return None
    return float(box.mean(axis=(0, 1)) @ _LUMA_WEIGHTS)
