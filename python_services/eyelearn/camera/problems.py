"""Why there are no pictures, each in a sentence that says what to do.

Clients are told them: they name neither the file nor the address.
"""

from __future__ import annotations

import os
from pathlib import Path

from .source import Devices, Source, Stream, VideoFile

NOT_STARTED = "The camera's process can't start: the service's log says why."
ENDED = "The camera's process ended; it is started again. If it does not help, see the log."
_NO_VIDEO = "CAMERA_SOURCE names a file without a video that can be read: convert it to MP4 or AVI."


class CameraProblem(Exception):
    """There are no pictures for now; its text is one of these sentences."""


def cannot_open(source: Source) -> str:
    match source:
        case Devices():
            return (
                f"No camera was found at {source}: plug one in, let the service's user read "
                "/dev/video*, or set CAMERA_SOURCE."
            )
        case VideoFile(path):
            return _problem_with_file(path)
        case Stream():
            return (
                "The address in CAMERA_SOURCE gives no video: see that the camera is on and can "
                "be reached from the service, and that path, user and password are right."
            )


def gives_nothing(source: Source) -> str:
    """It was opened, and not one picture came."""
    if isinstance(source, Devices):
        return (
            f"The camera at {source} gives no picture: close what else uses it, or unplug it and "
            "plug it in again."
        )
    return cannot_open(source)


def broke_off(source: Source) -> str:
    """There were pictures, and no more come."""
    match source:
        case Devices():
            return "The camera gives no more pictures: plug it in again."
        case VideoFile():
            return _NO_VIDEO
        case Stream():
            return (
                "The camera's stream broke off: see that the camera is on and can be reached from "
                "the service."
            )


def hangs(source: Source) -> str:
    """What should have come back long ago has not."""
    match source:
        case Devices():
            return "The camera does not answer: unplug it and plug it in again."
        case VideoFile():
            return "Reading the file in CAMERA_SOURCE does not end: see that its disk answers."
        case Stream():
            return (
                "The address in CAMERA_SOURCE does not answer: see that the camera is on and can "
                "be reached from the service."
            )


def _problem_with_file(path: str) -> str:
    if not Path(path).exists():
        return "CAMERA_SOURCE names a file that is not there: correct its path."
    if not os.access(path, os.R_OK):
        return "CAMERA_SOURCE names a file that the service's user may not read: allow it."
    return _NO_VIDEO
