"""The worker process: vision on the frames it is sent, for the learners it was given.

Run as `python -m eyelearn.inference.worker FD`.
"""

from __future__ import annotations

import time
from statistics import median

import numpy as np

from ..errors import EyeLearnError, Internal
from ..events import get_logger
from ..processes.channel import Channel, ChannelClosed, Header
from ..processes.child import connect_to_parent
from ..processes.settled_memory import settle_memory
from ..vision.face_mesh import FaceModels
from ..vision.face_rows import to_rows
from ..vision.frames import decode
from ..vision.judging import Judge
from ..vision.landmarks import LANDMARK_INDICES
from ..vision.measurement import faces
from ..vision.observation import Observation
from ..vision.warm_up import warm_up_frame
from . import messages

_log = get_logger("eyelearn.inference.worker")

# One to load the models, the rest to see how long a frame takes here: 50 ms in all.
WARM_UP_FRAMES = 10
_WARM_UP = "warm-up"


class Worker:
    """The models, once for all learners, and of each learner where their face was last."""

    def __init__(self, configuration: Header) -> None:
        self._max_bytes: int = configuration["max_bytes"]
        self._max_pixels: int = configuration["max_pixels"]
        self._second_face_interval: float = configuration["second_face_interval_seconds"]
        self._models = FaceModels()
        self._judges: dict[str, Judge] = {}

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

    def judge(self, session_id: str, frame: bytearray, alone: bool = False) -> Observation:
        """Raises UndecodableFrame and FrameTooLarge."""
        picture = decode(frame, max_bytes=self._max_bytes, max_pixels=self._max_pixels)
        return self._judge_of(session_id).judge(picture, time.monotonic(), alone)

    def release(self, session_id: str) -> None:
        """Forgets where the session's face was."""
        self._judges.pop(session_id, None)

    def _judge_of(self, session_id: str) -> Judge:
        judge = self._judges.get(session_id)
        if judge is None:
            judge = self._judges[session_id] = Judge(self._models, self._second_face_interval)
        return judge


def answer(worker: Worker, header: Header, frame: bytearray) -> Header:
    """The answer to one `judge` message; a fault of ours is told as such, and logged."""
    ticket, begun = header["ticket"], time.perf_counter()
    try:
        observation = worker.judge(header["session"], frame, header["alone"])
        return messages.judged(ticket, observation, time.perf_counter() - begun)
    except EyeLearnError as error:
        return messages.failed(ticket, error)
    except Exception:
        _log.exception("a frame could not be judged")
        return messages.failed(ticket, Internal("The frame could not be judged."))


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
        if kind == "judge":
            channel.send(answer(worker, header, payload))
        elif kind == "measure":
            channel.send(*measured(header, payload))
        elif kind == "release":
            worker.release(header["session"])
        elif kind == "ping":
            channel.send({"type": "pong"})


def main() -> None:
    channel, configuration = connect_to_parent()
    worker = Worker(configuration)
    try:
        told = messages.ready(*worker.warm_up())
        settle_memory()
        channel.send(told)
        serve(channel, worker)
    except ChannelClosed:
        _log.debug("the service closed the channel")


if __name__ == "__main__":
    main()
