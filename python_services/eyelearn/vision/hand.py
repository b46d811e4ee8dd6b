"""One hand as MediaPipe's landmarks, in a picture."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

HandPoints = NDArray[np.float32]

# MediaPipe's numbers (mediapipe/python/solutions/hands.py, HandLandmark): the wrist, and of each
# finger the four points from the knuckle to the tip, of the thumb from its root at the wrist.
HAND_POINTS = 21
WRIST = 0
THUMB = (1, 2, 3, 4)
INDEX = (5, 6, 7, 8)
MIDDLE = (9, 10, 11, 12)
RING = (13, 14, 15, 16)
PINKY = (17, 18, 19, 20)
FINGERS = (INDEX, MIDDLE, RING, PINKY)


class Hand(NamedTuple):
    """points: (21, 3) float32. x and y are shares of the picture's width and height, z (negative
    towards the camera, 0 at the wrist) is in the scale of x.

    is_left: whether it is the learner's own left hand, where the camera's picture isn't mirrored;
    presence: how sure the model is that it is a hand, 0 to 1.
    """

    points: HandPoints
    is_left: bool
    presence: float
