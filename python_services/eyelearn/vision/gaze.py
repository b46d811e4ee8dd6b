"""Which way the eyes look, relative to the head, and how far that can be told.

The iris sits on the front of a ball that turns behind the corners of the eye. Where it would be
seen if the eye looked straight ahead of the head is known from the head's rotation; how far off
from there it is seen, over the ball's radius, is the sine of the eye's angle.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .eyes import width
from .landmarks import Eyes, Floats

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
    """Where the eyes look relative to the head, each (...), in degrees with the head's signs.

    certainty: 0 to 1, how far the eyes can be made out. The angles are the likeliest ones, the
    measured ones times this: where eyes are hidden they are 0, and the head alone decides.
    """

    yaw: Floats
    pitch: Floats
    certainty: Floats


def eye_gaze(eyes: Eyes, opened: Floats, rotation: Floats) -> EyeGaze:
    """eyes: in pixels, as `eyes_of(in_pixels(...))`; opened: their `openness`, (..., 2).

    rotation: (..., 3, 3) of `head_rotation`.
    """
    offset = _iris_offset(eyes, rotation)
    seen = _seen(eyes, opened)
    shares = seen / np.maximum(seen.sum(axis=-1, keepdims=True), np.finfo(float).tiny)
    both = (offset * shares[..., None]).sum(axis=-2)
    angles = np.degrees(np.arcsin(np.clip(both / EYEBALL_RADIUS, -1.0, 1.0)))
    certainty = seen.max(axis=-1) * _agreement(offset)
    likeliest = np.clip(angles * certainty[..., None], -MAX_EYE_DEGREES, MAX_EYE_DEGREES)
    return EyeGaze(likeliest[..., 0], likeliest[..., 1], certainty)


def _iris_offset(eyes: Eyes, rotation: Floats) -> Floats:
    """(..., 2, 2): of each eye, how far left and up in the picture its iris is from ahead.

    In shares of the eye's width. Depth stays out: that of the iris' landmark is a guess.
    """
    middle = (eyes.first + eyes.last) / 2
    seen = (eyes.iris - middle)[..., :2] / width(eyes)[..., None]
    ahead = (rotation @ (0.0, IRIS_UPWARDS, IRIS_FORWARDS))[..., None, :2]
    offset: Floats = seen - ahead
    return offset


def _seen(eyes: Eyes, opened: Floats) -> Floats:
    """(..., 2): 0 to 1, how well each eye is seen: how wide in the picture, and how far open."""
    pixels = np.square((eyes.last - eyes.first)[..., :2]).sum(axis=-1)
    open_share = (opened - HIDDEN_OPENNESS) / (SEEN_OPENNESS - HIDDEN_OPENNESS)
    seen: Floats = pixels / (pixels + HALF_SEEN_WIDTH**2) * np.clip(open_share, 0.0, 1.0)
    return seen


def _agreement(offset: Floats) -> Floats:
    """(...): 0 to 1, how far both eyes look equally high."""
    apart = (offset[..., 0, 1] - offset[..., 1, 1]) / HALF_AGREED_HEIGHT
    agreement: Floats = 1.0 / (1.0 + np.square(apart))
    return agreement
