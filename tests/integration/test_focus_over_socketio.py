"""The service by its real command, real Face Mesh, a real face, a client that nobody here wrote."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import websocket

from integration.learner import Learner
from pictures import data_url, empty_frame, face_frame, jpeg, two_faces_frame
from service import RunningService, running_service
from waiting import until

FACES = [jpeg(face_frame(n / 10)) for n in range(20)]
EMPTY = jpeg(empty_frame())
TRANSPORTS = ["websocket", "polling"]
UUID_LENGTH = 36
WAIT_SECONDS = 60.0
# The service's default, and a number of frames that is far more than it lets through at once.
MAX_CLIENT_FPS = 20
FLOOD = 300


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    with running_service() as running:
        yield running


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_real_face_is_tracked(service: RunningService, transport: str) -> None:
    with Learner(service.url, transport) as learner:
        learner.wait_for("connected")
        started = learner.start()
        assert {name: started[name] for name in learner.ids} == learner.ids
        assert len(started["session_id"]) == UUID_LENGTH
        assert started["resumed"] is False
        assert 0 < len(started["landmark_indices"]) <= 36
        begun = time.monotonic()
        updates = learner.watch(FACES)
        elapsed = time.monotonic() - begun
        assert len(updates) == len(FACES)
        assert updates[-1]["is_focused"] is True
        assert updates[-1]["gaze_direction"] == "centered"
        assert updates[-1]["face_count"] == 1
        assert elapsed / 2 < updates[-1]["metrics"]["focused_time"] <= elapsed
        stopped = learner.ask("stop_tracking", None, "tracking_stopped")
        assert stopped["session_id"] == started["session_id"]
        assert stopped["metrics"]["total_time"] >= updates[-1]["metrics"]["total_time"]


def test_an_update_has_everything_the_protocol_names(service: RunningService) -> None:
    with Learner(service.url) as learner:
        session_id = learner.start()["session_id"]
        learner.send(FACES[0], timestamp=1736937045001)
        update = learner.wait_for("tracking_update")
    assert set(update) == {
        "is_focused",
        "gaze_direction",
        "metrics",
        "timestamp",
        "session_id",
        "frame_timestamp",
        "attention_score",
        "face_count",
        "head_pose",
        "gaze_vector",
        "eyes",
        "hint",
    }
    assert set(update["metrics"]) == {
        "focused_time",
        "unfocused_time",
        "total_time",
        "focus_percentage",
        "focus_sessions",
        "unfocus_sessions",
        "current_state",
    }
    assert set(update["head_pose"]) == {"yaw", "pitch", "roll"}
    assert set(update["eyes"]) == {
        "openness",
        "closed",
        "blink_count",
        "blinks_per_minute",
        "perclos",
    }
    assert update["frame_timestamp"] == 1736937045001
    assert update["session_id"] == session_id
    assert update["timestamp"].endswith("Z")
    assert sum(x * x for x in update["gaze_vector"]) == pytest.approx(1.0, abs=0.01)
    assert 0.5 < update["attention_score"] <= 1.0


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("text", [False, True], ids=["binary", "text"])
def test_a_frame_is_acknowledged(service: RunningService, transport: str, text: bool) -> None:
    with Learner(service.url, transport) as learner:
        learner.start()
        frame: bytes | str = data_url(FACES[0]) if text else FACES[0]
        assert learner.send(frame) == {"status": "processed", "reason": None}


def test_nobody_in_view_ends_focus_and_coming_back_starts_it(service: RunningService) -> None:
    with Learner(service.url) as learner:
        learner.start()
        assert learner.watch(FACES[:10])[-1]["is_focused"]
        gone = learner.watch([EMPTY] * 15)
        assert (gone[-1]["is_focused"], gone[-1]["gaze_direction"]) == (False, "no_face")
        assert gone[-1]["head_pose"] is None
        back = learner.watch(FACES[:10])
        assert back[-1]["is_focused"]
        assert back[-1]["metrics"]["focus_sessions"] == 2


def test_a_second_person_is_noticed(service: RunningService) -> None:
    with Learner(service.url) as learner:
        learner.start()
        updates = learner.watch([jpeg(two_faces_frame(n / 10)) for n in range(25)])
        assert updates[-1]["face_count"] == 2
        assert updates[-1]["gaze_direction"] == "multiple_faces"


def test_a_hidden_page_is_unfocused(service: RunningService) -> None:
    with Learner(service.url) as learner:
        learner.start()
        learner.watch(FACES[:5])
        learner.client.emit("page_visibility", {"hidden": True})
        hidden = learner.watch(FACES[:5])[-1]
        assert (hidden["is_focused"], hidden["gaze_direction"]) == (False, "page_hidden")
        learner.client.emit("page_visibility", {"hidden": False})
        assert learner.watch(FACES[:5])[-1]["is_focused"]


def test_calibration_answers_with_the_baseline(service: RunningService) -> None:
    with Learner(service.url) as learner:
        learner.start()
        learner.watch(FACES[:10])
        calibrated = learner.ask("calibrate", {}, "calibrated")
        assert calibrated["samples"] >= 3
        assert set(calibrated["baseline"]) == {"yaw", "pitch"}


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\xff\xd8\xff" + bytes(3_000_000), "frame_too_large"),
        (data_url(b"\xff\xd8\xff" + bytes(3 * 1024 * 1024 - 3)), "frame_too_large"),
        ("this is no image", "undecodable_frame"),
        (b"", "undecodable_frame"),
        (FACES[0][: len(FACES[0]) // 2], "undecodable_frame"),
        (None, "invalid_payload"),
        ({"a": 1}, "invalid_payload"),
    ],
    ids=["3 MB", "3 MiB as a data URL", "text", "empty", "truncated", "null", "object"],
)
def test_a_bad_frame_is_answered_with_its_code(
    service: RunningService, transport: str, frame: Any, code: str
) -> None:
    with Learner(service.url, transport) as learner:
        learner.start()
        assert learner.send(frame) == {"status": "rejected", "reason": code}
        error = learner.wait_for("error")
        assert error["code"] == code
        assert error["message"]
        assert learner.send(FACES[0])["status"] == "processed"


@pytest.mark.parametrize(
    ("event", "data", "code"),
    [
        ("start_tracking", "no dict", "invalid_payload"),
        ("start_tracking", None, "invalid_payload"),
        ("start_tracking", {"user_id": 1}, "invalid_payload"),
        ("start_tracking", {"user_id": True, "module_id": 2}, "invalid_payload"),
        ("video_frame", {"frame": FACES[0]}, "not_tracking"),
        ("page_visibility", {"hidden": True}, "not_tracking"),
        ("calibrate", {}, "not_tracking"),
        ("stop_tracking", None, "not_tracking"),
        ("no_such_event", {"x": 1}, "invalid_payload"),
    ],
)
def test_what_is_malformed_or_too_early_is_told(
    service: RunningService, event: str, data: Any, code: str
) -> None:
    with Learner(service.url) as learner:
        assert learner.ask(event, data, "error")["code"] == code
        assert learner.start()["session_id"]


def test_too_many_frames_are_limited_and_told_once_a_second(service: RunningService) -> None:
    with Learner(service.url) as learner:
        learner.start()
        acks: list[dict[str, Any]] = []
        begun = time.monotonic()
        for _ in range(FLOOD):
            learner.client.emit("video_frame", {"frame": EMPTY}, callback=acks.append)
        until(lambda: len(acks) == FLOOD, WAIT_SECONDS)
        learner.wait_for("error")
        elapsed = time.monotonic() - begun
        statuses = [ack["status"] for ack in acks]
        limited = statuses.count("rate_limited")
        # A burst of one second is let through, too.
        assert FLOOD - MAX_CLIENT_FPS * (elapsed + 1) - 1 <= limited < FLOOD
        assert limited > 0
        assert set(statuses) <= {"processed", "superseded", "rate_limited"}
        assert 1 <= len(learner.all("error")) <= elapsed + 1


def test_starting_twice_ends_the_first_session(service: RunningService) -> None:
    with Learner(service.url) as learner:
        first = learner.start()["session_id"]
        second = learner.start()["session_id"]
        assert first != second
        learner.send(FACES[0])
        assert learner.wait_for("tracking_update")["session_id"] == second


def test_two_browsers_of_one_user_are_two_sessions(service: RunningService) -> None:
    with Learner(service.url, user_id=5) as one, Learner(service.url, user_id=5) as other:
        assert one.start()["session_id"] != other.start()["session_id"]
        assert one.send(FACES[0])["status"] == other.send(FACES[0])["status"] == "processed"


def test_a_dropped_session_is_resumed_with_its_metrics(service: RunningService) -> None:
    with Learner(service.url) as learner:
        session_id = learner.start()["session_id"]
        before = learner.watch(FACES[:10])[-1]["metrics"]
    time.sleep(2.5)
    with Learner(service.url) as again:
        resumed = again.start(session_id=session_id)
        assert (resumed["resumed"], resumed["session_id"]) == (True, session_id)
        begun = time.monotonic()
        after = again.watch(FACES[:10])[-1]["metrics"]
        elapsed = time.monotonic() - begun
        assert after["focused_time"] > before["focused_time"]
        # The time between the two connections does not count.
        assert after["total_time"] - before["total_time"] <= elapsed


def test_a_session_is_taken_over_from_a_connection_that_still_holds_it(
    service: RunningService,
) -> None:
    with Learner(service.url) as old, Learner(service.url) as new:
        session_id = old.start()["session_id"]
        assert new.start(session_id=session_id)["resumed"]
        assert old.send(FACES[0]) == {"status": "rejected", "reason": "not_tracking"}
        assert new.send(FACES[0])["status"] == "processed"


@pytest.mark.parametrize(
    "session_id",
    ["unknown", "", "x" * 65, 5, ["x"], "00000000-0000-4000-8000-000000000000"],
)
def test_an_unknown_session_id_begins_anew(service: RunningService, session_id: Any) -> None:
    with Learner(service.url) as learner:
        started = learner.start(session_id=session_id)
        assert started["resumed"] is False
        assert started["session_id"] != session_id


def test_a_stopped_session_is_not_resumed(service: RunningService) -> None:
    with Learner(service.url) as learner:
        session_id = learner.start()["session_id"]
        learner.ask("stop_tracking", {}, "tracking_stopped")
        assert learner.start(session_id=session_id)["resumed"] is False


def test_another_learner_can_not_resume_a_session(service: RunningService) -> None:
    with Learner(service.url, user_id=1) as one, Learner(service.url, user_id=2) as other:
        session_id = one.start()["session_id"]
        assert other.start(session_id=session_id)["resumed"] is False


def test_a_killed_worker_costs_no_session(service: RunningService) -> None:
    with Learner(service.url) as one, Learner(service.url) as other:
        for learner in (one, other):
            learner.start()
            learner.watch(FACES[:10])
        before = one.all("tracking_update")[-1]["metrics"]
        for pid in worker_pids(service):
            os.kill(pid, signal.SIGKILL)
        until(lambda: one.send(FACES[0])["status"] == "processed", WAIT_SECONDS)
        until(lambda: other.send(FACES[0])["status"] == "processed", WAIT_SECONDS)
        after = one.watch(FACES[:5])[-1]
        assert after["is_focused"]
        assert after["metrics"]["focused_time"] >= before["focused_time"]


def test_a_service_that_takes_no_pictures_says_so_once_a_second() -> None:
    with (
        running_service({"ENABLE_BROWSER_EYE_STREAMING": "0"}) as service,
        Learner(service.url) as learner,
    ):
        learner.start()
        refused = {"status": "rejected", "reason": "streaming_disabled"}
        begun = time.monotonic()
        assert [learner.send(FACES[0]) for _ in range(5)] == [refused] * 5
        learner.wait_for("error")
        elapsed = time.monotonic() - begun
        codes = [error["code"] for error in learner.all("error")]
        assert set(codes) == {"streaming_disabled"}
        assert len(codes) <= elapsed + 1


def test_no_log_holds_an_id_or_a_picture() -> None:
    with running_service({"DEBUG": "1"}) as service:
        with Learner(service.url, user_id="secret-learner") as learner:
            session_id = learner.start()["session_id"]
            learner.send(data_url(FACES[0]))
            learner.send("no picture at all")
        assert service.terminate() == 0
        assert "goes on" in service.log or "begins" in service.log
        for private in ("secret-learner", session_id, data_url(FACES[0])[:60], "no picture at all"):
            assert private not in service.log


def test_readiness_tells_of_workers_and_saving(service: RunningService) -> None:
    # A worker that an earlier test killed may still be starting.
    until(lambda: all(worker["ready"] for worker in readiness(service)["workers"]), WAIT_SECONDS)
    told = readiness(service)
    assert told["status"] == "ready"
    assert told["saving"]["database_ok"]


def readiness(service: RunningService) -> dict[str, Any]:
    with urllib.request.urlopen(f"{service.url}/readyz") as answer:
        return dict(json.load(answer))


def worker_pids(service: RunningService) -> list[int]:
    children = f"/proc/{service.process.pid}/task/{service.process.pid}/children"
    with open(children) as listing:
        pids = [int(word) for word in listing.read().split()]
    found = []
    for pid in pids:
        with open(f"/proc/{pid}/cmdline") as command:
            if "eyelearn.inference.worker" in command.read():
                found.append(pid)
    assert found
    return found


def test_a_frame_right_behind_its_start_is_judged(service: RunningService) -> None:
    url = service.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    hasty = websocket.create_connection(url, timeout=WAIT_SECONDS)
    with closing(hasty):
        hasty.send("40")
        hasty.send('42["start_tracking",{"user_id":"hasty","module_id":22,"section_id":82}]')
        hasty.send(f'427["video_frame",{{"frame":"{data_url(FACES[0])}"}}]')
        while not (told := hasty.recv()).startswith("437"):
            pass
        assert told == '437[{"status":"processed","reason":null}]'


def test_a_frame_in_pieces_is_a_frame(service: RunningService) -> None:
    url = service.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    piecemeal = websocket.create_connection(url, timeout=WAIT_SECONDS)
    text, binary, continuation = 1, 2, 0
    with closing(piecemeal):
        piecemeal.send("40")
        piecemeal.send('42["start_tracking",{"user_id":"p","module_id":22,"section_id":82}]')
        announced = '451-7["video_frame",{"frame":{"_placeholder":true,"num":0}}]'
        whole = websocket.ABNF.create_frame(announced, text)
        first = websocket.ABNF.create_frame(FACES[0][:1000], binary, fin=0)
        last = websocket.ABNF.create_frame(FACES[0][1000:], continuation, fin=1)
        bytes_sent = whole.format() + first.format() + last.format()
        for n in range(0, len(bytes_sent), 7001):
            piecemeal.sock.sendall(bytes_sent[n : n + 7001])
        while not (told := piecemeal.recv()).startswith("437"):
            pass
        assert told == '437[{"status":"processed","reason":null}]'
