"""What the platform and the database hold after real sessions, also when something breaks."""

from __future__ import annotations

import itertools
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from endpoints import recording_endpoint
from eyelearn.settings import ROOT
from integration.learner import Learner
from pictures import empty_frame, face_frame, jpeg
from service import RunningService, running_service
from waiting import until

FACES = [jpeg(face_frame(n / 10)) for n in range(10)]
EMPTY = jpeg(empty_frame())
FIELDS = {
    "user_id",
    "module_id",
    "section_id",
    "focused_time",
    "unfocused_time",
    "total_time",
    "focus_percentage",
    "focus_sessions",
    "unfocus_sessions",
    "session_type",
    "timestamp",
    "session_id",
    "revision",
}


def rows(service: RunningService) -> list[dict[str, Any]]:
    path = service.environment["DATABASE_URL"].removeprefix("sqlite:///")
    with sqlite3.connect(path) as database:
        database.row_factory = sqlite3.Row
        found = [dict(row) for row in database.execute("select * from sessions")]
    database.close()
    return found


def test_a_session_is_posted_while_it_lasts_and_once_more_at_its_end() -> None:
    with (
        recording_endpoint() as endpoint,
        running_service({"PHP_ENDPOINT": endpoint.url, "FLUSH_INTERVAL_SECONDS": "1"}) as service,
        Learner(service.url, user_id="ünï") as learner,
    ):
        session_id = learner.start()["session_id"]
        learner.watch(FACES * 3)
        metrics = learner.ask("stop_tracking", None, "tracking_stopped")["metrics"]
        until(lambda: service_owes_nothing(service))
        posts = endpoint.bodies
        assert len(posts) >= 3
        assert set(posts[-1]) == FIELDS
        last = posts[-1]
        assert (last["user_id"], last["module_id"], last["section_id"]) == ("ünï", 22, 82)
        assert {name: last[name] for name in metrics if name != "current_state"} == {
            name: value for name, value in metrics.items() if name != "current_state"
        }
        assert {post["session_id"] for post in posts} == {session_id}
        revisions = [post["revision"] for post in posts]
        assert revisions == sorted(set(revisions))


def service_owes_nothing(service: RunningService) -> bool:
    return bool(rows(service)) and all(
        row["revision"] == row["saved_revision"] and row["ended_at"] for row in rows(service)
    )


def test_without_an_endpoint_rows_are_kept_and_the_log_says_so_once() -> None:
    with running_service({"PHP_ENDPOINT": ""}) as service:
        with Learner(service.url) as learner:
            learner.start()
            learner.watch(FACES)
        until(lambda: any(row["ended_at"] for row in rows(service)))
        (row,) = rows(service)
        assert row["focused_time"] > 0.5
        assert service.log.count("PHP_ENDPOINT") == 1


def test_a_slow_endpoint_delays_no_update() -> None:
    with (
        recording_endpoint(delay_seconds=5.0) as endpoint,
        running_service({"PHP_ENDPOINT": endpoint.url, "FLUSH_INTERVAL_SECONDS": "1"}) as service,
        Learner(service.url) as learner,
    ):
        learner.start()
        arrivals = []
        for n in range(60):
            learner.send(FACES[n % len(FACES)])
            arrivals.append(time.monotonic())
            time.sleep(0.05)
        until(lambda: bool(endpoint.bodies))
        gaps = [later - earlier for earlier, later in itertools.pairwise(arrivals)]
        assert max(gaps) < 0.5


def test_sigterm_saves_and_posts_every_session_and_exits_with_zero() -> None:
    with (
        recording_endpoint() as endpoint,
        running_service({"PHP_ENDPOINT": endpoint.url}) as service,
        Learner(service.url, user_id=1) as one,
        Learner(service.url, user_id=2) as other,
    ):
        told = {}
        for learner in (one, other):
            learner.start()
            told[learner.ids["user_id"]] = learner.watch(FACES)[-1]["metrics"]["total_time"]
        assert service.terminate() == 0
        last = {post["user_id"]: post["total_time"] for post in endpoint.bodies}
        assert last == pytest.approx(told, abs=0.2)


