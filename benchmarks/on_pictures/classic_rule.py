"""The rule most webcam attention trackers use, to compare ours with.

Focused means all of: in both eyes the iris lies from 0.3 to 0.7 of the way between the corners, and
likewise between the lids; the nose lies in the middle of the face; the eyes are level. Nothing is
learned of the sitting, and nothing measures pitch.
"""

from __future__ import annotations

import numpy as np

from eyelearn.vision.face_mesh import Mesh
from eyelearn.vision.landmarks import Floats

# Where the iris of someone who looks ahead may lie, as a share of the way across the eye.
IRIS_MIN, IRIS_MAX = 0.3, 0.7
# How far the nose may lie from the middle of the face, as a share of the face's width.
NOSE_SYMMETRY_LIMIT = 0.15
# How far the line between the eyes may tilt. Between 10 and 15 degrees this decides no picture of
# the development set.
EYES_ALIGNED_LIMIT_DEGREES = 10.0

# Indices of MediaPipe's face mesh, the learner's right eye before their left.
_FIRST_CORNERS, _LAST_CORNERS = (33, 362), (133, 263)
_UPPER_LIDS, _LOWER_LIDS = (159, 386), (145, 374)
_IRISES = (468, 473)
_OUTER_CORNERS = (33, 263)
_NOSE_TIP = 1
_FACE_SIDES = (234, 454)


def is_focused(mesh: Mesh, width: int, height: int) -> bool:
    """mesh: (478, 3) as MediaPipe normalises it, of a picture of width × height pixels."""
    points = mesh[:, :2] * np.array([width, height], np.float64)
    # A closed eye has no height to divide by: its ratio is no number, and not in range.
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.concatenate([iris_horizontal(points), iris_vertical(points)])
    return bool(
        ((ratios >= IRIS_MIN) & (ratios <= IRIS_MAX)).all()
        and nose_symmetry(points) < NOSE_SYMMETRY_LIMIT
        and abs(eyes_tilt(points)) < EYES_ALIGNED_LIMIT_DEGREES
    )


def iris_horizontal(points: Floats) -> Floats:
    """(2,): 0 where the iris is at the eye's corner on the learner's right, 1 at the other.

    (iris - first) · (last - first) / |last - first|². points: (478, 2) in pixels.
    """
    first = points[_FIRST_CORNERS, :]
    across = points[_LAST_CORNERS, :] - first
    from_first = points[_IRISES, :] - first
    share: Floats = (from_first * across).sum(axis=-1) / (across * across).sum(axis=-1)
    return share


def iris_vertical(points: Floats) -> Floats:
    """(2,): 0 where the iris is at the upper lid, 1 at the lower.

    (iris - upper) · down / (lower - upper) · down, where `down` is at right angles to the line
    between the eye's corners. The upper lid moves this with every blink. points: (478, 2), pixels.
    """
    across = points[_LAST_CORNERS, :] - points[_FIRST_CORNERS, :]
    down = np.stack([-across[:, 1], across[:, 0]], axis=-1)
    upper, lower, iris = (
        (points[indices, :] * down).sum(axis=-1) for indices in (_UPPER_LIDS, _LOWER_LIDS, _IRISES)
    )
    share: Floats = (iris - upper) / (lower - upper)
    return share


def nose_symmetry(points: Floats) -> float:
    """|nose - middle of the face's sides| / |left side - right side|, all in x.

    0 where the nose is in the middle. points: (478, 2) in pixels.
    """
    right, left = points[_FACE_SIDES, 0]
    return float(abs(points[_NOSE_TIP, 0] - (left + right) / 2) / abs(left - right))


def eyes_tilt(points: Floats) -> float:
    """Degrees by which the line between the outer corners of the eyes is not level.

    points: (478, 2) in pixels.
    """
    right, left = points[_OUTER_CORNERS, :]
    across, down = left - right
    return float(np.degrees(np.arctan2(down, across)))
