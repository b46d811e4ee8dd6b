"""The landmarks that the geometry needs: 35 of the mesh's 478 points, in one fixed order.

Browser-made landmarks bring only these, server-made ones are reduced to these by `select`, and from
there on both are an array (..., 35, 3), normalised as MediaPipe does: x and y as shares of the
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
    iris: int


_RIGHT_EYE = EyeIndices(33, 133, (160, 158), (144, 153), 468)
_LEFT_EYE = EyeIndices(362, 263, (385, 387), (380, 373), 473)

# Points on bone and gristle, which gaze, speech and a smile move least: the ridge of the nose from
# between the eyes to below its tip, beside its root, and the cheekbones to the front of the ears.
STABLE_POINTS = (
    *(168, 6, 197, 195, 5, 4, 1),
    *(193, 417, 121, 350, 117, 346, 116, 345, 123, 352, 147, 376),
)
_HAIRLINE, _CHIN = 10, 152


def _indices_of(eye: EyeIndices) -> tuple[int, ...]:
    return (eye.first, eye.last, *eye.upper, *eye.lower, eye.iris)


LANDMARK_INDICES: tuple[int, ...] = (
    *_indices_of(_RIGHT_EYE),
    *_indices_of(_LEFT_EYE),
    *STABLE_POINTS,
    _HAIRLINE,
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
    iris: Floats


_EYE_POSITIONS = tuple(
    np.array([positions(i if isinstance(i, tuple) else (i,)) for i in pair]).squeeze()
    for pair in zip(_LEFT_EYE, _RIGHT_EYE, strict=True)
)


def eyes_of(points: Floats) -> Eyes:
    """points: (..., 35, 3)."""
    return Eyes(*(points[..., at, :] for at in _EYE_POSITIONS))


def select(mesh: Points) -> Points:
    """The needed points, (..., 35, 3), of a whole mesh (..., 478, 3)."""
    return mesh[..., LANDMARK_INDICES, :]


# From the picture's axes to ours: x to the right, y up, z towards the camera.
_AXES = np.array((1.0, -1.0, -1.0))


def in_pixels(points: Points, width: ArrayLike, height: ArrayLike) -> Floats:
    """The aspect ratio undone: x to the right, y up, z towards the camera, all in pixels.

    points: (..., 35, 3); width and height are numbers, or both (n,) where points are (n, 35, 3).
    """
    scale = np.array((width, height, width), float).T * _AXES
    pixels: Floats = points * scale[..., None, :]
    return pixels
