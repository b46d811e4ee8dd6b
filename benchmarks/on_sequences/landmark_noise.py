"""How far Face Mesh's landmarks are off, from frame to frame and slowly, as measured in a clip.

Measured once in `webcam_man_53s.mp4` (400 × 300, a still head from 45.6 to 53.4 s), scaled to
640 × 480, where the face is 210 pixels high. Each frame was laid onto the others by the similarity
that fits the bones best; white noise is the root mean square of second differences over √6 (its
variance in them is 6-fold), the wander is what else is left. Eyes turn together, so the wander of
an iris between its corners is what both eyes differ by, from 10.4 to 18.8 and from 45.6 to 50.8 s.
Points are taken as independent, while real ones partly move together, so gaze angles are a little
noisier here than in the clip.
"""

from __future__ import annotations

import numpy as np

from eyelearn.vision.head_pose import CANONICAL_FACE
from eyelearn.vision.landmarks import LANDMARK_INDICES, Floats

from .learner_script import Wander

# Pixels in x, y, z.
BONE_WHITE = (0.09, 0.10, 0.09)
EYE_WHITE = (0.18, 0.14, 0.04)
BONE_WANDER = (0.34, 0.49, 0.51)
EYE_WANDER = (0.16, 0.09, 0.15)
# The wander's autocorrelation falls to a third in about 0.4 s.
WANDER_HERTZ = (0.1, 1.5)
# The whole face shakes in its fitted pose, in degrees of yaw, pitch, roll.
POSE_WHITE = (0.19, 0.19, 0.09)
_EYE_CORNERS = {33, 133, 362, 263}


class LandmarkNoise:
    """One sitting's; `seed` fixes the slow part, which every frame rate sees alike."""

    def __init__(self, seed: int, factor: float = 1.0) -> None:
        """factor: how many times the clip's noise."""
        shape = (len(LANDMARK_INDICES), 3)
        self._factor = factor
        self._wander = Wander(np.random.default_rng((seed, 1)), WANDER_HERTZ, shape)
        self._frames = np.random.default_rng((seed, 2))
        bones = set(CANONICAL_FACE) - _EYE_CORNERS
        is_bone = np.array([[index in bones] for index in LANDMARK_INDICES])
        self._white_pixels = np.where(is_bone, BONE_WHITE, EYE_WHITE)
        self._wander_pixels = np.where(is_bone, BONE_WANDER, EYE_WANDER)

    def pixels(self, times: Floats) -> Floats:
        """(n, indices, 3): to be added to the landmarks of n frames."""
        wander = self._wander.at(times) * self._wander_pixels
        white = self._frames.standard_normal(wander.shape) * self._white_pixels
        noise: Floats = (wander + white) * self._factor
        return noise

    def degrees(self, count: int) -> Floats:
        """(3, n): to be added to yaw, pitch and roll."""
        white = self._frames.standard_normal((3, count))
        noise: Floats = white * np.array(POSE_WHITE)[:, None] * self._factor
        return noise
