"""Which way the head points, from where its bones are seen.

The points are fitted to MediaPipe's canonical face by the rotation that leaves the smallest squares
(Kabsch 1976, "A solution for the best rotation to relate two sets of vectors"; scale and
position drop out). The mesh has its own depth, so this needs no guess of the camera's focal length.
"""

from __future__ import annotations

import numpy as np

from .landmarks import Floats, positions

# Vertices of MediaPipe's canonical face model, in centimetres, by mesh index: x to the face's left,
# y up, z out of the face. From mediapipe/modules/face_geometry/data/canonical_face_model.obj in
# MediaPipe's sources (Apache-2.0), where the mesh index is the vertex's number, from 0.
_CANONICAL_MIDLINE = {
    10: (0.0, 8.261778, 4.481535),
    151: (0.0, 6.545390, 5.027311),
    168: (0.0, 3.271027, 5.236015),
    6: (0.0, 2.473255, 5.788627),
    197: (0.0, 1.728369, 6.316750),
    195: (0.0, 1.059413, 6.774605),
    4: (0.0, -0.463170, 7.586580),
}
# The model is symmetrical: (index on the right, on the left) and the vertex on the left.
_CANONICAL_PAIRS = {
    (33, 263): (4.445859, 2.663991, 3.173422),
    (133, 362): (1.856432, 2.585245, 3.757904),
    (54, 284): (6.279331, 6.615427, 1.425850),
    (127, 356): (7.743095, 2.364999, -2.005167),
    (234, 454): (7.664182, 0.673132, -2.435867),
    (117, 346): (5.258659, 0.945811, 2.974312),
    (123, 352): (6.338145, -0.529279, 1.881175),
}
CANONICAL_FACE: dict[int, tuple[float, float, float]] = {
    **_CANONICAL_MIDLINE,
    **{right: (-x, y, z) for (right, _), (x, y, z) in _CANONICAL_PAIRS.items()},
    **{left: vertex for (_, left), vertex in _CANONICAL_PAIRS.items()},
}

_POSITIONS = positions(tuple(CANONICAL_FACE))
_VERTICES = np.array(list(CANONICAL_FACE.values()))
# Centred, so that the points need not be: their mean drops out of the sum.
_CENTRED = _VERTICES - _VERTICES.mean(axis=0)


def head_rotation(points: Floats) -> Floats:
    """(..., 3, 3): turns directions of the face into directions before the camera.

    points: (..., 36, 3) in pixels, as `in_pixels` gives them. Columns are the face's own axes: to
    its left, up, and forwards. NaN where a point is not finite.
    """
    covariance = _CENTRED.T @ points[..., _POSITIONS, :]
    known = np.isfinite(covariance).all(axis=(-2, -1))[..., None, None]
    u, _, vt = np.linalg.svd(np.where(known, covariance, np.eye(3)))
    # A mirrored fit is no rotation: the least certain axis is turned over.
    u[..., :, 2] *= np.sign(np.linalg.det(u @ vt))[..., None]
    return np.where(known, np.swapaxes(u @ vt, -1, -2), np.nan)


def head_angles(rotation: Floats) -> tuple[Floats, Floats, Floats]:
    """Yaw, pitch and roll in degrees, each (...), of rotations (..., 3, 3).

    Signs: yaw + when the learner turns to their own left, pitch + up, roll + when the head tilts to
    their own right shoulder. Roll is about the line of sight, after yaw and pitch.
    """
    forwards, leftwards = rotation[..., :, 2], rotation[..., :, 0]
    yaw = np.arctan2(forwards[..., 0], forwards[..., 2])
    pitch = np.arcsin(np.clip(forwards[..., 1], -1.0, 1.0))
    cos, sin = np.cos(yaw), np.sin(yaw)
    # What `leftwards` would be without roll is (cos, 0, -sin); `up` is at right angles to it.
    level = leftwards[..., 0] * cos - leftwards[..., 2] * sin
    up = leftwards[..., 1] / np.maximum(np.cos(pitch), np.finfo(float).tiny)
    roll = np.arctan2(up, level)
    return np.degrees(yaw), np.degrees(pitch), np.degrees(roll)
