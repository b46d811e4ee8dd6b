"""How far the eyes are open."""

from __future__ import annotations

import numpy as np

from .landmarks import Eyes, Floats


def openness(eyes: Eyes) -> Floats:
    """Eye aspect ratio of each eye, (..., 2): (left, right).

    Soukupová and Čech (2016), "Real-time eye blink detection using facial landmarks", equation 1:
    the mean distance between the lids over the eye's width. Measured in all three dimensions, so
    that an eye does not seem to open when the head turns and its width is foreshortened.
    """
    between_lids = np.linalg.norm(eyes.upper - eyes.lower, axis=-1).mean(axis=-1)
    ratio: Floats = between_lids / width(eyes)
    return ratio


def width(eyes: Eyes) -> Floats:
    """Distance between each eye's corners, (..., 2), in the unit of the points."""
    corner_to_corner: Floats = np.linalg.norm(eyes.last - eyes.first, axis=-1)
    return corner_to_corner
