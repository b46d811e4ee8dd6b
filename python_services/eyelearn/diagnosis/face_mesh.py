"""The models find our drawn face, by the code that a worker runs, and fast enough."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import FrameTooLarge
from ..inference.worker import Worker
from ..settings import Settings
from ..vision.warm_up import warm_up_frame
from .check import Check, failure, ok, warning
from .reading import read

# 20 frames a second of a core: one or two learners.
SLOW_SECONDS = 0.05


def look(name: str) -> Iterator[Check]:
    yield judged(name, read().settings)


def judged(name: str, settings: Settings) -> Check:
    """settings: their limits hold for the drawn face, too, and a worker starts with it."""
    worker = Worker(
        {
            "max_bytes": settings.max_frame_kb * 1024,
            "max_pixels": settings.max_frame_pixels,
            "second_face_interval_seconds": settings.second_face_interval_seconds,
            "emotion_model": None,
        }
    )
    try:
        _, seconds = worker.warm_up()
        faces = worker.judge("health check", warm_up_frame()).face_count
    except FrameTooLarge:
        found = "no worker starts: the picture that it warms up with is larger than is taken"
        return failure(name, found, "raise MAX_FRAME_KB or MAX_FRAME_PIXELS")
    return result(name, faces, seconds)


def result(name: str, faces: int, seconds: float) -> Check:
    """seconds: of one frame."""
    pace = f"{seconds * 1000:.0f} ms a frame"
    if faces != 1:
        found = f"found {faces} faces where one is drawn ({pace})"
        return failure(name, found, "install mediapipe and ai-edge-litert anew, as locked")
    if seconds > SLOW_SECONDS:
        return warning(
            name,
            f"found the drawn face, slowly: {pace}, so {1 / seconds:.0f} a second of a core",
            "stop what else runs here, or take a faster machine: few learners will be followed",
        )
    return ok(name, f"found the drawn face, {pace}")