def test_sigterm_waits_no_longer_than_it_may_for_an_endpoint_that_hangs() -> None:
    with (
        recording_endpoint(delay_seconds=60.0) as endpoint,
        running_service({"PHP_ENDPOINT": endpoint.url, "SHUTDOWN_SECONDS": "2"}) as service,
        Learner(service.url) as learner,
    ):
        learner.start()
        learner.watch(FACES)
        begun = time.monotonic()
        assert service.terminate() == 0
        assert time.monotonic() - begun < 12.0  # of the 60 that the endpoint takes
        (row,) = rows(service)
        assert row["end_reason"] == "shutdown"
        assert row["saved_revision"] < row["revision"]


def test_a_killed_service_resumes_its_sessions_and_posts_what_it_owed() -> None:
    with (
        recording_endpoint() as endpoint,
        running_service({"PHP_ENDPOINT": endpoint.url, "FLUSH_INTERVAL_SECONDS": "1"}) as service,
    ):
        learner = Learner(service.url)
        session_id = learner.start()["session_id"]
        learner.watch(FACES * 3)
        (row,) = rows(service)
        kept, learned = row["focused_time"], json.loads(row["neutral"])["seconds"]
        assert kept > 0.5
        assert learned > 0.5
        service.kill()
        learner.close()
        service.start()
        with Learner(service.url) as again:
            assert again.start(session_id=session_id)["resumed"]
            metrics = again.watch(FACES)[-1]["metrics"]
            assert metrics["focused_time"] > kept
            again.ask("stop_tracking", None, "tracking_stopped")
        until(lambda: endpoint.bodies and endpoint.bodies[-1]["focused_time"] > kept)
        (row,) = rows(service)
        assert json.loads(row["neutral"])["seconds"] > learned


def test_ids_keep_their_type_after_a_restart() -> None:
    with recording_endpoint() as endpoint, running_service() as service:
        for user_id in (7, "7"):
            with Learner(service.url, user_id=user_id) as learner:
                learner.start()
                learner.watch(FACES[:3])
        until(lambda: len([row for row in rows(service) if row["ended_at"]]) == 2)
        assert service.terminate() == 0
        service.environment["PHP_ENDPOINT"] = endpoint.url
        service.start()
        until(lambda: len(endpoint.bodies) == 2)
        assert {type(post["user_id"]) for post in endpoint.bodies} == {int, str}


def test_an_idle_session_ends_and_goes_on_with_the_next_frame() -> None:
    with (
        running_service({"SESSION_IDLE_SECONDS": "2.5"}) as service,
        Learner(service.url) as learner,
    ):
        learner.start()
        before = learner.watch(FACES)[-1]
        until(lambda: any(row["end_reason"] == "idle" for row in rows(service)))
        after = learner.watch(FACES)[-1]
        assert after["session_id"] == before["session_id"]
        assert after["metrics"]["total_time"] < 2 * before["metrics"]["total_time"] + 0.5


def test_no_new_session_begins_while_the_service_stops() -> None:
    with (
        recording_endpoint(delay_seconds=60.0) as endpoint,
        running_service({"PHP_ENDPOINT": endpoint.url, "SHUTDOWN_SECONDS": "4"}) as service,
        Learner(service.url) as learner,
        Learner(service.url) as late,
    ):
        learner.start()
        learner.watch(FACES[:3])
        stopping = threading.Thread(target=service.terminate)
        stopping.start()
        until(lambda: "stopping" in service.log)
        assert late.ask("start_tracking", late.ids, "error")["code"] == "overloaded"
        stopping.join()


def test_the_port_that_is_taken_is_told() -> None:
    with running_service() as service:
        second = subprocess.run(
            [sys.executable, "python_services/eye_tracking_service_websocket.py"],
            cwd=ROOT,
            env={**os.environ, **service.environment},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert second.returncode == 1
        assert f"can't listen on 127.0.0.1:{service.environment['PORT']}" in second.stderr
        assert service.answers()
