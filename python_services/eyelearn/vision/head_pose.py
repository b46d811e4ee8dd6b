"""Which way the head points, from where its bones are seen.

The points are fitted to MediaPipe's canonical face by the rotation that leaves the smallest squares
(Horn 1987, "Closed-form solution of absolute orientation using unit quaternions"; scale and
position drop out). The mesh has its own depth, so this needs no guess of the camera's focal length.
"""

from __future__ import annotations

import math
import sys

import numpy as np

from .landmarks import STABLE_POINTS, Floats, positions

# What `tolist` makes of a (n, m) array.
Rows = list[list[float]]

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

# They stand side by side: a slice copies nothing.
_STABLE = slice(min(positions(STABLE_POINTS)), max(positions(STABLE_POINTS)) + 1)
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

    points: (..., 35, 3) in pixels and finite, as `in_pixels` gives them. Columns are the face's own
    axes: to its left, up, and forwards. A first fit to all points tells which are hidden by the
    head itself; the second leaves them out.
    """
    stable = points[..., _STABLE, :]
    facing = _OUTWARDS @ _rotation(stable)[..., 2, :, None]
    seen = (facing - _HIDDEN_COSINE) / (_SEEN_COSINE - _HIDDEN_COSINE)
    weights = np.minimum(np.maximum(seen, _HIDDEN_WEIGHT), 1.0)
    middle = (weights * stable).sum(axis=-2) / weights.sum(axis=-2)
    return _rotation((stable - middle[..., None, :]) * weights)


def _rotation_of_products() -> Floats:
    """(4, 4, 3, 3): a unit quaternion q is the rotation sum of q[i] * q[j] * this[i, j]."""
    unit = np.eye(3)
    products = np.zeros((4, 4, 3, 3))
    products[0, 0] = unit
    products[0, 1:] = products[1:, 0] = np.cross(unit[:, None], unit).swapaxes(1, 2)
    outer = np.multiply.outer(unit, unit)
    products[1:, 1:] = outer.transpose(0, 2, 1, 3) + outer.transpose(0, 2, 3, 1) - outer
    return products


_PRODUCTS = _rotation_of_products()
# From the points' coordinates to how well each product of a quaternion's numbers would fit them.
# The vertices are centred, so that the points need not be.
_FIT = np.einsum("va,ijba->vbij", _VERTICES - _VERTICES.mean(axis=0), _PRODUCTS).reshape(-1, 16)
_TURN = _PRODUCTS.reshape(16, 9)
# With this much of a fit's norm added to all its eigenvalues, the greatest is the one farthest from
# 0, also where the points are mirrored: that takes 1 / sqrt(12) of it.
_SHIFT = 0.3 * np.eye(4).reshape(16)
# Leaves less than 1e-10 degrees of error on faces; two squarings fewer leave a tenth of a degree.
_SQUARINGS = 8


def _rotation(points: Floats) -> Floats:
    """(..., 3, 3): the rotation that turns the vertices best into the points (..., 19, 3).

    Its quaternion is the eigenvector of the fit's greatest eigenvalue. A high power of the fit is
    that vector's outer product with itself; once a frame, with cold caches, that takes 0.02 ms less
    than an eigenvalue solver. Where two rotations fit about equally well, as
    with points that are mirrored, it is a mixture of both, and no rotation.
    """
    batch = points.shape[:-2]
    fit = points.reshape(*batch, len(_FIT)) @ _FIT
    norm = np.sqrt((fit * fit).sum(axis=-1, keepdims=True))
    fit /= np.maximum(norm, sys.float_info.min)
    fit += _SHIFT
    power = fit.reshape(*batch, 4, 4)
    for _ in range(_SQUARINGS):
        power = power @ power
    power = power / power.trace(axis1=-2, axis2=-1)[..., None, None]
    rotation: Floats = (power.reshape(*batch, 16) @ _TURN).reshape(*batch, 3, 3)
    return rotation


def head_angles(rotation: Rows) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees of one rotation, given by its rows.

    Signs: yaw + when the learner turns to their own left, pitch + up, roll + when the head tilts to
    their own right shoulder. Roll is about the line of sight, after yaw and pitch.
    """
    (_, _, forwards_x), (leftwards_y, upwards_y, forwards_y), (_, _, forwards_z) = rotation
    yaw = math.atan2(forwards_x, forwards_z)
    pitch = math.asin(max(-1.0, min(forwards_y, 1.0)))
    roll = math.atan2(leftwards_y, upwards_y)
    return math.degrees(yaw), math.degrees(pitch), math.degrees(roll)
