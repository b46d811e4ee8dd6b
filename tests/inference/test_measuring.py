"""Landmarks to workers that die, hang and answer late, as real processes can't be made to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from eyelearn.concurrency import Concurrency
from eyelearn.errors import Internal, Overloaded
from eyelearn.inference import messages
from eyelearn.inference.landmark_batch import LandmarkBatch, Measured
from eyelearn.inference.measuring import PATIENCE_SECONDS, SAMPLES_IN_A_ROW, Measuring
from eyelearn.processes.channel import ChannelClosed
from eyelearn.vision.face_rows import to_rows
from tracking.faces import face

TIMEOUT_SECONDS = 5.0
SAMPLE_BYTES = 35 * 3 * 4


class Later:
    """Runs what is to come when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], Any]] = []
        self.turns_of_others: list[Callable[[], Any]] = []

    def concurrency(self) -> Concurrency:
        return Concurrency(
            spawn=lambda function, *arguments: function(*arguments),
            later=lambda _seconds, function: self.waiting.append(function),
            sleep=lambda _seconds: [turn() for turn in self.turns_of_others],
            lock=threading.Lock,
            event=threading.Event,
        )

    def come(self) -> None:
        waiting, self.waiting = self.waiting, []
        for function in waiting:
            function()


class Worker:
    """As `Measuring` knows one; keeps what it was sent."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.answers, self.leaving, self.gone = True, False, False
        self.sent: list[tuple[dict[str, Any], bytes]] = []
        self.child = SimpleNamespace(send=self._send)

    def _send(self, header: dict[str, Any], payload: bytes) -> None:
        if self.gone:
            raise ChannelClosed("gone")
        self.sent.append((header, payload))


@pytest.fixture
def later() -> Later:
    return Later()


@pytest.fixture
def workers() -> list[Worker]:
    return [Worker("one"), Worker("two")]


@pytest.fixture
def measuring(later: Later, workers: list[Worker]) -> Measuring:
    return Measuring(lambda: workers, TIMEOUT_SECONDS, later.concurrency())  # type: ignore[arg-type]


def submit(measuring: Measuring, session_id: str, samples: int = 1) -> list[Measured]:
    """What the batch is told, as soon as it is."""
    told: list[Measured] = []
    points = bytes(samples * SAMPLE_BYTES)
    batch = LandmarkBatch(points, samples, (640, 480), told.append)
    measuring.submit(session_id, batch)
    return told


def answer(measuring: Measuring, worker: Worker, at: int = -1) -> None:
    """Each sample is a face that is turned by its number."""
    header, _ = worker.sent[at]
    count = sum(samples for samples, _, _ in header["batches"])
    rows = to_rows([face(yaw=float(number)) for number in range(count)])
    payload = bytearray(np.ascontiguousarray(rows).tobytes())
    measuring.on_answer(worker, messages.measured(header["number"]), payload)  # type: ignore[arg-type]


def test_all_that_comes_together_is_one_message_and_each_gets_its_own(
    measuring: Measuring, later: Later, workers: list[Worker]
) -> None:
    workers.pop()
    told = [submit(measuring, "a", 2), submit(measuring, "b", 1), submit(measuring, "c", 3)]
    later.come()
    ((header, payload),) = workers[0].sent
    assert [samples for samples, _, _ in header["batches"]] == [2, 1, 3]
    assert len(payload) == 6 * SAMPLE_BYTES
    answer(measuring, workers[0])
    yaws = [[each.yaw for each in faces] for ((faces),) in told]  # type: ignore[union-attr]
    assert yaws == [[0.0, 1.0], [2.0], [3.0, 4.0, 5.0]]


@pytest.mark.parametrize("samples", [1, 5, 25, 300])
def test_others_have_their_turn_in_a_long_row_of_answers(
    measuring: Measuring, later: Later, workers: list[Worker], samples: int
) -> None:
    workers.pop()
    told = [submit(measuring, "a", samples) for _ in range(100)]
    later.come()
    answered_at: list[int] = []
    later.turns_of_others.append(lambda: answered_at.append(sum(map(len, told))))
    answer(measuring, workers[0])
    rows = np.diff([0, *answered_at, len(told)]) * samples
    assert rows.sum() == 100 * samples
    assert rows.max() < SAMPLES_IN_A_ROW + samples


def test_a_session_stays_on_its_worker(
    measuring: Measuring, later: Later, workers: list[Worker]
) -> None:
    for _ in range(5):
        submit(measuring, "a")
        later.come()
    assert sorted(len(worker.sent) for worker in workers) == [0, 5]


def with_it(workers: list[Worker]) -> tuple[Worker, Worker]:
    """The worker that was sent something, and the other."""
    one, other = workers
    return (one, other) if one.sent else (other, one)


@pytest.mark.parametrize("dies", [True, False], ids=["dies", "hangs"])
def test_what_a_worker_does_not_answer_goes_to_another_once(
    measuring: Measuring, later: Later, workers: list[Worker], dies: bool
) -> None:
    told = submit(measuring, "a")
    later.come()
    lost, other = with_it(workers)

    def lose(worker: Worker) -> None:
        if dies:
            worker.answers = False
            measuring.on_death(worker)  # type: ignore[arg-type]
        else:
            measuring.sweep(time.monotonic() + PATIENCE_SECONDS + 0.1)

    lose(lost)
    later.come()
    assert len(other.sent) == 1
    assert told == []
    lost.answers = True
    lose(other)
    assert isinstance(told[0], Internal)


def test_an_answer_that_comes_after_all_is_of_no_use_any_more(
    measuring: Measuring, later: Later, workers: list[Worker]
) -> None:
    told = submit(measuring, "a")
    later.come()
    lost, other = with_it(workers)
    measuring.sweep(time.monotonic() + PATIENCE_SECONDS + 0.1)
    later.come()
    answer(measuring, lost)
    assert told == []
    answer(measuring, other)
    assert len(told) == 1


def test_a_lone_worker_is_waited_for_as_long_as_it_may_live(
    measuring: Measuring, later: Later, workers: list[Worker]
) -> None:
    workers.pop()
    told = submit(measuring, "a")
    later.come()
    measuring.sweep(time.monotonic() + PATIENCE_SECONDS + 0.1)
    assert told == []
    measuring.sweep(time.monotonic() + TIMEOUT_SECONDS + 0.1)
    later.come()
    assert len(workers[0].sent) == 2


def test_a_worker_that_went_before_it_was_sent_anything_loses_nothing(
    measuring: Measuring, later: Later, workers: list[Worker]
) -> None:
    told = [submit(measuring, name) for name in "abcdef"]
    workers[0].gone = True
    later.come()
    workers[0].answers = False
    later.come()
    for number in range(len(workers[1].sent)):
        answer(measuring, workers[1], number)
    assert all(len(each) == 1 for each in told)


def test_what_can_not_be_measured_is_told(
    measuring: Measuring, later: Later, workers: list[Worker]
) -> None:
    told = submit(measuring, "a")
    later.come()
    worker, _ = with_it(workers)
    failed = messages.unmeasured(worker.sent[0][0]["number"], Internal("no"))
    measuring.on_answer(worker, failed, bytearray())  # type: ignore[arg-type]
    assert isinstance(told[0], Internal)


def test_without_a_worker_each_is_told_at_once(measuring: Measuring, workers: list[Worker]) -> None:
    for worker in workers:
        worker.answers = False
    assert isinstance(submit(measuring, "a")[0], Overloaded)
