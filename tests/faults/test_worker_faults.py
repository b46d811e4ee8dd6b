"""Workers hang, are killed, and are replaced by plan, while learners are watched."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from faults.lesson import ATTENTIVE, Lesson, lesson
from integration.older_clients import RestClient, framed
from service import RunningService, running_service
from waiting import until

# Far above what a test takes: what hangs is not killed meanwhile.
UNTOUCHED_SECONDS = "600"
FIRST_SECONDS = 60.0


@contextmanager
def class_of(users: int, **environment: str) -> Iterator[tuple[RunningService, Lesson]]:
    """So many learners, all seen already."""
    with (
        running_service(environment) as service,
        lesson(service, range(1, users + 1), film=ATTENTIVE) as begun,
    ):
        until(lambda: all(pupil.was_seen for pupil in begun.pupils), FIRST_SECONDS)
        yield service, begun


def workers(service: RunningService) -> list[dict[str, Any]]:
    return list(requests.get(f"{service.url}/readyz", timeout=10).json()["workers"])


def pids(service: RunningService) -> list[int]:
    return [worker["pid"] for worker in workers(service)]


def everybody_is_seen(begun: Lesson, times: int = 3) -> None:
    """Waits until each learner is told so many times more."""
    before = [len(pupil.arrivals) for pupil in begun.pupils]
    until(
        lambda: all(
            len(pupil.arrivals) >= count + times
            for pupil, count in zip(begun.pupils, before, strict=True)
        )
    )


def errors(begun: Lesson) -> list[Any]:
    return [error for pupil in begun.pupils for error in pupil.learner.all("error")]


def sessions_go_on(begun: Lesson) -> bool:
    """Whether each learner's session, ended in order, is the one it began with, in one piece."""
    begun_with = [pupil.session_id for pupil in begun.pupils]
    begun.stop()
    return set(begun.told) == set(begun_with)


def test_nobody_waits_for_a_worker_that_hangs() -> None:
    with class_of(4, INFERENCE_WORKERS="2", WORKER_TIMEOUT_SECONDS=UNTOUCHED_SECONDS) as (
        service,
        begun,
    ):
        stuck = pids(service)[0]
        os.kill(stuck, signal.SIGSTOP)
        everybody_is_seen(begun)
        assert stuck in pids(service)
        assert sorted(worker["sessions"] for worker in workers(service)) == [0, 4]
        os.kill(stuck, signal.SIGCONT)
        until(lambda: all(worker["ready"] for worker in workers(service)))
        everybody_is_seen(begun)
        assert errors(begun) == []
        assert sessions_go_on(begun)


def test_a_worker_that_hangs_alone_is_killed_and_the_lesson_goes_on() -> None:
    with class_of(2, INFERENCE_WORKERS="1", WORKER_TIMEOUT_SECONDS="2") as (service, begun):
        (stuck,) = pids(service)
        os.kill(stuck, signal.SIGSTOP)
        until(lambda: pids(service) != [stuck])
        everybody_is_seen(begun)
        assert sessions_go_on(begun)


def test_the_lesson_goes_on_when_all_workers_were_killed_at_once() -> None:
    with class_of(4, INFERENCE_WORKERS="2") as (service, begun):
        old = pids(service)
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        until(lambda: not set(old) & set(pids(service)))
        everybody_is_seen(begun)
        assert {error["code"] for error in errors(begun)} <= {"internal", "overloaded"}
        assert sum(worker["sessions"] for worker in workers(service)) == len(begun.pupils)
        assert sessions_go_on(begun)


def test_a_worker_replaced_by_plan_costs_no_learner_an_answer() -> None:
    with class_of(3, INFERENCE_WORKERS="1", WORKER_MAX_SESSIONS="2") as (service, begun):
        until(lambda: "worker is replaced" in service.log)
        until(lambda: [worker["name"] for worker in workers(service)] == ["worker 2"])
        everybody_is_seen(begun)
        assert errors(begun) == []
        assert sessions_go_on(begun)


def test_a_request_does_not_wait_for_a_worker_that_hangs() -> None:
    settings = {"INFERENCE_WORKERS": "1", "WORKER_TIMEOUT_SECONDS": UNTOUCHED_SECONDS}
    with running_service(settings) as service:
        client = RestClient(service)
        begun_with = client.frame()["session_id"]
        (stuck,) = pids(service)
        os.kill(stuck, signal.SIGSTOP)
        answer = client.post(json=framed())
        assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
        assert int(answer.headers["Retry-After"]) >= 1
        os.kill(stuck, signal.SIGCONT)
        assert client.frame()["session_id"] == begun_with
