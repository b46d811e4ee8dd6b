"""What one frame says about one learner, with what was seen of them before."""

from __future__ import annotations

from .face_mesh import FaceDetector, FaceMesh
from .frames import Picture
from .landmarks import Points, select
from .measurement import face
from .observation import NO_FACE, Observation

# Rec. 601 luma.
_LUMA_WEIGHTS = (0.299, 0.587, 0.114)
# Every 4th pixel of the face each way tells its brightness as well as all of them.
_BRIGHTNESS_STEP = 4


class Judge:
    """One learner's: `mesh` follows their face, and a second person is looked for now and then."""

    def __init__(self, mesh: FaceMesh, detector: FaceDetector, second_face_interval: float) -> None:
        """second_face_interval: seconds between two looks for a second person."""
        self.mesh = mesh
        self._detector = detector
        self._interval = second_face_interval
        self._detected = 0
        self._looked_at: float | None = None

    def judge(self, rgb: Picture, now: float) -> Observation:
        """rgb: (height, width, 3); now: seconds on any one clock."""
        mesh = self.mesh.landmarks(rgb)
        if mesh is None:
            return NO_FACE
        height, width = rgb.shape[:2]
        points = select(mesh)
        measured = face(points, width, height, brightness(rgb, points))
        if measured is None:
            return NO_FACE
        return Observation(face_count=max(1, self._faces_detected(rgb, now)), face=measured)

    def _faces_detected(self, rgb: Picture, now: float) -> int:
        if self._looked_at is None or now - self._looked_at >= self._interval:
            self._detected = self._detector.count(rgb)
            self._looked_at = now
        return self._detected


def brightness(rgb: Picture, points: Points) -> float | None:
    """Mean luma, 0 to 255, of the box around the points; None where that is outside the picture."""
    size = (rgb.shape[1], rgb.shape[0])
    left, top = (points[:, :2].min(axis=0).clip(0, 1) * size).astype(int)
    right, bottom = (points[:, :2].max(axis=0).clip(0, 1) * size).astype(int)
    box = rgb[top:bottom:_BRIGHTNESS_STEP, left:right:_BRIGHTNESS_STEP]
    if not box.size:
        return None
    return float(box.mean(axis=(0, 1)) @ _LUMA_WEIGHTS)
