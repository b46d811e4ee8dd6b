"""A drawn face to judge before the first learner comes, so that no learner waits for the models.

`python -m eyelearn.vision.warm_up FILE` writes it, small: `templates/drawn-face.jpg`, the example
of the REST description.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import simplejpeg

from .frames import Picture

WIDTH, HEIGHT = 640, 480
SMALL_WIDTH, SMALL_HEIGHT, SMALL_QUALITY = 240, 180, 50
_CENTRE = (320, 240)
_BACKGROUND, _SKIN, _SHADE = (176, 184, 190), (224, 182, 152), (188, 142, 116)
_HAIR, _LIPS, _IRIS, _WHITE, _DARK = (
    (70, 48, 34),
    (176, 92, 88),
    (84, 62, 44),
    (245,) * 3,
    (20,) * 3,
)


def warm_up_picture() -> Picture:
    """(480, 640, 3) RGB: a face that detector, mesh and iris models find."""
    picture = np.full((HEIGHT, WIDTH, 3), _BACKGROUND, np.uint8)
    x, y = _CENTRE
    _oval(picture, (x, y - 30), (125, 160), _HAIR)
    _oval(picture, (x, y + 130), (50, 80), _SHADE)
    _oval(picture, (x, y + 10), (100, 140), _SKIN)
    for side in (-1, 1):
        _eye(picture, x + side * 42, y - 15, side)
        _oval(picture, (x + side * 12, y + 52), (6, 4), _SHADE)
    cv2.line(picture, (x - 10, y - 10), (x - 14, y + 44), _SHADE, 3)
    _oval(picture, (x, y + 46), (16, 10), _SHADE)
    _oval(picture, (x, y + 42), (12, 10), _SKIN)
    _oval(picture, (x, y + 88), (34, 10), _LIPS)
    cv2.line(picture, (x - 34, y + 88), (x + 34, y + 88), _SHADE, 2)
    return cv2.GaussianBlur(picture, (0, 0), 2.5).astype(np.uint8)


def warm_up_frame() -> bytearray:
    """The same as a browser sends it, a JPEG."""
    encoded = simplejpeg.encode_jpeg(warm_up_picture(), quality=70, colorsubsampling="420")
    return bytearray(encoded)


def small_frame() -> bytes:
    """The same in 2.5 kB."""
    small = cv2.resize(
        warm_up_picture(), (SMALL_WIDTH, SMALL_HEIGHT), interpolation=cv2.INTER_AREA
    ).astype(np.uint8)
    return bytes(simplejpeg.encode_jpeg(small, quality=SMALL_QUALITY, colorsubsampling="420"))


def _eye(picture: Picture, x: int, y: int, side: int) -> None:
    cv2.ellipse(picture, (x, y - 20), (26, 10), 0, 190, 350, _HAIR, 7)
    _oval(picture, (x, y), (24, 14), _SHADE)
    _oval(picture, (x, y), (20, 9), _WHITE)
    _oval(picture, (x, y), (9, 9), _IRIS)
    _oval(picture, (x, y), (4, 4), _DARK)
    cv2.ellipse(picture, (x, y), (21, 10), 0, 180, 360, _DARK, 3)


def _oval(
    picture: Picture, centre: tuple[int, int], radii: tuple[int, int], colour: tuple[int, ...]
) -> None:
    cv2.ellipse(picture, centre, radii, 0, 0, 360, colour, -1)


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(small_frame())
