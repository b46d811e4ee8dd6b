"""The worker process: vision on the frames it is sent, for the learners it was given.

Run as `python -m eyelearn.inference.worker FD`.
"""

from __future__ import annotations

import time
from functools import cached_property
from statistics import median

import numpy as np

from ..errors import EyeLearnError, Internal
from ..events import get_logger
from ..processes.channel import Channel, ChannelClosed, Header
from ..processes.child import connect_to_parent
from ..processes.settled_memory import settle_memory
from ..vision.expressed import Expressed
from ..vision.expressing import Expressor
from ..vision.face_mesh import FaceModels
from ..vision.face_rows import to_rows
from ..vision.frames import Picture, decode
from ..vision.hands import HandModels
from ..vision.judging import Judge
from ..vision.landmarks import LANDMARK_INDICES
from ..vision.measurement import faces
from ..vision.observation import Observation
from ..vision.stills import encoded_anew
from ..vision.warm_up import warm_up_frame
from . import messages
from .emotions import Emotions
from .messages import Done

_log = get_logger("eyelearn.inference.worker")

# One to load the models, the rest to see how long a frame takes here: 50 ms in all.
WARM_UP_FRAMES = 10
_WARM_UP = "warm-up"


class Worker:
    """The models, once for all sessions, and of each session where face and hands were last."""

    def __init__(self, configuration: Header) -> None:
        self._max_bytes: int = configuration["max_bytes"]
        self._max_pixels: int = configuration["max_pixels"]
        self._second_face_interval: float = configuration["second_face_interval_seconds"]
        self._models = FaceModels()
        self._judges: dict[str, Judge] = {}
        self._expressors: dict[str, Expressor] = {}
        self.emotions = Emotions(configuration["emotion_model"], self._models)

    def warm_up(self) -> tuple[float, float]:
        """Judges a drawn face, so that no learner waits for models to load.

        Gives the seconds that the first took, and what one takes from then on.
        """
        frame, taken = warm_up_frame(), []
        for _ in range(WARM_UP_FRAMES):
            begun = time.perf_counter()
            self.judge(_WARM_UP, frame)
            taken.append(time.perf_counter() - begun)
        self.release(_WARM_UP)
        return taken[0], median(taken[1:])

    def do(self, request: Header, frame: bytearray) -> Done:
        """Raises UndecodableFrame, FrameTooLarge and ModelUnavailable."""
        match request["type"]:
            case "express":
                return self.express(request["session"], frame, request["hands"])
            case "predict":
                return self.emotions.judge(still(frame))
            case "prepare":
                return encoded_anew(still(frame))
        return self.judge(request["session"], frame, request["alone"])

    def judge(self, session_id: str, frame: bytearray, alone: bool = False) -> Observation:
        judge = self._judges.get(session_id)
        if judge is None:
            judge = self._judges[session_id] = Judge(self._models, self._second_face_interval)
        return judge.judge(self._decoded(frame), time.monotonic(), alone)

    def express(self, session_id: str, frame: bytearray, look_for_hands: bool) -> Expressed:
        expressor = self._expressors.get(session_id)
        if expressor is None:
            expressor = Expressor(self._models, self._hands)
            self._expressors[session_id] = expressor
        return expressor.express(self._decoded(frame), time.monotonic(), look_for_hands)

    def release(self, session_id: str) -> None:
        """Forgets where the session's face and hands were."""
        self._judges.pop(session_id, None)
        self._expressors.pop(session_id, None)

    def _decoded(self, frame: bytearray) -> Picture:
        return decode(frame, max_bytes=self._max_bytes, max_pixels=self._max_pixels)

    @cached_property
    def _hands(self) -> HandModels:
        """With the first who asks for expressions: most services have none who does."""
        return HandModels()


def still(picture: bytearray) -> Picture:
    """A picture that somebody chose, decoded."""
    limits = {"max_bytes": messages.MAX_STILL_BYTES, "max_pixels": messages.MAX_STILL_PIXELS}
    return decode(picture, **limits)


def answer(worker: Worker, request: Header, frame: bytearray) -> tuple[Header, bytes]:
    """The answer to one request and its payload; a fault of ours is told as such, and logged."""
    ticket, begun = request["ticket"], time.perf_counter()
    try:
        done = worker.do(request, frame)
        return messages.done(done, ticket, time.perf_counter() - begun)
    except EyeLearnError as error:
        return messages.failed(ticket, error), b""
    except Exception:
        _log.exception("a picture could not be judged", request=request["type"])
        return messages.failed(ticket, Internal("The frame could not be judged.")), b""


def measured(header: Header, payload: bytearray) -> tuple[Header, bytes]:
    """The answer to one `measure` message, and its payload."""
    number = header["number"]
    try:
        points = np.frombuffer(payload, "<f4").reshape(-1, len(LANDMARK_INDICES), 3)
        samples, *size = np.array(header["batches"], float).T
        width, height = (np.repeat(each, samples.astype(int)) for each in size)
        found = faces(points.astype(np.float64), width, height)
        return messages.measured(number), to_rows(found).tobytes()
    except Exception:
        _log.exception("landmarks could not be measured")
        return messages.unmeasured(number, Internal("The landmarks could not be measured.")), b""


def serve(channel: Channel, worker: Worker) -> None:
    """Answers until the channel closes."""
    while True:
        header, payload = channel.receive()
        kind = header["type"]
        if kind == "measure":
            channel.send(*measured(header, payload))
        elif kind == "release":
            worker.release(header["session"])
        elif kind == "ping":
            channel.send({"type": "pong"})
        else:
            channel.send(*answer(worker, header, payload))


def main() -> None:
    channel, configuration = connect_to_parent()
    worker = Worker(configuration)
    try:
        told = messages.ready(*worker.warm_up(), worker.emotions.told)
        settle_memory()
        channel.send(told)
        serve(channel, worker)
    except ChannelClosed:
        _log.debug("the service closed the channel")


if __name__ == "__main__":
    main()
