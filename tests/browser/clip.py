"""A clip that Chromium plays as its camera."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2

from pictures import HEIGHT, WIDTH, Picture

CLIP_FPS = 10

Stretch = tuple[Callable[[float], Picture], float]


def write_clip(path: Path, stretches: Sequence[Stretch]) -> Path:
    """Writes a raw .y4m, whose rate Chromium keeps, and which it plays in a loop.

    stretches: what is seen, as a function of the time in seconds, and for how many seconds.
    """
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{CLIP_FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for frame, seconds in stretches:
            for index in range(round(seconds * CLIP_FPS)):
                picture = cv2.cvtColor(frame(index / CLIP_FPS), cv2.COLOR_RGB2YUV_I420)
                file.write(b"FRAME\n" + picture.tobytes())
    return path
