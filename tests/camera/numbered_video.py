"""A video whose pictures say which they are: moving shapes, and the number in black and white."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

BITS = 8
FPS = 20
# A second.
PICTURES = 20


def numbered_picture(number: int, width: int = 320, height: int = 240) -> NDArray[np.uint8]:
    """BGR. The number stands in a row of blocks at the top."""
    picture = np.full((height, width, 3), 96, np.uint8)
    block = width // BITS
    for bit in range(BITS):
        shade = 255 if number >> bit & 1 else 0
        picture[: height // 4, bit * block : (bit + 1) * block] = shade
    centre = (width * (number % PICTURES) // PICTURES, height * 2 // 3)
    cv2.circle(picture, centre, height // 8, (40, 200, 240), -1)
    return picture


def number_of(jpeg: bytes) -> int:
    picture = simplejpeg.decode_jpeg(jpeg, colorspace="GRAY")[:, :, 0]
    height, width = picture.shape
    middles = [round((bit + 0.5) * width / BITS) for bit in range(BITS)]
    return sum(int(picture[height // 8, at] > 127) << bit for bit, at in enumerate(middles))


def write_video(path: Path, *, fps: float = FPS, pictures: int = PICTURES, width: int = 320) -> str:
    """Gives its path, as CAMERA_SOURCE takes it."""
    height = width * 3 // 4
    writer = cv2.VideoWriter(
        str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), fps, (width, height)
    )
    assert writer.isOpened()
    for number in range(pictures):
        writer.write(numbered_picture(number, width, height))
    writer.release()
    return str(path)
