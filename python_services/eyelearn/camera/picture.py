"""A picture of the camera, as it is judged: a small JPEG."""

from __future__ import annotations

from typing import Any

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from .opencv import cv2

# Face Mesh works on 192×192 pixels of the face: more than these add nothing but work.
MAX_WIDTH_PIXELS = 640
# Of 100. Below 70 the irises blur, above 90 the bytes double.
JPEG_QUALITY = 80


def as_jpeg(picture: NDArray[Any]) -> bytes:
    """picture: (height, width, 3) BGR, 8 bits each. A wider one is made smaller, in proportion."""
    height, width, _ = picture.shape
    if width > MAX_WIDTH_PIXELS:
        size = (MAX_WIDTH_PIXELS, max(1, round(height * MAX_WIDTH_PIXELS / width)))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    jpeg: bytes = simplejpeg.encode_jpeg(
        np.ascontiguousarray(picture), JPEG_QUALITY, colorspace="BGR", colorsubsampling="420"
    )
    return jpeg
