"""MediaPipe's model of one hand's landmarks, for any number of learners."""

from __future__ import annotations

import math

import numpy as np

from .frames import Picture
from .graph import PACKAGE_FOLDER
from .hand import HAND_POINTS, INDEX, MIDDLE, RING, WRIST, Hand, HandPoints
from .lite_model import LiteModel
from .region import Region, crop, in_picture

_FOLDER = PACKAGE_FOLDER / "mediapipe/modules/hand_landmark"
# The side of the square picture that the model takes, in pixels, and one over its brightest number.
INPUT_SIZE = 224
_WHITE = np.float32(1 / 255)
# The model's outputs: points, how sure it is of a hand, and of which.
_POINTS, _PRESENCE, _HANDEDNESS = range(3)
# HandLandmarkCpu of MediaPipe: what it takes for a hand, and how much its model understates depth.
_MIN_PRESENCE = 0.5
_RIGHT_FROM = 0.5
_DEPTH_SCALE = np.float32(1 / 0.4)
# HandLandmarkLandmarksToRoi of MediaPipe: the points that a hand's square is laid around, which
# are those that move least as fingers do; those that the hand points to from its wrist, the middle
# one counting twice; how much larger its square is; how far it is shifted towards the fingers.
_STEADY = [0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18]
_KNUCKLES = [INDEX[0], MIDDLE[0], MIDDLE[0], RING[0]]
_MARGIN = 2.0
_SHIFT = 0.1


class HandReader:
    """One region of one picture at a time."""

    def __init__(self, name: str = "hand_landmark_lite.tflite") -> None:
        self._model = LiteModel((_FOLDER / name).read_bytes())

    def read(self, rgb: Picture, region: Region) -> Hand | None:
        """The hand in this region, or None where there is none."""
        upright = crop(rgb, region, INPUT_SIZE)
        np.multiply(upright, _WHITE, out=self._model.input(0)[0], dtype=np.float32)
        self._model.run()
        presence = self._model.output(_PRESENCE).item()
        if presence <= _MIN_PRESENCE:
            return None
        points = self._model.output(_POINTS).reshape(HAND_POINTS, 3).copy()
        points[:, 2] *= _DEPTH_SCALE
        return Hand(in_picture(points, region, INPUT_SIZE, rgb.shape), self._is_left(), presence)

    def _is_left(self) -> bool:
        """The model tells how much it is a left hand in a mirror: a right one as cameras see it."""
        return bool(self._model.output(_HANDEDNESS).item() <= _RIGHT_FROM)


def around(points: HandPoints, shape: tuple[int, ...]) -> Region:
    """Where to look for this hand in the next picture; shape: (height, width, ...) in pixels."""
    height, width = shape[:2]
    pixels = points[:, :2] * (width, height)
    across, down = pixels[_KNUCKLES].mean(axis=0) - pixels[WRIST]
    rotation = math.atan2(across, -down)
    cosine, sine = math.cos(rotation), math.sin(rotation)
    to_picture = np.array([[cosine, sine], [-sine, cosine]])
    upright = pixels[_STEADY] @ to_picture.T
    first, last = upright.min(axis=0), upright.max(axis=0)
    size = last - first
    x, y = ((first + last) / 2 - (0, _SHIFT * size[1])) @ to_picture
    return Region(x / width, y / height, _MARGIN * size.max() / width, rotation)
