"""Webcam-like pictures for the tests, made from `skimage.data.astronaut()` (public domain).

t is the time of a picture in a clip, in seconds: the head drifts a little with it, as heads do.
"""

from __future__ import annotations

import base64
import math
from functools import lru_cache

import cv2
import numpy as np
import simplejpeg
import skimage.data
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

WIDTH, HEIGHT = 640, 480
# Where the middle of the astronaut's face is in her picture, in pixels, and how tall the face is.
_FACE_CENTRE = (225.0, 124.0)
_FACE_HEIGHT = 106.0
# The share of the frame's height that her face takes: someone an arm's length from a laptop.
_FACE_SHARE = 0.42
# Frames of a clip repeat after this many seconds, and are rounded to this many a second, so that
# the frames of a long test are made once.
_PERIOD_SECONDS = 4.0
_CLIP_FPS = 15


def face_frame(t: float = 0.0, width: int = WIDTH, height: int = HEIGHT) -> Picture:
    """The astronaut looks at the camera: focused. (height, width, 3) RGB; do not write to it."""
    return _face_frame(_step(t), width, height)


def turned_frame(t: float = 0.0, width: int = WIDTH, height: int = HEIGHT) -> Picture:
    """Her head lies on one side by 45 degrees: there is a face, and it is not focused."""
    return _turned_frame(_step(t), width, height)


def two_faces_frame(t: float = 0.0, width: int = WIDTH, height: int = HEIGHT) -> Picture:
    """Two people side by side, both facing the camera."""
    return _two_faces_frame(_step(t), width, height)


def empty_frame(t: float = 0.0, width: int = WIDTH, height: int = HEIGHT) -> Picture:
    """Nobody: a wall in the evening, with a camera's noise."""
    return _empty_frame(_step(t), width, height)


def jpeg(rgb: Picture, quality: int = 70) -> bytes:
    """The picture as a browser's canvas encodes it, with colour at half the resolution."""
    contiguous = np.ascontiguousarray(rgb)
    return simplejpeg.encode_jpeg(contiguous, quality, "RGB", colorsubsampling="420")


def data_url(jpeg_bytes: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg_bytes).decode()


def _step(t: float) -> int:
    return round((t % _PERIOD_SECONDS) * _CLIP_FPS)


@lru_cache(maxsize=256)
def _face_frame(step: int, width: int, height: int) -> Picture:
    return _read_only(_portrait(step, width, height, roll=0.0))


@lru_cache(maxsize=256)
def _turned_frame(step: int, width: int, height: int) -> Picture:
    return _read_only(_portrait(step, width, height, roll=45.0))


@lru_cache(maxsize=256)
def _two_faces_frame(step: int, width: int, height: int) -> Picture:
    one = _portrait(step, width // 2, height, roll=0.0)
    other = _portrait(step + _CLIP_FPS, width - width // 2, height, roll=0.0)
    return _read_only(np.hstack([one, other]))


@lru_cache(maxsize=256)
def _empty_frame(step: int, width: int, height: int) -> Picture:
    wall = np.linspace(60, 150, width)[None, :, None] + np.linspace(0, 30, height)[:, None, None]
    noise = np.random.default_rng(step).normal(0, 4, (height, width, 3))
    return _read_only(np.clip(wall + noise, 0, 255).astype(np.uint8))


def _portrait(step: int, width: int, height: int, roll: float) -> Picture:
    """Her head in the middle, `roll` degrees clockwise in the picture, and a slow drift."""
    phase = 2 * math.pi * step / (_PERIOD_SECONDS * _CLIP_FPS)
    scale = _FACE_SHARE * height / _FACE_HEIGHT * (1 + 0.03 * math.sin(phase))
    angle = roll + 2.0 * math.sin(phase + 1)
    matrix = cv2.getRotationMatrix2D(_FACE_CENTRE, -angle, scale)
    matrix[:, 2] += (
        width * (0.5 + 0.015 * math.cos(phase)) - _FACE_CENTRE[0],
        height * (0.5 + 0.015 * math.sin(2 * phase)) - _FACE_CENTRE[1],
    )
    return cv2.warpAffine(
        _astronaut(), matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )


@lru_cache(maxsize=1)
def _astronaut() -> Picture:
    return skimage.data.astronaut()


def _read_only(picture: Picture) -> Picture:
    picture.setflags(write=False)
    return picture
