"""A hand in numbers: bones as long as people's, bent at their joints, turned, and in a picture.

It is a right hand whose palm faces the camera, its fingers up, before it is turned.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eyelearn.vision.hand import Hand

Points = NDArray[np.float64]

# Of index, middle, ring and little finger: from the wrist to the knuckle, and the three bones from
# there, in lengths of the hand (Buchholz et al., Anthropometric data for describing the kinematics
# of the human hand, Ergonomics 35, 1992), and how far the knuckle fans out, in degrees.
_FINGERS = (
    ((0.463, 0.245, 0.143, 0.097), 14.0),
    ((0.446, 0.266, 0.170, 0.108), 2.0),
    ((0.421, 0.244, 0.165, 0.107), -10.0),
    ((0.414, 0.204, 0.117, 0.093), -22.0),
)
# The same of the thumb: from the wrist to its root, and its three bones.
_THUMB = (0.118, 0.251, 0.196, 0.158)

# Degrees by which knuckle, middle and last joint are bent.
STRAIGHT = (5.0, 8.0, 5.0)
FOLDED = (80.0, 100.0, 65.0)
HALF = (35.0, 40.0, 20.0)
# Of each of the thumb's bones: degrees from the fingers' direction towards the thumb's side, and
# from there towards the palm's.
Thumb = Sequence[tuple[float, float]]
OFF: Thumb = ((45, 15), (45, 15), (40, 10))
SIDEWAYS: Thumb = ((60, 15), (75, 5), (80, 0))
ALONGSIDE: Thumb = ((25, 35), (5, 15), (-10, 10))
ACROSS: Thumb = ((30, 50), (-45, 45), (-95, 20))


class Shape(NamedTuple):
    """How index, middle, ring and little finger are bent, and where the thumb is."""

    index: tuple[float, float, float]
    middle: tuple[float, float, float]
    ring: tuple[float, float, float]
    pinky: tuple[float, float, float]
    thumb: Thumb


class Turn(NamedTuple):
    """Degrees: first yaw (about the fingers' direction), then pitch (the fingers come towards the
    camera), then roll (clockwise as one looks at the picture)."""

    roll: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0


FACING = Turn()


def shaped(stretched: str = "", thumb: Thumb = ACROSS, other: tuple[float, float, float] = FOLDED):
    """With these fingers straight: of "i", "m", "r" and "p"; the others as told."""
    return Shape(*(STRAIGHT if finger in stretched else other for finger in "imrp"), thumb)


def bones(shape: Shape) -> Points:
    """(21, 3) in lengths of the hand, from its wrist; y grows downwards, z away from the camera."""
    points = [np.zeros(3), *_chain(np.zeros(3), _THUMB, [(60.0, 20.0), *shape.thumb])]
    for (lengths, fan), joints in zip(_FINGERS, shape[:4], strict=True):
        bent = np.cumsum((0.0, *joints)).tolist()
        points += _chain(np.zeros(3), lengths, [(fan, bend) for bend in bent])
    return np.array(points)


def turned(points: Points, turn: Turn) -> Points:
    roll, yaw, pitch = (math.radians(angle) for angle in turn)
    about_y = [[math.cos(yaw), 0, math.sin(yaw)], [0, 1, 0], [-math.sin(yaw), 0, math.cos(yaw)]]
    about_x = [
        [1, 0, 0],
        [0, math.cos(pitch), -math.sin(pitch)],
        [0, math.sin(pitch), math.cos(pitch)],
    ]
    about_z = [[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]]
    return points @ (np.array(about_z) @ about_x @ about_y).T


def posed(
    shape: Shape,
    turn: Turn = FACING,
    *,
    left: bool = False,
    at: tuple[float, float] = (0.5, 0.5),
    length: float = 180.0,
    size: tuple[int, int] = (640, 480),
    depth: float = 1.0,
    jitter: float = 0.0,
    seed: int = 0,
) -> Hand:
    """The hand as the model would give it.

    left: the same as a left hand shows it; at: where the middle of its points is, as shares of the
    picture; length: of the hand, in pixels; depth: how much of the depth is told; jitter: standard
    deviation of each coordinate, in lengths of the hand.
    """
    points = turned(bones(shape), turn)
    if left:
        points[:, 0] *= -1
    points += np.random.default_rng(seed).normal(0, jitter, points.shape)
    points[:, :2] -= (points[:, :2].min(axis=0) + points[:, :2].max(axis=0)) / 2
    width, height = size
    shares = points * (length / width, length / height, depth * length / width)
    shares[:, :2] += at
    return Hand(shares.astype(np.float32), left, 1.0)


def _chain(start: Points, lengths: Sequence[float], directions: Thumb) -> list[Points]:
    ends, end = [], start
    for length, angles in zip(lengths, directions, strict=True):
        side, palm = np.radians(angles)
        along = np.sin(side) * np.cos(palm), -np.cos(side) * np.cos(palm), -np.sin(palm)
        end = end + length * np.array(along)
        ends.append(end)
    return ends
