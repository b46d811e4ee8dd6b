"""Landmarks become faces: everything that is measured of a face, for many faces in one pass."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .eyes import openness
from .gaze import eye_gaze
from .head_pose import head_angles, head_rotation
from .landmarks import LANDMARK_INDICES, Floats, Points, eyes_of, in_pixels
from .observation import Face


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
    with np.errstate(all="ignore"):  # what is no face ends as NaN, and is told by that
        measured = _measure(points, width, height)
    known = np.isfinite(measured).all(axis=-1).tolist()
    lights = brightness if brightness is not None else [None] * len(known)
    return [
        _face(row, light) if is_face else None
        for row, is_face, light in zip(measured.tolist(), known, lights, strict=True)
    ]


def _measure(points: Points, width: ArrayLike, height: ArrayLike) -> Floats:
    """(n, 10): the numbers of `_face`, in its order."""
    pixels = in_pixels(points, width, height)
    rotation = head_rotation(pixels)
    eyes = eyes_of(pixels)
    opened = openness(eyes)
    columns = (
        *head_angles(rotation),
        *eye_gaze(eyes, opened, rotation),
        *np.moveaxis(opened, -1, 0),
        np.ptp(points[..., 1], axis=-1),
        _share_inside(points),
    )
    return np.stack(columns, axis=-1)


def _share_inside(points: Points) -> Floats:
    inside = ((points[..., :2] >= 0) & (points[..., :2] <= 1)).all(axis=-1)
    share: Floats = inside.sum(axis=-1) / len(LANDMARK_INDICES)
    return share


def _face(row: list[float], brightness: float | None) -> Face:
    yaw, pitch, roll, eye_yaw, eye_pitch, eye_certainty, left, right, size, visible = row
    return Face(
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        eye_yaw=eye_yaw,
        eye_pitch=eye_pitch,
        eye_certainty=eye_certainty,
        openness=(left, right),
        size=size,
        visible=visible,
        brightness=brightness,
    )
