"""What a hand's landmarks measure, in angles and in lengths of its own palm.

All of it is the same for a hand of any size, for a left and a right one, and in a picture of any
width and height.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .hand import FINGERS, INDEX, MIDDLE, PINKY, THUMB, WRIST, Hand

Vector = NDArray[np.float64]

# How much of MediaPipe's depth is taken. By the model's own metric landmarks it is 1.6 times what
# it should be in an open hand, and 0.6 times in a fist. With 0.6 of it the bends of stretched and
# of folded fingers are the furthest apart, in pictures of hands from all sides.
_DEPTH = 0.6
# Of each finger, a joint between two others.
_MIDDLE_JOINTS = np.array([(knuckle, joint, tip) for knuckle, joint, _, tip in FINGERS])
_KNUCKLES = np.array([(WRIST, knuckle, joint) for knuckle, joint, _, _ in FINGERS])


class Direction(NamedTuple):
    """Of a finger, from its knuckle to its tip.

    tilt: degrees between it and upwards in the picture, 0 to 180; seen: the share of its length
    that the picture shows, 0 where it points towards the camera or away from it, 1 across.
    """

    tilt: float
    seen: float


class HandMeasures(NamedTuple):
    """bends: of index, middle, ring and little finger, degrees between the part up to its middle
    joint and the rest of it, 0 (straight) to 180; knuckle_bends: the same between the line from the
    wrist to its knuckle and the part up to its middle joint. In a fist 130 and 90: the joints bend
    by 90, 100 and 90 (normal ranges of the American Academy of Orthopaedic Surgeons, 1965).

    thumb_reach: how much further from the little finger's knuckle the thumb's tip is than its own
    knuckle: negative where it lies across the palm. In lengths of the palm.
    knuckles_tilt: degrees between upwards in the picture and the line from the little finger's
    knuckle to the index's, 0 to 180: 90 in an upright hand, 0 in one that lies on its outer edge.
    palm: from wrist to the middle finger's knuckle, in pixels, foreshortened as it is.
    """

    bends: tuple[float, ...]
    knuckle_bends: tuple[float, ...]
    thumb_reach: float
    thumb: Direction
    index_finger: Direction
    knuckles_tilt: float
    palm: float


def measure(hand: Hand, width: int, height: int) -> HandMeasures:
    """width and height of the picture in pixels."""
    points = hand.points.astype(np.float64) * (width, height, width * _DEPTH)
    palm = _length(points[MIDDLE[0]] - points[WRIST])
    little = points[PINKY[0]]
    reach = _length(points[THUMB[3]] - little) - _length(points[THUMB[1]] - little)
    return HandMeasures(
        bends=_bends(points[_MIDDLE_JOINTS]),
        knuckle_bends=_bends(points[_KNUCKLES]),
        thumb_reach=reach / palm if palm else 0.0,
        thumb=_direction(points[THUMB[3]] - points[THUMB[1]]),
        index_finger=_direction(points[INDEX[3]] - points[INDEX[0]]),
        knuckles_tilt=_direction(points[INDEX[0]] - little).tilt,
        palm=_length((points[MIDDLE[0]] - points[WRIST])[:2]),
    )


def _bends(joints: Vector) -> tuple[float, ...]:
    """joints: (n, 3 points, 3), of which the middle ones are bent."""
    first, rest = joints[:, 1] - joints[:, 0], joints[:, 2] - joints[:, 1]
    across = np.linalg.norm(np.cross(first, rest), axis=1)
    return tuple(np.degrees(np.arctan2(across, (first * rest).sum(axis=1))).tolist())


def _direction(finger: Vector) -> Direction:
    x, y, _ = finger.tolist()
    whole = _length(finger)
    tilt = math.degrees(math.atan2(abs(x), -y))
    return Direction(tilt, math.hypot(x, y) / whole if whole else 0.0)


def _length(vector: Vector) -> float:
    return math.hypot(*vector.tolist())
