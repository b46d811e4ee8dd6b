from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from eyelearn.concurrency import threads
from eyelearn.errors import Superseded
from eyelearn.inference import recycling
from eyelearn.inference.handle import RECYCLING_SPREAD, WorkerHandle
from eyelearn.inference.pool import InferencePool
from eyelearn.inference.recycling import Limits, limits_of, resident_bytes
from eyelearn.settings import Settings
from pictures import face_frame, jpeg
from waiting import until

FACE = jpeg(face_frame())
TIMEOUT = 60.0
OFF = Limits(age_seconds=0, sessions=0, memory_bytes=0)


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (Limits(age_seconds=7200, sessions=0, memory_bytes=0), "2.8 h old"),
        (Limits(age_seconds=0, sessions=50, memory_bytes=0), "60 sessions"),
        (Limits(age_seconds=0, sessions=0, memory_bytes=100 << 20), "300 MB"),
    ],
    ids=["age", "sessions", "memory"],
)
def test_a_worker_over_a_limit_is_to_go(limits: Limits, told: str) -> None:
    reason = limits.exceeded_by(age=10_000, sessions=60, memory=300 << 20, share=1.0)
    assert reason is not None
    assert told in reason


def test_a_worker_within_its_limits_stays() -> None:
    limits = Limits(age_seconds=7200, sessions=50, memory_bytes=100 << 20)
    assert limits.exceeded_by(age=100, sessions=10, memory=50 << 20, share=0.75) is None


def test_limits_that_are_switched_off_hold_nobody() -> None:
    assert OFF.exceeded_by(age=1e9, sessions=10**9, memory=1 << 40, share=0.75) is None


def test_workers_that_started_together_come_to_their_limits_apart() -> None:
    shares = {WorkerHandle(str(n)).recycling_share for n in range(20)}
    assert len(shares) == 20
    assert all(1 - RECYCLING_SPREAD <= share <= 1 for share in shares)


def test_the_defaults_recycle_by_everything() -> None:
    limits = limits_of(Settings(_env_file=None))
    assert limits == Limits(age_seconds=12 * 3600, sessions=5000, memory_bytes=600 << 20)


def test_memory_in_use_is_known_of_processes_that_are_there() -> None:
    assert resident_bytes(os.getpid()) > 10 << 20
    assert resident_bytes(None) == 0


class Watcher:
    """A learner who sends frame after frame, and what came of each."""

    def __init__(self, pool: InferencePool, name: str) -> None:
        self.outcomes: list[Any] = []
        self._pool = pool
        self._name = name
        self._off = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        until(lambda: self.outcomes)

    def _watch(self) -> None:
        while not self._off.is_set():
            try:
                self.outcomes.append(self._pool.judge(self._name, FACE))
            except Exception as error:
                self.outcomes.append(error)
            time.sleep(0.05)

    def stop(self) -> None:
        self._off.set()
        self._thread.join()
        self._pool.release(self._name)


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch, workers: int) -> Iterator[InferencePool]:
    monkeypatch.setattr(recycling, "CHECK_INTERVAL_SECONDS", 0.1)
    settings = Settings(
        _env_file=None,
        inference_workers=workers,
        worker_max_sessions=3,
        worker_max_age_hours=0,
        worker_max_memory_mb=0,
    )
    pool = InferencePool(settings, threads())
    pool.start()
    assert pool.wait_ready(TIMEOUT)
    yield pool
    pool.stop(2.0)


def pids(pool: InferencePool) -> set[int]:
    return {worker["pid"] for worker in pool.status()}


def visit(pool: InferencePool, count: int) -> None:
    """So many sessions come, and go."""
    for n in range(count):
        pool.judge(f"visitor {n}", FACE)
        pool.release(f"visitor {n}")


@pytest.mark.parametrize("workers", [1])
def test_a_worker_is_replaced_without_a_frame_lost(pool: InferencePool) -> None:
    (old,) = pids(pool)
    learners = [Watcher(pool, name) for name in "ab"]
    visit(pool, 3)
    until(lambda: pids(pool).isdisjoint({old}))
    seen = [len(learner.outcomes) for learner in learners]
    until(lambda: all(len(learner.outcomes) > n for learner, n in zip(learners, seen, strict=True)))
    for learner in learners:
        learner.stop()
    assert [
        type(o).__name__ for w in learners for o in w.outcomes if isinstance(o, Exception)
    ] == []
    assert [worker["ready"] for worker in pool.status()] == [True]
    with pytest.raises(ProcessLookupError):
        os.kill(old, 0)


@pytest.mark.parametrize("workers", [2])
def test_one_is_replaced_at_a_time_and_the_other_stays(pool: InferencePool) -> None:
    old = pids(pool)
    learners = [Watcher(pool, name) for name in "abcd"]
    visit(pool, 6)
    until(lambda: len(pids(pool)) == 2 and pids(pool) != old)
    assert len(pids(pool) & old) == 1
    assert sum(worker["sessions"] for worker in pool.status()) == len(learners)
    for learner in learners:
        learner.stop()
    assert all(not isinstance(outcome, Exception) for w in learners for outcome in w.outcomes)


@pytest.mark.parametrize("workers", [1])
def test_where_memory_is_short_the_old_worker_leaves_first(
    pool: InferencePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recycling, "room_for_another", lambda: False)
    (old,) = pids(pool)
    learner = Watcher(pool, "a")
    at_once: list[int] = []
    visit(pool, 3)

    def replaced() -> bool:
        status = pool.status()
        at_once.append(sum(worker["ready"] for worker in status))
        return len(status) == 1 and status[0]["ready"] and status[0]["pid"] != old

    until(replaced)
    seen = len(learner.outcomes)
    until(lambda: len(learner.outcomes) > seen)
    learner.stop()
    assert max(at_once) == 1
    failures = [outcome for outcome in learner.outcomes if isinstance(outcome, Exception)]
    assert all(isinstance(failure, Superseded) for failure in failures)
