"""Pictures that people upload, to be shown again: decoded and encoded anew.

So nothing that hides in a file (a place, a script, a second picture) goes on.
"""

from __future__ import annotations

import cv2
import simplejpeg

from .frames import Picture

# What is sent over and over is shown beside a camera's picture: 0.2 MB, which the event loop sends
# in under 1 ms.
MAX_SIDE = 1280
# Under 75 edges show, above 90 a picture grows by half for nothing that is seen.
QUALITY = 85


def encoded_anew(rgb: Picture) -> bytes:
    """A JPEG of the picture, scaled down to at most MAX_SIDE pixels a side."""
    height, width = rgb.shape[:2]
    scale = MAX_SIDE / max(height, width)
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype("uint8", copy=False)
    return bytes(simplejpeg.encode_jpeg(rgb, quality=QUALITY, colorsubsampling="420"))
