"""The square of a picture, turned with the head, in which a face is looked for."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from .frames import Picture

Mesh = NDArray[np.float32]

# How much larger than the face its square is, and the points between which the head's roll is
# measured, the outer corners of the eyes: FaceLandmarkLandmarksToRoi of MediaPipe.
_MARGIN = 1.5
_ROLL_FROM, _ROLL_TO = 33, 263


class Region(NamedTuple):
    """x and y: its centre, as shares of the picture's width and height; side: as a share of the
    width; rotation: radians, clockwise as one looks at the picture.
    """

    x: float
    y: float
    side: float
    rotation: float


def crop(rgb: Picture, region: Region, size: int) -> Picture:
    """The region upright, (size, size, 3). What lies outside the picture repeats its border."""
    height, width = rgb.shape[:2]
    step = region.side * width / size
    across, down = step * math.cos(region.rotation), step * math.sin(region.rotation)
    left = region.x * width - (across - down) * size / 2
    top = region.y * height - (across + down) * size / 2
    to_picture = np.array([[across, -down, left], [down, across, top]])
    upright = cv2.warpAffine(
        rgb,
        to_picture,
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return upright.astype(np.uint8, copy=False)


def in_picture(mesh: Mesh, region: Region, size: int, shape: tuple[int, ...]) -> Mesh:
    """A mesh (n, 3) in pixels of the crop, as shares of the picture that has this shape.

    x and y become shares of its width and height, z is in the scale of x.
    """
    height, width = shape[:2]
    step = region.side / size
    across, down = step * math.cos(region.rotation), step * math.sin(region.rotation)
    aspect = width / height
    to_picture = np.array(
        [[across, down * aspect, 0], [-down, across * aspect, 0], [0, 0, step]], np.float32
    )
    corner = (
        region.x - (across - down) * size / 2,
        region.y - (across + down) * aspect * size / 2,
        0,
    )
    return mesh @ to_picture + np.array(corner, np.float32)


def around(mesh: Mesh, shape: tuple[int, ...]) -> Region:
    """Where to look for this face in the next picture; shape: (height, width, ...) in pixels."""
    height, width = shape[:2]
    left, top = mesh[:, :2].min(axis=0).tolist()
    right, bottom = mesh[:, :2].max(axis=0).tolist()
    x, y = (mesh[_ROLL_TO, :2] - mesh[_ROLL_FROM, :2]).tolist()
    return Region(
        (left + right) / 2,
        (top + bottom) / 2,
        _MARGIN * max(right - left, (bottom - top) * height / width),
        math.atan2(y * height, x * width),
    )
