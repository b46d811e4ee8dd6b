"""How far the eyes are open, and where between their corners the irises are."""

from __future__ import annotations

from math import hypot
from typing import NamedTuple

import numpy as np

from .landmarks import LANDMARK_INDICES, Floats, eyes_of

# An eye whose corners are nearer to each other, in pixels, is none.
_NARROWEST = 1e-3


class Eye(NamedTuple):
    """One eye.

    seen_width: from corner to corner in the picture, in pixels.
    openness: the eye aspect ratio of Soukupová and Čech (2016), "Real-time eye blink detection
        using facial landmarks", equation 1: the mean distance between the lids over the eye's
        width. Measured in all three dimensions, so that an eye does not seem to open when the head
        turns and its width is foreshortened.
    iris_x, iris_y: how far to their left and up, as seen, the iris is from the middle between the
        corners, in shares of the eye's width. Depth stays out: that of its landmark is a guess.
    """

    seen_width: float
    openness: float
    iris_x: float
    iris_y: float


def _from_points() -> Floats:
    """(8, 35): the vectors of `eye_vectors`, as sums of the points."""
    eyes = eyes_of(np.eye(len(LANDMARK_INDICES)))
    lids = eyes.upper - eyes.lower
    to_iris = eyes.iris - (eyes.first + eyes.last) / 2
    vectors = np.stack([eyes.last - eyes.first, lids[:, 0], lids[:, 1], to_iris], axis=1)
    rows: Floats = vectors.reshape(8, len(LANDMARK_INDICES))
    return rows


_FROM_POINTS = _from_points()


def eye_vectors(points: Floats) -> Floats:
    """(..., 2, 12): what `eye` measures, of the learner's left eye and of the right.

    points: (..., 35, 3) in pixels, as `in_pixels` gives them. Of each eye x, y and z from its first
    corner to its last, twice from the lower lid to the upper, and from its middle to the iris.
    """
    vectors: Floats = (_FROM_POINTS @ points).reshape(*points.shape[:-2], 2, 12)
    return vectors


def eye(vectors: list[float]) -> Eye | None:
    """One of `eye_vectors`, measured; None where it is no eye."""
    x, y, z, inner_x, inner_y, inner_z, outer_x, outer_y, outer_z, iris_x, iris_y, _ = vectors
    width = hypot(x, y, z)
    if width < _NARROWEST:
        return None
    between_lids = (hypot(inner_x, inner_y, inner_z) + hypot(outer_x, outer_y, outer_z)) / 2
    return Eye(hypot(x, y), between_lids / width, iris_x / width, iris_y / width)
