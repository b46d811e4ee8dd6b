"""A face as the emotion model was taught to see it: upright, filling a small grey square."""

from __future__ import annotations

import math

import cv2
import numpy as np

from .face_mesh import FaceModels, Found
from .frames import Picture
from .region import Mesh, Region, crop

# The side of the square that the model takes, in pixels.
SIDE = 96
# The resolution of the pictures it was taught with, FER2013's: what is finer it has never seen.
_TAUGHT_SIDE = 48
# How many times that a face is sampled at most before it is averaged: more takes longer, and even
# of a face of 400 pixels every other one is seen.
_MOST_SAMPLES = 4
# How much larger than its mesh, from hairline to chin, the face's square is: so FER2013 frames its
# faces (mesh 0.92 of the side, median of 300 pictures).
_MARGIN = 1.1
# Where a face may be that fills the picture, which the detector takes for none: FER2013's faces do.
_WHOLE_PICTURE = Region(0.5, 0.5, 1.25, 0.0)
# The outer corners of the eyes: between them roll is measured, as in region.py.
_ROLL_FROM, _ROLL_TO = 33, 263


def largest_face(faces: FaceModels, rgb: Picture) -> Found | None:
    """The largest face, also one that fills the picture; None where there is none."""
    regions = faces.regions(rgb)
    found = faces.mesh(rgb, max(regions, key=lambda region: region.side)) if regions else None
    return found or faces.mesh(rgb, _WHOLE_PICTURE)


def aligned(rgb: Picture, mesh: Mesh) -> Picture:
    """The face of this mesh, upright, (96, 96, 3), grey: a similarity transform, no stretching.

    mesh: (n, 3) as `Found` has it. What lies outside the picture repeats its border.
    """
    region = _upright_square(mesh, rgb.shape)
    samples = min(_MOST_SAMPLES, round(region.side * rgb.shape[1] / _TAUGHT_SIDE))
    if samples * _TAUGHT_SIDE <= SIDE:
        return grey(crop(rgb, region, SIDE))
    return whole(crop(rgb, region, samples * _TAUGHT_SIDE))


def whole(rgb: Picture) -> Picture:
    """The whole picture, (96, 96, 3), grey."""
    if max(rgb.shape[:2]) > SIDE:
        rgb = _resized(rgb, _TAUGHT_SIDE, cv2.INTER_AREA)
    return grey(_resized(rgb, SIDE, cv2.INTER_LINEAR))


def grey(rgb: Picture) -> Picture:
    """Its brightness three times over: colour would tell the model what it was never taught."""
    brightness = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    return cv2.cvtColor(brightness, cv2.COLOR_GRAY2RGB).astype(np.uint8, copy=False)


def _resized(rgb: Picture, side: int, interpolation: int) -> Picture:
    resized = cv2.resize(rgb, (side, side), interpolation=interpolation)
    return resized.astype(np.uint8, copy=False)


def _upright_square(mesh: Mesh, shape: tuple[int, ...]) -> Region:
    """Around the mesh as it stands once the eyes are level; shape: (height, width, ...)."""
    height, width = shape[:2]
    points = mesh[:, :2] * np.array([width, height], np.float32)
    x, y = (points[_ROLL_TO] - points[_ROLL_FROM]).tolist()
    rotation = math.atan2(y, x)
    across, down = math.cos(rotation), math.sin(rotation)
    to_upright = np.array([[across, -down], [down, across]])
    upright = points @ to_upright
    low, high = upright.min(axis=0), upright.max(axis=0)
    middle = to_upright @ ((low + high) / 2)
    side = _MARGIN * float((high - low).max())
    return Region(float(middle[0] / width), float(middle[1] / height), side / width, rotation)
