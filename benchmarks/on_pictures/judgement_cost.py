"""What a judgement costs once the landmarks are there, in milliseconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np

from eyelearn.tracking.focus import attention_score, gaze_verdict
from eyelearn.tracking.neutral import STRAIGHT_AHEAD
from eyelearn.tracking.session import SessionRules
from eyelearn.vision.landmarks import select
from eyelearn.vision.measurement import face, faces
from eyelearn.vision.observation import Face, Observation

from .picture_verdicts import Sight

BATCH = 64
# Their median does not mind that other programs share the machine.
BLOCKS = 20
RUNS_PER_BLOCK = 50
# Any value does: it is only passed on.
BRIGHTNESS = 120.0


def judgement_cost(sights: list[Sight], rules: SessionRules) -> dict[str, float] | None:
    """Medians per sample, on the faces that were seen; None where there were none.

    single_ms: `measurement.face`, verdict and attention score of one frame. batch_measurement_ms:
    `measurement.faces` of 64 samples. batch_ms: with their verdicts and scores.
    """
    seen = [sight for sight in sights if sight.mesh is not None]
    if not seen:
        return None
    seen = [seen[n % len(seen)] for n in range(BATCH)]
    points = np.stack([select(sight.mesh) for sight in seen if sight.mesh is not None])
    width, height = (np.array([getattr(x, name) for x in seen]) for name in ("width", "height"))

    def single(n: int) -> None:
        at = n % BATCH
        _judge(face(points[at], seen[at].width, seen[at].height, BRIGHTNESS), rules)

    def batch_measurement(_: int) -> None:
        faces(points, width, height)

    def batch(_: int) -> None:
        for measured in faces(points, width, height):
            _judge(measured, rules)

    one, measured_batch, judged_batch = _medians_ms([single, batch_measurement, batch])
    return {
        "single_ms": one,
        "batch_measurement_ms": measured_batch / BATCH,
        "batch_ms": judged_batch / BATCH,
    }


def _judge(measured: Face | None, rules: SessionRules) -> None:
    if measured is not None:
        gaze_verdict(measured, rules.limits, STRAIGHT_AHEAD)
        attention_score(Observation(1, measured), rules.limits, STRAIGHT_AHEAD)


def _medians_ms(works: list[Callable[[int], None]]) -> list[float]:
    """In blocks by turns, so that a busy moment of the machine is the same for all of them."""
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(BLOCKS):
        for work, spent in zip(works, seconds, strict=True):
            spent.extend(_seconds(work, n) for n in range(RUNS_PER_BLOCK))
    return [median(spent) * 1000 for spent in seconds]


def _seconds(work: Callable[[int], None], n: int) -> float:
    begun = time.perf_counter()
    work(n)
    return time.perf_counter() - begun
