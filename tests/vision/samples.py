"""Landmarks and faces that are known exactly, for the tests of this room."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from eyelearn.vision.head_pose import CANONICAL_FACE
from eyelearn.vision.landmarks import LANDMARK_INDICES, Floats

WIDTH, HEIGHT = 640, 480
PIXELS_PER_CM = 12.0

# Eye points and chin, which the head's pose is not fitted to, in centimetres on the canonical
# face's scale, for the learner's left; the right eye mirrors it.
_EYE_CENTRE = (3.151156, 2.624604, 3.465589)
_HALF_WIDTH = 1.3
_CHIN = (0.0, -9.403378, 4.264492)


def head(
    yaw: float = 0.0,
    pitch: float = 0.0,
    roll: float = 0.0,
    *,
    openness: float = 0.3,
    eye_left: float = 0.0,
    eye_up: float = 0.0,
) -> NDArray[np.float32]:
    """(36, 3), normalised: the canonical face, turned by degrees, its eyes open by `openness`.

    eye_left, eye_up: how far the irises are shifted, as a share of the eye's width.
    """
    vertices = {**CANONICAL_FACE, 152: _CHIN, **_eyes(openness, eye_left, eye_up)}
    face = np.array([vertices[index] for index in LANDMARK_INDICES])
    turned = face @ rotation(yaw, pitch, roll).T * PIXELS_PER_CM
    pixels = turned * (1, -1, -1) + (WIDTH / 2, HEIGHT / 2, 0)
    return (pixels / (WIDTH, HEIGHT, WIDTH)).astype(np.float32)


def rotation(yaw: float, pitch: float, roll: float) -> Floats:
    """The head turned by degrees with the signs of the protocol, seen x right, y up, z towards us.

    Written out from the words: a learner faces us, so their left is our right.
    """
    a, b, c = (math.radians(angle) for angle in (yaw, pitch, roll))
    to_their_left = [[math.cos(a), 0, math.sin(a)], [0, 1, 0], [-math.sin(a), 0, math.cos(a)]]
    upwards = [[1, 0, 0], [0, math.cos(b), math.sin(b)], [0, -math.sin(b), math.cos(b)]]
    # Their right shoulder is on our left, so the top of the head goes left: counter-clockwise.
    tilted = [[math.cos(c), -math.sin(c), 0], [math.sin(c), math.cos(c), 0], [0, 0, 1]]
    return np.array(to_their_left) @ np.array(upwards) @ np.array(tilted)


def _eyes(openness: float, left: float, up: float) -> dict[int, tuple[float, float, float]]:
    width = math.dist(CANONICAL_FACE[33], CANONICAL_FACE[133])
    half_open = openness * width / 2
    right_eye = ((160, 158), (144, 153), 159, 145, 468)
    left_eye = ((385, 387), (380, 373), 386, 374, 473)
    points: dict[int, tuple[float, float, float]] = {}
    for (upper, lower, upper_middle, lower_middle, iris), side in ((right_eye, -1), (left_eye, 1)):
        x, y, z = side * _EYE_CENTRE[0], _EYE_CENTRE[1], _EYE_CENTRE[2]
        for lid, middle, sign in ((upper, upper_middle, 1), (lower, lower_middle, -1)):
            for index, shift in (*zip(lid, (-0.4, 0.4), strict=True), (middle, 0.0)):
                points[index] = (x + shift, y + sign * half_open, z)
        points[iris] = (x + left * width, y + up * width, z)
    return points
