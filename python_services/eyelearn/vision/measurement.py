"""Landmarks become faces: everything that is measured of a face, for many faces in one pass.

What joins many points is measured of all faces at once, as arrays. What is left are some numbers of
each face: plain floats, since an array of one takes ten times as long as a float.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .eyes import eye, eye_vectors
from .gaze import eye_gaze
from .head_pose import Rows, head_angles, head_rotation
from .landmarks import Floats, Points, in_pixels
from .observation import Face

# Landmarks so many pictures away are no face's.
_FARTHEST = 1e6
# Of a picture's width or height; no place in the picture is farther from there.
_MIDDLE = 0.5


def face(points: Points, width: float, height: float, brightness: float | None) -> Face | None:
    """The face of one sample: points (35, 3), of a picture of width × height pixels."""
    return faces(points[None], width, height, [brightness])[0]


def faces(
    points: Points,
    width: ArrayLike,
    height: ArrayLike,
    brightness: list[float | None] | None = None,
) -> list[Face | None]:
    """One face for each of n samples, None where there is none or the points are no face.

    points: (n, 35, 3), as `landmarks` describes them, NaN where no face was found. width, height:
    of the pictures, numbers or (n,). brightness: n values, or None where there were no pictures.
    """
    near = (np.abs(points) < _FARTHEST).all(axis=(1, 2))
    if not near.all():
        points = np.where(near[:, None, None], points, 0.0)  # all in one place, which is no face
    pixels = in_pixels(points, width, height)
    y = points[..., 1]
    measured = (
        head_rotation(pixels),
        eye_vectors(pixels),
        y.max(axis=-1) - y.min(axis=-1),
        _share_inside(points),
    )
    lights = brightness if brightness is not None else [None] * len(points)
    samples = zip(*(values.tolist() for values in measured), lights, strict=True)
    return [_face(*sample) for sample in samples]


def _share_inside(points: Points) -> Floats:
    inside = (np.abs(points[..., :2] - _MIDDLE) <= _MIDDLE).all(axis=-1)
    share: Floats = inside.sum(axis=-1) / inside.shape[-1]
    return share


def _face(
    rotation: Rows, eyes: Rows, size: float, visible: float, brightness: float | None
) -> Face | None:
    left, right = eye(eyes[0]), eye(eyes[1])
    if left is None or right is None:
        return None
    yaw, pitch, roll = head_angles(rotation)
    gaze = eye_gaze(left, right, rotation)
    return Face(
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        eye_yaw=gaze.yaw,
        eye_pitch=gaze.pitch,
        eye_certainty=gaze.certainty,
        openness=(left.openness, right.openness),
        size=size,
        visible=visible,
        brightness=brightness,
    )
