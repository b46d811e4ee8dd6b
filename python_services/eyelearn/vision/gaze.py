"""Which way the eyes look, relative to the head, and how far that can be told.

The iris sits on the front of a ball that turns behind the corners of the eye. Where it would be
seen if the eye looked straight ahead of the head is known from the head's rotation; how far off
from there it is seen, over the ball's radius, is the sine of the eye's angle.
"""

from __future__ import annotations

import math
import sys
from typing import NamedTuple

from .eyes import Eye
from .head_pose import Rows

# In shares of the eye's width from corner to corner, 26.6 mm on the canonical face. The iris lies
# about 10.5 mm before the middle of an eyeball of 24 mm (Bekerman, Gottlieb and Vaiman 2014,
# "Variations in eyeball diameters of the healthy adults").
EYEBALL_RADIUS = 0.4
# Where the iris of an eye that looks straight ahead is, from the middle between the corners: before
# it, since the ball bulges out between the lids, and a little above.
IRIS_FORWARDS = 0.13
IRIS_UPWARDS = 0.06
# Landmarks are off by about 0.3 pixels whatever the picture, and an eye strays about 0.06 of its
# width from straight ahead: at this width in pixels an iris' place is half signal and half noise.
HALF_SEEN_WIDTH = 5.0
# Eye aspect ratios at which no iris is seen between the lids, and from which on enough of it is:
# who looks down lets the lids down to 0.13.
HIDDEN_OPENNESS, SEEN_OPENNESS = 0.06, 0.11
# Eyes move up and down together (Hering's law). Where one seems higher than the other by this share
# of the width, the irises are half invented, as they are behind sunglasses.
HALF_AGREED_HEIGHT = 0.08
# Eyes turn hardly further than this before the head follows; more is noise.
MAX_EYE_DEGREES = 35.0


class EyeGaze(NamedTuple):
    """Where the eyes look relative to the head, in degrees with the head's signs.

    certainty: 0 to 1, how far the eyes can be made out. The angles are the likeliest ones, the
    measured ones times this: where eyes are hidden they are 0, and the head alone decides.
    """

    yaw: float
    pitch: float
    certainty: float


def eye_gaze(left: Eye, right: Eye, rotation: Rows) -> EyeGaze:
    """rotation: the rows of `head_rotation`."""
    left_seen, right_seen = _seen(left), _seen(right)
    certainty = max(left_seen, right_seen) * _agreement(left, right)
    left_share = left_seen / max(left_seen + right_seen, sys.float_info.min)
    right_share = right_seen / max(left_seen + right_seen, sys.float_info.min)
    ahead_x, ahead_y = (up * IRIS_UPWARDS + on * IRIS_FORWARDS for _, up, on in rotation[:2])
    x = left_share * (left.iris_x - ahead_x) + right_share * (right.iris_x - ahead_x)
    y = left_share * (left.iris_y - ahead_y) + right_share * (right.iris_y - ahead_y)
    return EyeGaze(_likeliest(x, certainty), _likeliest(y, certainty), certainty)


def _seen(eye: Eye) -> float:
    """0 to 1, how well the eye is seen: how wide in the picture, and how far open."""
    pixels = eye.seen_width * eye.seen_width
    open_share = (eye.openness - HIDDEN_OPENNESS) / (SEEN_OPENNESS - HIDDEN_OPENNESS)
    return pixels / (pixels + HALF_SEEN_WIDTH**2) * max(0.0, min(open_share, 1.0))


def _agreement(left: Eye, right: Eye) -> float:
    """0 to 1, how far both eyes look equally high."""
    apart = (left.iris_y - right.iris_y) / HALF_AGREED_HEIGHT
    return 1.0 / (1.0 + apart * apart)


def _likeliest(offset: float, certainty: float) -> float:
    """Degrees that an eye has turned whose iris is so far off from ahead."""
    sine = max(-1.0, min(offset / EYEBALL_RADIUS, 1.0))
    degrees = math.degrees(math.asin(sine)) * certainty
    return max(-MAX_EYE_DEGREES, min(degrees, MAX_EYE_DEGREES))
