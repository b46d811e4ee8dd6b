"""The landmarks that the geometry needs: 36 of the mesh's 478 points, in one fixed order.

Browser-made landmarks bring only these, server-made ones are reduced to these by `select`, and from
there on both are an array (..., 36, 3), normalised as MediaPipe does: x and y as shares of the
picture's width and height, z in the scale of x. Indices are those of MediaPipe's face mesh; left
and right are the learner's own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Points = NDArray[np.floating[Any]]


class EyeIndices(NamedTuple):
    """One eye: `first` is the corner to the learner's right, `last` the one to their left.

    upper and lower are pairs of points on the lids that face each other.
    """

    first: int
    last: int
    upper: tuple[int, int]
    lower: tuple[int, int]
    upper_middle: int
    lower_middle: int
    iris: int


_RIGHT_EYE = EyeIndices(33, 133, (160, 158), (144, 153), 159, 145, 468)
_LEFT_EYE = EyeIndices(362, 263, (385, 387), (380, 373), 386, 374, 473)

# Points on bone, which neither speech nor a smile moves much: forehead, bridge and tip of the nose,
# temples, cheekbones, and in front of the ears.
_BONE = (10, 151, 168, 6, 197, 195, 4, 54, 284, 127, 356, 234, 454, 117, 346, 123, 352)
_CHIN = 152


def _indices_of(eye: EyeIndices) -> tuple[int, ...]:
    middles = (eye.upper_middle, eye.lower_middle)
    return (eye.first, eye.last, *eye.upper, *eye.lower, *middles, eye.iris)


LANDMARK_INDICES: tuple[int, ...] = (
    *_indices_of(_RIGHT_EYE),
    *_indices_of(_LEFT_EYE),
    *_BONE,
    _CHIN,
)


def positions(mesh_indices: tuple[int, ...]) -> list[int]:
    """Where these mesh indices stand in `LANDMARK_INDICES`."""
    return [LANDMARK_INDICES.index(index) for index in mesh_indices]


class Eyes(NamedTuple):
    """The points of both eyes, each array (..., 2, 3): the learner's left eye, then the right.

    upper and lower are (..., 2, 2, 3): two points on each lid.
    """

    first: Floats
    last: Floats
    upper: Floats
    lower: Floats
    upper_middle: Floats
    lower_middle: Floats
    iris: Floats


_EYE_POSITIONS = tuple(
    np.array([positions(i if isinstance(i, tuple) else (i,)) for i in pair]).squeeze()
    for pair in zip(_LEFT_EYE, _RIGHT_EYE, strict=True)
)


def eyes_of(points: Floats) -> Eyes:
    """points: (..., 36, 3)."""
    return Eyes(*(points[..., at, :] for at in _EYE_POSITIONS))


def select(mesh: Points) -> Points:
    """The needed points, (..., 36, 3), of a whole mesh (..., 478, 3)."""
    return mesh[..., LANDMARK_INDICES, :]


def in_pixels(points: Points, width: ArrayLike, height: ArrayLike) -> Floats:
    """The aspect ratio undone: x to the right, y up, z towards the camera, all in pixels.

    width and height are numbers, or arrays of the batch's shape.
    """
    wide, high = np.asarray(width, float), np.asarray(height, float)
    scale = np.stack(np.broadcast_arrays(wide, -high, -wide), axis=-1)
    pixels: Floats = np.asarray(points, float) * scale[..., None, :]
    return pixels
