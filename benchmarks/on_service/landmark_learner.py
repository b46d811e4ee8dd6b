"""Learners who send landmarks in batches, and no picture."""

from __future__ import annotations

import json

import numpy as np

from eyelearn.vision.face_mesh import FaceModels
from eyelearn.vision.landmarks import select
from pictures import HEIGHT, WIDTH, face_frame

from .learner import BenchmarkLearner
from .web_socket import binary_frame, text_frame

SAMPLES_PER_SECOND = 5
BATCH_MS = 1000
_AGES_MS = [n * BATCH_MS / SAMPLES_PER_SECOND for n in reversed(range(SAMPLES_PER_SECOND))]
# Written once: the generator shares the machine.
_SAME_IN_ALL = json.dumps(
    {
        "width": WIDTH,
        "height": HEIGHT,
        "face_counts": [1] * SAMPLES_PER_SECOND,
        "points": {"_placeholder": True, "num": 0},
    }
)[1:-1]


def batches(count: int) -> list[bytes]:
    """So many seconds of a real face that moves a little, as `points` of a batch each."""
    models = FaceModels()
    made = []
    for second in range(count):
        points = []
        for n in range(SAMPLES_PER_SECOND):
            picture = face_frame(second + n / SAMPLES_PER_SECOND)
            found = models.mesh(picture, models.regions(picture)[0])
            assert found is not None
            points.append(select(found.mesh).astype("<f4"))
        made.append(np.stack(points).tobytes())
    models.close()
    return made


class LandmarkLearner(BenchmarkLearner):
    """One batch is one number: the second at which its samples end."""

    ms_per_number = BATCH_MS

    def _packets(self, number: int) -> bytes:
        points = self._frames[number % len(self._frames)]
        assert isinstance(points, bytes)
        newest = number * BATCH_MS
        timestamps = ",".join([str(newest - age) for age in _AGES_MS])
        event = (
            f'451-{number}["face_landmarks",{{"sent_at":{newest},"timestamps":[{timestamps}],'
            f"{_SAME_IN_ALL}}}]"
        )
        return text_frame(event) + binary_frame(points)
