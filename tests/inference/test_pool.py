from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from eyelearn.concurrency import threads
from eyelearn.errors import FrameTooLarge, NotTracking, Superseded, UndecodableFrame
from eyelearn.inference.pool import InferencePool
from eyelearn.settings import Settings
from pictures import data_url, empty_frame, face_frame, jpeg
from waiting import until

TIMEOUT = 60.0
# At 1 ms a frame a worker would still be comfortable with 46.
MORE_THAN_COMFORTABLE = 100
FACE = jpeg(face_frame())


@pytest.fixture(scope="module")
def pool() -> Iterator[InferencePool]:
    settings = Settings(_env_file=None, inference_workers=2, worker_timeout_seconds=2.0)
    pool = InferencePool(settings, threads())
    pool.start()
    assert pool.wait_ready(TIMEOUT)
    yield pool
    pool.stop(2.0)


@pytest.fixture(autouse=True)
def _whole(pool: InferencePool) -> None:
    until(lambda: all(worker["ready"] for worker in pool.status()))


def worker_of(pool: InferencePool, session_id: str) -> int:
    """The pid of the worker that a session is on, by its being the one with a session."""
    (pid,) = [worker["pid"] for worker in pool.status() if worker["sessions"]]
    pool.judge(session_id, FACE)
    return int(pid)


def test_a_real_face_is_judged(pool: InferencePool) -> None:
    observation = pool.judge("a", FACE)
    pool.release("a")
    assert observation.face_count == 1
    assert observation.face is not None
    assert abs(observation.face.yaw) < 20


def test_a_data_url_is_judged_like_the_bytes(pool: InferencePool) -> None:
    assert pool.judge("url", data_url(FACE)).face_count == 1
    pool.release("url")


def test_no_face_is_an_observation_too(pool: InferencePool) -> None:
    observation = pool.judge("empty", jpeg(empty_frame()))
    pool.release("empty")
    assert (observation.face_count, observation.face) == (0, None)


def loads(pool: InferencePool) -> list[int]:
    return [worker["sessions"] for worker in pool.status()]


def test_few_sessions_share_a_worker(pool: InferencePool) -> None:
    for name in "ab":
        pool.judge(name, FACE)
    assert sorted(loads(pool)) == [0, 2]
    for name in "ab":
        pool.release(name)
    assert loads(pool) == [0, 0]


def test_many_sessions_are_spread_over_the_workers(pool: InferencePool) -> None:
    for n in range(MORE_THAN_COMFORTABLE):
        pool.judge(f"{n}", FACE)
    assert loads(pool) == [MORE_THAN_COMFORTABLE // 2] * 2
    for n in range(MORE_THAN_COMFORTABLE):
        pool.release(f"{n}")


@pytest.mark.parametrize("frame", [b"no picture", FACE[:-200], "ünlesbar", "!!!!", "", b""])
def test_what_is_no_picture_is_told_as_such(pool: InferencePool, frame: bytes | str) -> None:
    with pytest.raises(UndecodableFrame):
        pool.judge("bad", frame)
    pool.release("bad")


def test_a_picture_over_the_limit_is_refused(pool: InferencePool) -> None:
    with pytest.raises(FrameTooLarge):
        pool.judge("big", b"\xff\xd8" + bytes(3 * 1024 * 1024))
    pool.release("big")


def test_the_newest_frame_wins(pool: InferencePool) -> None:
    with ThreadPoolExecutor(12) as threads_of_one_learner:
        futures = [threads_of_one_learner.submit(pool.judge, "fast", FACE) for _ in range(12)]
        errors = [future.exception() for future in futures]
    pool.release("fast")
    assert any(error is None for error in errors)
    overtaken = [error for error in errors if error is not None]
    assert overtaken
    assert all(isinstance(error, Superseded) for error in overtaken)


def test_a_session_released_while_its_frame_waits_is_answered(pool: InferencePool) -> None:
    pool.judge("gone", FACE)
    pid = worker_of(pool, "gone")
    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(3) as sender:
        futures = [sender.submit(pool.judge, "gone", FACE)]
        for _ in range(2):
            time.sleep(0.1)
            futures.append(sender.submit(pool.judge, "gone", FACE))
        time.sleep(0.1)
        pool.release("gone")
        os.kill(pid, signal.SIGCONT)
        assert isinstance(futures[-1].exception(TIMEOUT), NotTracking)


def test_a_killed_worker_is_replaced_and_its_sessions_go_on(pool: InferencePool) -> None:
    pool.judge("a", FACE)
    pid = worker_of(pool, "a")
    os.kill(pid, signal.SIGKILL)
    until(lambda: pid not in [worker["pid"] for worker in pool.status() if worker["ready"]])
    begun = time.monotonic()
    assert pool.judge("a", FACE).face_count == 1
    assert time.monotonic() - begun < 1.0
    until(lambda: sum(worker["ready"] for worker in pool.status()) == 2)
    pool.release("a")


def test_a_frame_that_a_worker_hangs_over_is_judged_by_another(pool: InferencePool) -> None:
    pool.judge("a", FACE)
    pid = worker_of(pool, "a")
    os.kill(pid, signal.SIGSTOP)
    assert pool.judge("a", FACE).face_count == 1
    until(lambda: sum(worker["ready"] for worker in pool.status()) == 2)
    assert pid not in [worker["pid"] for worker in pool.status()]
    assert pool.judge("a", FACE).face_count == 1
    pool.release("a")


def test_sessions_are_levelled_when_a_worker_comes_back(pool: InferencePool) -> None:
    names = [f"{n}" for n in range(MORE_THAN_COMFORTABLE)]
    for name in names:
        pool.judge(name, FACE)
    os.kill(pool.status()[0]["pid"], signal.SIGKILL)
    until(lambda: sum(worker["ready"] for worker in pool.status()) == 1)
    for name in names:
        pool.judge(name, FACE)
    assert sorted(loads(pool)) == [0, MORE_THAN_COMFORTABLE]
    until(lambda: sum(worker["ready"] for worker in pool.status()) == 2)
    until(lambda: loads(pool) == [MORE_THAN_COMFORTABLE // 2] * 2)
    for name in names:
        assert pool.judge(name, FACE).face_count == 1
        pool.release(name)


def test_all_workers_killed_at_once_come_back(pool: InferencePool) -> None:
    pool.judge("a", FACE)
    for worker in pool.status():
        os.kill(worker["pid"], signal.SIGKILL)
    outcomes: list[object] = []

    def learner() -> None:
        until = time.monotonic() + TIMEOUT
        while time.monotonic() < until:
            try:
                outcomes.append(pool.judge("a", FACE))
            except Exception as error:
                outcomes.append(error)
                time.sleep(0.1)
            else:
                return

    thread = threading.Thread(target=learner)
    thread.start()
    thread.join(TIMEOUT)
    assert not isinstance(outcomes[-1], Exception)
    pool.release("a")
