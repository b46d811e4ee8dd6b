"""Where the eyes look: the iris between corners and lids, and angles relative to the head."""

from __future__ import annotations

import numpy as np

from .eyes import width
from .landmarks import Eyes, Floats

# The iris lies about 10.5 mm before the middle of an eyeball of 24 mm (Bekerman, Gottlieb and
# Vaiman 2014, "Variations in eyeball diameters of the healthy adults"), and the corners of an eye
# of the canonical face lie 26.6 mm apart: its share of the eye's width.
EYEBALL_RADIUS = 0.4
# The iris of someone who looks straight ahead lies this share of the eye's width above the line
# between its corners: the median of MediaPipe's landmarks in 97 frontal pictures of many people.
IRIS_HEIGHT_AHEAD = 0.06
# An eye narrower than this share of its width is measured as if it were open so far: the upper lid
# of a narrowed eye covers the iris, and its middle then seems to look up.
TYPICAL_LID_OPENING = 0.3


def iris_horizontal(eyes: Eyes) -> Floats:
    """(..., 2): 0 at the corner to the learner's right, 1 at the one to their left."""
    across = (eyes.last - eyes.first)[..., :2]
    from_first = (eyes.iris - eyes.first)[..., :2]
    share: Floats = np.sum(from_first * across, axis=-1) / np.sum(across * across, axis=-1)
    return share


def iris_vertical(eyes: Eyes) -> Floats:
    """(..., 2): 0 at the upper lid, 1 at the lower, 0.5 midway; see `TYPICAL_LID_OPENING`."""
    across = (eyes.last - eyes.first)[..., :2]
    across = across / np.linalg.norm(across, axis=-1, keepdims=True)
    down = np.stack([across[..., 1], -across[..., 0]], axis=-1)
    upper, lower, iris = (
        np.sum(points[..., :2] * down, axis=-1)
        for points in (eyes.upper_middle, eyes.lower_middle, eyes.iris)
    )
    opening = np.maximum(lower - upper, TYPICAL_LID_OPENING * width(eyes))
    share: Floats = 0.5 + (iris - (upper + lower) / 2) / opening
    return share


def eye_angles(eyes: Eyes, rotation: Floats) -> tuple[Floats, Floats]:
    """Yaw and pitch in degrees of the eyes relative to the head, each (...), mean of both eyes.

    The iris sits on a ball behind the middle of the eye's corners; its offset from there, in the
    head's own axes, over the ball's radius is the sine of the angle. rotation: (..., 3, 3) of
    `head_rotation`. Signs as for the head; at most 90.
    """
    offset = eyes.iris - (eyes.first + eyes.last) / 2
    in_head = np.mean(offset @ rotation / width(eyes)[..., None], axis=-2)
    sines = (in_head[..., :2] - (0.0, IRIS_HEIGHT_AHEAD)) / EYEBALL_RADIUS
    angles = np.degrees(np.arcsin(np.clip(sines, -1.0, 1.0)))
    return angles[..., 0], angles[..., 1]
