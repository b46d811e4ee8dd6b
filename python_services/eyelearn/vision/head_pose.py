"""Which way the head points, from where its bones are seen.

The points are fitted to MediaPipe's canonical face by the rotation that leaves the smallest squares
(Kabsch 1976, "A solution for the best rotation to relate two sets of vectors"; scale and
position drop out). The mesh has its own depth, so this needs no guess of the camera's focal length.
"""

from __future__ import annotations

import numpy as np

from .landmarks import STABLE_POINTS, Floats, positions

# Vertices of MediaPipe's canonical face model, in centimetres, by mesh index: x to the face's left,
# y up, z out of the face. From mediapipe/modules/face_geometry/data/canonical_face_model.obj in
# MediaPipe's sources (Apache-2.0), where the mesh index is the vertex's number, from 0.
_CANONICAL_MIDLINE = {
    168: (0.0, 3.271027, 5.236015),
    6: (0.0, 2.473255, 5.788627),
    197: (0.0, 1.728369, 6.316750),
    195: (0.0, 1.059413, 6.774605),
    5: (0.0, 0.365669, 7.242870),
    4: (0.0, -0.463170, 7.586580),
    1: (0.0, -1.126865, 7.475604),
    10: (0.0, 8.261778, 4.481535),
    152: (0.0, -9.403378, 4.264492),
}
# The model is symmetrical: (index on the right, on the left) and the vertex on the left.
_CANONICAL_PAIRS = {
    (193, 417): (0.766444, 3.182131, 4.861453),
    (121, 350): (1.820731, 1.467954, 4.224124),
    (117, 346): (5.258659, 0.945811, 2.974312),
    (116, 345): (6.465170, 0.937119, 1.689873),
    (123, 352): (6.338145, -0.529279, 1.881175),
    (147, 376): (6.234883, -1.944430, 1.663542),
    (33, 263): (4.445859, 2.663991, 3.173422),
    (133, 362): (1.856432, 2.585245, 3.757904),
}
CANONICAL_FACE: dict[int, tuple[float, float, float]] = {
    **_CANONICAL_MIDLINE,
    **{right: (-x, y, z) for (right, _), (x, y, z) in _CANONICAL_PAIRS.items()},
    **{left: vertex for (_, left), vertex in _CANONICAL_PAIRS.items()},
}
# How deep the mesh that MediaPipe finds is, as a share of the canonical face's depth. The residual
# of the fit over 646 posed pictures is smallest between 1 / 1.05 and 1 / 1.1.
MESH_DEPTH = 1 / 1.1

_POSITIONS = positions(STABLE_POINTS)
_VERTICES = np.array([CANONICAL_FACE[index] for index in STABLE_POINTS]) * (1, 1, MESH_DEPTH)
# Which way the skin faces at each vertex: away from the middle of the head.
_MIDDLE_OF_HEAD = np.array((0.0, 1.0, -4.0))
_OUTWARDS = np.array([CANONICAL_FACE[index] for index in STABLE_POINTS]) - _MIDDLE_OF_HEAD
_OUTWARDS /= np.linalg.norm(_OUTWARDS, axis=1, keepdims=True)
# A point whose skin faces the camera by less than the first cosine is hidden and its place guessed;
# from the second on it is seen. Hidden ones keep a little weight, so that the fit stays unique.
_HIDDEN_COSINE, _SEEN_COSINE = 0.2, 0.4
_HIDDEN_WEIGHT = 0.02


def head_rotation(points: Floats) -> Floats:
    """(..., 3, 3): turns directions of the face into directions before the camera.

    points: (..., 35, 3) in pixels, as `in_pixels` gives them. Columns are the face's own axes: to
    its left, up, and forwards. NaN where a point is not finite. A first fit to all points tells
    which are hidden by the head itself; the second leaves them out.
    """
    stable = points[..., _POSITIONS, :]
    known = np.isfinite(stable).all(axis=(-2, -1))[..., None, None]
    stable = np.where(known, stable, _VERTICES)
    first = _rotation(_ALL_ALIKE @ stable)
    facing = first[..., 2, :] @ _OUTWARDS.T
    seen = (facing - _HIDDEN_COSINE) / (_SEEN_COSINE - _HIDDEN_COSINE)
    second = _rotation(_weighed(np.clip(seen, _HIDDEN_WEIGHT, 1.0)) @ stable)
    return np.where(known, second, np.nan)


def _weighed(weights: Floats) -> Floats:
    """(..., 3, n): the vertices by weights (..., n); times points it is their covariance."""
    shares = weights[..., None] / weights.sum(axis=-1)[..., None, None]
    # Centred, so that the points need not be: their mean drops out of the sum.
    centred = _VERTICES - (shares * _VERTICES).sum(axis=-2, keepdims=True)
    return np.swapaxes(centred * shares, -1, -2)


_ALL_ALIKE = _weighed(np.ones(len(STABLE_POINTS)))


def _rotation(covariance: Floats) -> Floats:
    """(..., 3, 3): the rotation that turns the vertices into the points with this covariance."""
    u, _, vt = np.linalg.svd(covariance)
    # A mirrored fit is no rotation: the least certain axis is turned over.
    u[..., :, 2] *= np.sign(np.linalg.det(u @ vt))[..., None]
    rotation: Floats = np.swapaxes(u @ vt, -1, -2)
    return rotation


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
