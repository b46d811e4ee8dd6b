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
        newest, step = number * BATCH_MS, BATCH_MS / SAMPLES_PER_SECOND
        sent = {
            "sent_at": newest,
            "width": WIDTH,
            "height": HEIGHT,
            "timestamps": [newest - n * step for n in reversed(range(SAMPLES_PER_SECOND))],
            "face_counts": [1] * SAMPLES_PER_SECOND,
            "points": {"_placeholder": True, "num": 0},
        }
        event = f"451-{number}{json.dumps(['face_landmarks', sent])}"
        return text_frame(event) + binary_frame(points)
