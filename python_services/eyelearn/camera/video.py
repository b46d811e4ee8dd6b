"""Opening what CAMERA_SOURCE names, with its first picture."""

from __future__ import annotations

import sys
from collections.abc import Callable

from .opencv import cv2
from .problems import CameraProblem, cannot_open, gives_nothing
from .source import Devices, Source, Stream
from .timing import Timing

# Elsewhere OpenCV knows best; on Linux it would ask drivers that write to the terminal.
_DEVICE_API = cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY


def open_video(source: Source, timing: Timing, alive: Callable[[], None]) -> cv2.VideoCapture:
    """Opened, and one picture grabbed. alive: called whenever a step of it is done.

    Raises CameraProblem.
    """
    if isinstance(source, Devices):
        return _open_device(source, alive)
    options = [cv2.CAP_PROP_N_THREADS, 1]  # several decode ahead, and show what is old
    if isinstance(source, Stream):
        options += [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, round(timing.opening * 1000)]
        options += [cv2.CAP_PROP_READ_TIMEOUT_MSEC, round(timing.reading * 1000)]
    name = source.address if isinstance(source, Stream) else source.path
    video = cv2.VideoCapture(name, cv2.CAP_FFMPEG, options)
    alive()
    if not video.isOpened():
        raise CameraProblem(cannot_open(source))
    return _with_picture(video, source)


def _open_device(devices: Devices, alive: Callable[[], None]) -> cv2.VideoCapture:
    """The first that gives a picture."""
    problem = CameraProblem(cannot_open(devices))
    for name in devices.names:
        video = cv2.VideoCapture(name, _DEVICE_API)
        alive()
        if not video.isOpened():
            continue
        try:
            return _with_picture(video, Devices((name,)))
        except CameraProblem as opened:
            # One that is there and gives nothing is nearer to what is wanted than none.
            problem = opened
            alive()
    raise problem


def _with_picture(video: cv2.VideoCapture, source: Source) -> cv2.VideoCapture:
    if not video.grab():
        video.release()
        raise CameraProblem(gives_nothing(source))
    return video
