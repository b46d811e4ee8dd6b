"""Learners who send landmarks in batches, and no picture."""

from __future__ import annotations

import asyncio
import json
import math
import random
import time
from typing import Any

from eyelearn.vision.face_mesh import FaceModels
from eyelearn.vision.landmarks import select
from pictures import HEIGHT, WIDTH, face_frame

from .learner import BenchmarkLearner
from .web_socket import binary_frame, text_frame

SAMPLES_PER_SECOND = 5
BATCH_SECONDS = 1.0
STEP_MS = 1000 // SAMPLES_PER_SECOND
# Written once: the generator shares the machine.
_SAME_IN_ALL = json.dumps(
    {"width": WIDTH, "height": HEIGHT, "hidden": False, "points": {"_placeholder": True, "num": 0}}
)[1:-1]
_BRIGHTNESS = "131"


def samples(seconds: int) -> list[bytes]:
    """So many seconds of a real face that moves a little, as the `points` of each sample."""
    models = FaceModels()
    made = []
    for number in range(seconds * SAMPLES_PER_SECOND):
        picture = face_frame(number / SAMPLES_PER_SECOND)
        found = models.mesh(picture, models.regions(picture)[0])
        assert found is not None
        made.append(select(found.mesh).astype("<f4").tobytes())
    models.close()
    return made


class LandmarkLearner(BenchmarkLearner):
    """Sends once a second, or, with `follow`, as seldom as the service asks for, as our own client
    does. A batch has the number of its last sample."""

    ms_per_number = STEP_MS

    def __init__(self, url: str, user_id: int, clip: list[bytes], follow: bool = False) -> None:
        """clip: points of one sample after the other, to be repeated."""
        super().__init__(url, user_id, clip)
        self.clip = clip
        self._follows = follow
        # The first after a change is shorter by chance, so that not all send at once.
        self._in_sent = self._in_next = self._in_batch = SAMPLES_PER_SECOND

    async def send_batches(self, seconds: float, delay: float) -> None:
        """Whatever the answers do."""
        due = time.perf_counter() + delay
        until = due + seconds
        while due < until:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self.outcome.lateness.append(time.perf_counter() - due)
            self._next += self._in_sent - 1
            self._send()
            self._in_sent = self._in_next
            self._in_next = self._in_batch
            due += self._in_sent / SAMPLES_PER_SECOND

    def _told(self, event: str, data: Any = None) -> None:
        super()._told(event, data)
        seconds = data.get("batch_seconds") if isinstance(data, dict) else None
        if self._follows and seconds is not None:
            in_batch = math.ceil(max(seconds, BATCH_SECONDS) * SAMPLES_PER_SECOND)
            if in_batch != self._in_batch:
                self._in_batch = in_batch
                self._in_next = random.randint(SAMPLES_PER_SECOND, in_batch)

    def _packets(self, number: int) -> bytes:
        numbers = range(number - self._in_sent + 1, number + 1)
        timestamps = ",".join([str(each * STEP_MS) for each in numbers])
        counts = ",".join(["1"] * self._in_sent)
        brightness = ",".join([_BRIGHTNESS] * self._in_sent)
        event = (
            f'451-{number}["face_landmarks",{{"sent_at":{number * STEP_MS},'
            f'"timestamps":[{timestamps}],"face_counts":[{counts}],'
            f'"brightness":[{brightness}],{_SAME_IN_ALL}}}]'
        )
        points = b"".join([self.clip[each % len(self.clip)] for each in numbers])
        return text_frame(event) + binary_frame(points)
