"""The landmarks of a face that is posed: its head turned, its eyes turned, its lids let down."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eyelearn.vision.head_pose import CANONICAL_FACE
from eyelearn.vision.landmarks import LANDMARK_INDICES, Floats

WIDTH, HEIGHT = 640, 480
# A face 210 pixels high, as in the clip of `real_clip.py` at 640 × 480: about 60 cm from a webcam.
PIXELS_PER_CM = 12.0

# Mesh indices by eye: the corners to the learner's right and left, pairs of points on the upper
# and the lower lid that face each other, and the middle of the iris.
_RIGHT_EYE = (33, 133, (160, 158), (144, 153), 468)
_LEFT_EYE = (362, 263, (385, 387), (380, 373), 473)
# Where the pairs stand between the corners, from the learner's right to their left, in shares of
# the eye's width, and how far before them, in centimetres: from the canonical face's vertices.
_RIGHT_PLACES, _LEFT_PLACES = (0.30, 0.665), (0.335, 0.70)
_LID_FORWARDS = 0.26
# The lower lid rises a little when the upper one comes down: in shares of the eye's width below the
# line of the corners, at openness 0 and per openness. From the clip's blinks.
_LOWER_LID_CLOSED, _LOWER_LID_PER_OPENNESS = 0.046, 0.24

# The middle of the iris lies 10.5 mm before the middle of an eyeball of 24 mm (Bekerman, Gottlieb
# and Vaiman 2014, "Variations in eyeball diameters of the healthy adults").
EYEBALL_CM = 1.05
# An eye that looks straight ahead has its iris this far above the line of its corners and before
# it, in centimetres: the cornea stands out about 3 mm before the lids' edge.
_IRIS_UPWARDS, _IRIS_FORWARDS = 0.16, 0.35


class Pose(NamedTuple):
    """How a face is held: numbers, or arrays (n,) for n samples. Degrees, signs of `PROTOCOLS.md`.

    eye_yaw, eye_pitch: the eyes relative to the head. openness: eye aspect ratio of both eyes.
    shift: pixels to the right in the picture.
    """

    yaw: ArrayLike = 0.0
    pitch: ArrayLike = 0.0
    roll: ArrayLike = 0.0
    eye_yaw: ArrayLike = 0.0
    eye_pitch: ArrayLike = 0.0
    openness: ArrayLike = 0.3
    shift: ArrayLike = 0.0


def landmarks(pose: Pose) -> NDArray[np.float32]:
    """(len(LANDMARK_INDICES), 3), or (n, ..., 3) of a pose of arrays: normalised as MediaPipe does.

    The picture is `WIDTH` × `HEIGHT` and the face in its middle, seen without perspective.
    """
    return normalised(pixels(pose))


def pixels(pose: Pose) -> Floats:
    """As `landmarks`, but x to the right, y down, and z away from the camera, all in pixels."""
    yaw, pitch, roll, eye_yaw, eye_pitch, openness, shift = np.broadcast_arrays(
        *(np.asarray(value, float) for value in pose)
    )
    vertices = _vertices(eye_yaw, eye_pitch, openness)
    turned = vertices @ np.swapaxes(rotation(yaw, pitch, roll), -1, -2) * PIXELS_PER_CM
    placed: Floats = turned * (1, -1, -1) + (WIDTH / 2, HEIGHT / 2, 0)
    placed[..., 0] += shift[..., None]
    return placed


def normalised(points: Floats) -> NDArray[np.float32]:
    """Pixels as shares of the picture's width and height, z in the scale of x."""
    return (points / (WIDTH, HEIGHT, WIDTH)).astype(np.float32)


def rotation(yaw: ArrayLike, pitch: ArrayLike, roll: ArrayLike) -> Floats:
    """(..., 3, 3): turns by degrees with the protocol's signs; x right, y up, z towards us.

    Written out from the words: a learner faces us, so their left is our right, and their right
    shoulder is on our left, where the top of a tilted head goes.
    """
    a, b, c = (np.radians(angle) for angle in np.broadcast_arrays(yaw, pitch, roll))
    none, one = np.zeros_like(a), np.ones_like(a)
    left = _matrix((np.cos(a), none, np.sin(a)), (none, one, none), (-np.sin(a), none, np.cos(a)))
    up = _matrix((one, none, none), (none, np.cos(b), np.sin(b)), (none, -np.sin(b), np.cos(b)))
    tilt = _matrix((np.cos(c), -np.sin(c), none), (np.sin(c), np.cos(c), none), (none, none, one))
    turned: Floats = left @ up @ tilt
    return turned


def _matrix(*rows: tuple[Floats, Floats, Floats]) -> Floats:
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _vertices(eye_yaw: Floats, eye_pitch: Floats, openness: Floats) -> Floats:
    """(..., indices, 3): the face before it is turned, in centimetres.

    Raises KeyError for a landmark whose place is not known here.
    """
    shape = eye_yaw.shape
    points = {index: np.broadcast_to(vertex, (*shape, 3)) for index, vertex in _BONES.items()}
    gaze = rotation(eye_yaw, eye_pitch, 0.0)[..., :, 2]
    for eye, places in ((_RIGHT_EYE, _RIGHT_PLACES), (_LEFT_EYE, _LEFT_PLACES)):
        points |= _eye(eye, places, gaze, openness)
    return np.stack([points[index] for index in LANDMARK_INDICES], axis=-2)


_BONES = {index: np.array(vertex) for index, vertex in CANONICAL_FACE.items()}


def _eye(
    eye: tuple[int, int, tuple[int, int], tuple[int, int], int],
    places: tuple[float, float],
    gaze: Floats,
    openness: Floats,
) -> dict[int, Floats]:
    """Lids and iris of one eye by mesh index; gaze: (..., 3), unit vectors in the head's axes."""
    right, left, upper, lower, iris = eye
    first, last = _BONES[right], _BONES[left]
    width = float(np.linalg.norm(last - first))
    up = np.array((0.0, 1.0, 0.0))
    below = (_LOWER_LID_CLOSED + _LOWER_LID_PER_OPENNESS * openness)[..., None] * width * up
    points: dict[int, Floats] = {}
    for place, over, under in zip(places, upper, lower, strict=True):
        points[under] = first + place * (last - first) + (0, 0, _LID_FORWARDS) - below
        points[over] = points[under] + openness[..., None] * width * up
    middle = (first + last) / 2 + (0, _IRIS_UPWARDS, _IRIS_FORWARDS - EYEBALL_CM)
    points[iris] = middle + EYEBALL_CM * gaze
    return points
