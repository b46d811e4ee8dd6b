from __future__ import annotations

import pytest

from eyelearn.inference.worker import Worker
from pictures import face_frame, jpeg

CONFIGURATION = {
    "max_bytes": 512 * 1024,
    "max_pixels": 2_073_600,
    "second_face_interval_seconds": 1.0,
    "emotion_model": None,
}
ONE_LEARNER = bytearray(jpeg(face_frame()))
ANOTHER = bytearray(jpeg(face_frame(1.0)[:, 60:500]))


@pytest.fixture(scope="module")
def worker() -> Worker:
    return Worker(CONFIGURATION)


def test_the_next_learner_is_seen_as_if_nobody_had_been_there(worker: Worker) -> None:
    expected = worker.judge("new", ANOTHER)
    worker.judge("used", ONE_LEARNER)
    assert worker.judge("used", ANOTHER) != expected
    worker.release("used")
    assert worker.judge("used", ANOTHER) == expected


def test_learners_of_one_worker_are_seen_as_if_alone(worker: Worker) -> None:
    alone = [worker.judge("alone", frame) for frame in (ANOTHER, ONE_LEARNER, ANOTHER)]
    among_others = []
    for frame in (ANOTHER, ONE_LEARNER, ANOTHER):
        worker.judge("beside", ONE_LEARNER)
        among_others.append(worker.judge("among others", frame))
    assert among_others == alone


def test_releasing_a_session_that_was_never_seen_is_no_error(worker: Worker) -> None:
    worker.release("unknown")
