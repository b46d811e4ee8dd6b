"""The steps of a frame's path in a worker process, and the bare loop. Started by `steps.py`."""

from __future__ import annotations

import itertools
import json
import socket
import sys
import threading
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python_services"), str(ROOT / "benchmarks")]

import cv2  # noqa: E402
import mediapipe  # noqa: E402
import numpy as np  # noqa: E402

from eyelearn.inference import messages  # noqa: E402
from eyelearn.processes.channel import Channel, Header  # noqa: E402
from eyelearn.vision.brightness import brightness  # noqa: E402
from eyelearn.vision.encoded import picture_bytes  # noqa: E402
from eyelearn.vision.face_mesh import FaceModels  # noqa: E402
from eyelearn.vision.frames import decode  # noqa: E402
from eyelearn.vision.judging import Judge  # noqa: E402
from eyelearn.vision.landmarks import select  # noqa: E402
from eyelearn.vision.measurement import face  # noqa: E402
from on_service.classroom import CLIP_FPS, clip  # noqa: E402
from on_service.step_timer import Place, Step, cpu_microseconds  # noqa: E402
from pictures import Picture, data_url  # noqa: E402

LIMITS = {"max_bytes": 1 << 20, "max_pixels": 1 << 22}
SESSION = "6f0d9a52-52a5-4b2c-9a43-3d3c4d1f3d52"


def opencv_decode(frame: bytes) -> Picture:
    """RGB, as the bare loop does it."""
    return cv2.imdecode(np.frombuffer(frame, np.uint8), cv2.IMREAD_COLOR_RGB)


class Channels:
    """Both ends of a worker's channel, in one thread."""

    def __init__(self) -> None:
        one, other = socket.socketpair()
        self._ends = Channel(one, threading.Lock()), Channel(other, threading.Lock())

    def cross(self, header: Header, payload: bytes = b"") -> Header:
        sender, receiver = self._ends
        sender.send(header, payload)
        return receiver.receive()[0]


class Follower:
    """The mesh of one learner, followed from picture to picture."""

    def __init__(self, models: FaceModels, first: Picture) -> None:
        self._models = models
        self._region = models.regions(first)[0]

    def mesh(self, picture: Picture) -> Any:
        found = self._models.mesh(picture, self._region)
        assert found is not None
        self._region = found.region
        return found.mesh


def solution() -> Any:
    return mediapipe.solutions.face_mesh.FaceMesh(max_num_faces=1, refine_landmarks=True)


def steps() -> list[Step]:
    frames = clip()
    pictures = [decode(frame, **LIMITS) for frame in frames]
    frame, picture = itertools.cycle(frames), itertools.cycle(pictures)
    text = data_url(frames[0]).encode()
    bare, alone, models, channels = solution(), solution(), FaceModels(), Channels()
    follower = Follower(models, pictures[0])
    points = select(follower.mesh(pictures[0]))
    height, width = pictures[0].shape[:2]
    observation = Judge(models, 1 / CLIP_FPS).judge(pictures[0], 0.0)
    asked, told = (
        messages.asked(messages.judge(alone=False), 1, SESSION),
        messages.done(observation, 1, 0.005)[0],
    )
    each, no = Place.EACH_FRAME, Place.ALTERNATIVE
    return [
        Step("bare loop", Place.FLOOR, lambda: bare.process(opencv_decode(next(frame)))),
        Step("channel: picture to the worker", each, lambda: channels.cross(asked, frames[0])),
        Step("base64, of a data URL", Place.SOMETIMES, lambda: picture_bytes(text)),
        Step("JPEG, checked, by simplejpeg", each, lambda: decode(next(frame), **LIMITS)),
        Step("JPEG by OpenCV", no, lambda: opencv_decode(next(frame))),
        Step("Face Mesh, ours", each, lambda: follower.mesh(next(picture))),
        Step("Face Mesh, mediapipe.solutions", no, lambda: alone.process(next(picture))),
        Step("look for faces", Place.SOMETIMES, lambda: models.regions(next(picture))),
        Step(
            "geometry and brightness",
            each,
            lambda: face(points, width, height, brightness(pictures[0], points)),
        ),
        Step("channel: answer from the worker", each, lambda: channels.cross(told)),
    ]


if __name__ == "__main__":
    print(json.dumps(cpu_microseconds(steps(), int(sys.argv[1]))))
