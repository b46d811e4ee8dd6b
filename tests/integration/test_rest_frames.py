"""Frames over REST, as clients of the older service send them, and every row of its errors."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import requests

from endpoints import RecordingEndpoint
from integration.learner import Learner
from integration.older_clients import FACE, IDS, RestClient, framed
from pictures import data_url, empty_frame, face_frame, jpeg, turned_frame
from service import RunningService, running_service
from waiting import until

METRICS = {
    "focused_time",
    "unfocused_time",
    "total_time",
    "focus_percentage",
    "focus_sessions",
    "unfocus_sessions",
    "current_state",
}
STATUS = {
    "is_focused",
    "gaze_direction",
    "attention_score",
    "gaze_vector",
    "head_pose",
    "eyes",
    "face_count",
}
MAX_FRAME_KB, MAX_CLIENT_FPS = 512, 20


@pytest.fixture(scope="module")
def endpoint() -> Iterator[RecordingEndpoint]:
    page = RecordingEndpoint()
    yield page
    page.close()


@pytest.fixture(scope="module")
def service(endpoint: RecordingEndpoint) -> Iterator[RunningService]:
    settings = {
        "INFERENCE_WORKERS": "1",
        "PHP_ENDPOINT": endpoint.url,
        "SESSION_IDLE_SECONDS": "2",
        "FLUSH_INTERVAL_SECONDS": "1",
    }
    with running_service(settings) as running:
        yield running


@pytest.fixture
def client(service: RunningService) -> RestClient:
    return RestClient(service)


@pytest.mark.parametrize("path", ["/api/frames", "/api/stream-frame"])
def test_a_picture_is_answered_with_status_and_metrics(client: RestClient, path: str) -> None:
    told = client.post(path, json=framed(frame_id="a", timestamp=1736937045001, fps=7)).json()
    assert told["success"] is True
    assert (told["frame_id"], told["timestamp"]) == ("a", 1736937045001)
    assert {name: told[name] for name in IDS} == IDS
    assert set(told["status"]) >= STATUS
    assert (told["status"]["is_focused"], told["status"]["face_count"]) == (True, 1)
    assert set(told["metrics"]) == METRICS
    assert "judged" not in told


@pytest.mark.parametrize(
    "picture", [data_url(FACE), base64.b64encode(FACE).decode()], ids=["data URL", "base64"]
)
@pytest.mark.parametrize("field", ["frame", "frame_base64"])
def test_a_picture_comes_under_either_name(client: RestClient, field: str, picture: str) -> None:
    told = client.post(json={field: picture, **IDS}).json()
    assert told["status"]["face_count"] == 1


def test_what_is_missing_is_made_up(client: RestClient) -> None:
    first, second = client.frame(), client.frame()
    assert first["frame_id"] != second["frame_id"]
    assert first["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    ("picture", "direction"),
    [(face_frame(), "centered"), (empty_frame(), "no_face")],
)
def test_what_is_seen_is_told(client: RestClient, picture: Any, direction: str) -> None:
    told = client.frame(jpeg(picture), user_id=f"sees {direction}")
    assert told["status"]["gaze_direction"] == direction


def test_who_has_the_page_out_of_sight_is_unfocused(client: RestClient) -> None:
    told = [client.frame(user_id="hides", hidden=hidden) for hidden in (False, True, False)]
    directions = [each["status"]["gaze_direction"] for each in told]
    assert directions[:2] == ["centered", "page_hidden"]
    assert told[1]["status"]["is_focused"] is False


def test_seconds_are_counted_as_over_socketio(client: RestClient) -> None:
    begun = time.monotonic()
    told = client.film(1.5, user_id="counted")
    elapsed = time.monotonic() - begun
    assert 1.0 <= told["metrics"]["focused_time"] <= elapsed
    away = client.frame(jpeg(turned_frame()), user_id="counted")
    assert away["metrics"]["total_time"] > told["metrics"]["total_time"]


def test_requests_of_one_learner_are_one_session_whatever_their_connections(
    service: RunningService,
) -> None:
    told = [RestClient(service).frame(user_id=user) for user in (8, "8", 9)]
    assert told[0]["session_id"] == told[1]["session_id"] != told[2]["session_id"]
    assert [each["user_id"] for each in told] == [8, "8", 9]


@pytest.mark.parametrize("other", [{"module_id": "m-2"}, {"section_id": 1}])
def test_another_module_or_section_is_another_session(
    client: RestClient, other: dict[str, Any]
) -> None:
    assert client.frame()["session_id"] != client.frame(**other)["session_id"]


def test_a_session_ends_by_being_idle_is_saved_and_goes_on_with_the_next_picture(
    client: RestClient, endpoint: RecordingEndpoint
) -> None:
    told = client.film(1.0, user_id="idle")

    def saved() -> list[dict[str, Any]]:
        return [body for body in endpoint.bodies if body["session_id"] == told["session_id"]]

    total = told["metrics"]["total_time"]
    until(lambda: any(body["total_time"] >= total for body in saved()))
    time.sleep(2.5)
    assert saved()[-1]["total_time"] == pytest.approx(total, abs=0.001)
    assert saved()[-1]["user_id"] == "idle"
    # Unless FORWARD_EACH_RESULT asks for it, saves are all that is posted.
    assert not any("status" in body for body in endpoint.bodies)
    again = client.frame(user_id="idle")
    assert again["session_id"] == told["session_id"]
    assert again["metrics"]["total_time"] == total


def test_a_session_goes_on_after_kill_9() -> None:
    with running_service({"INFERENCE_WORKERS": "1", "FLUSH_INTERVAL_SECONDS": "0.5"}) as service:
        told = RestClient(service).film(2.0)
        service.kill()
        service.start()
        client = RestClient(service)
        assert client.frame()["session_id"] != told["session_id"]
        again = client.frame(user_id="7", session_id=told["session_id"])
        # It has a session since the restart; one that comes with the id at once goes on.
        assert again["session_id"] != told["session_id"]
        service.kill()
        service.start()
        again = RestClient(service).frame(session_id=told["session_id"])
        assert again["session_id"] == told["session_id"]
        assert again["metrics"]["total_time"] >= told["metrics"]["total_time"] - 1.1


WRONG: dict[str, tuple[dict[str, Any], int, str]] = {
    "not JSON": ({"data": "{"}, 400, "invalid_payload"),
    "a list": ({"json": [framed()]}, 400, "invalid_payload"),
    "empty": ({"data": b""}, 400, "invalid_payload"),
    "no user": ({"json": {**framed(), "user_id": None}}, 400, "invalid_payload"),
    "no module": ({"json": {"frame": "x", "user_id": 1}}, 400, "invalid_payload"),
    "no frame": ({"json": IDS}, 400, "invalid_payload"),
    "a frame that is no text": ({"json": framed(frame_base64=[1])}, 400, "invalid_payload"),
    "a user that is a list": ({"json": framed(user_id=[1])}, 400, "invalid_payload"),
    "an empty section": ({"json": framed(section_id="")}, 400, "invalid_payload"),
    "a long user": ({"json": framed(user_id="x" * 65)}, 400, "invalid_payload"),
    "a flag as rate": ({"json": framed(fps="fast")}, 400, "invalid_payload"),
    "too many bytes": (
        {"json": framed(bytes(MAX_FRAME_KB * 1024 + 3))},
        413,
        "frame_too_large",
    ),
    "far too many bytes": ({"data": bytes(5_000_000)}, 413, "frame_too_large"),
    "too many pixels": (
        {"json": framed(jpeg(np.zeros((1500, 1500, 3), np.uint8)))},
        413,
        "frame_too_large",
    ),
    "no picture": ({"json": framed(b"hello")}, 422, "undecodable_frame"),
    "half a picture": ({"json": framed(FACE[:5000])}, 422, "undecodable_frame"),
    "no base64": ({"json": {**framed(), "frame_base64": "ä"}}, 422, "undecodable_frame"),
}


@pytest.mark.parametrize(("sent", "status", "code"), WRONG.values(), ids=list(WRONG))
def test_what_is_wrong_is_told(
    client: RestClient, sent: dict[str, Any], status: int, code: str
) -> None:
    answer = client.post(**sent)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["error"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_are_refused_in_json(service: RunningService, method: str) -> None:
    answer = requests.request(method, f"{service.url}/api/frames", timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (405, "invalid_payload")


def test_no_such_address_is_told_in_json(service: RunningService) -> None:
    answer = requests.post(f"{service.url}/api/nothing", timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (404, "invalid_payload")


def test_frames_are_limited_for_each_learner(service: RunningService) -> None:
    answers: list[requests.Response] = []
    stop = time.monotonic() + 3.0

    def flood() -> None:
        client = RestClient(service)
        while time.monotonic() < stop:
            answers.append(client.post(json=framed(user_id="greedy")))

    threads = [threading.Thread(target=flood) for _ in range(4)]
    for thread in threads:
        thread.start()
    other = RestClient(service).film(2.0, fps=5.0, user_id="modest")
    for thread in threads:
        thread.join()
    statuses = [answer.status_code for answer in answers]
    assert other["metrics"]["total_time"] > 1.0
    assert set(statuses) == {200, 429}
    assert statuses.count(200) <= MAX_CLIENT_FPS * (3.0 + 1.0) + 4
    limited = next(answer for answer in answers if answer.status_code == 429)
    assert limited.json()["code"] == "rate_limited"
    assert int(limited.headers["Retry-After"]) >= 1


def test_pages_of_origins_that_may_connect_are_let_in_and_others_are_not(
    service: RunningService,
) -> None:
    url = f"{service.url}/api/frames"
    asks = {"Access-Control-Request-Method": "POST"}
    good = requests.options(url, headers={**asks, "Origin": "http://localhost:8080"}, timeout=10)
    bad = requests.options(url, headers={**asks, "Origin": "https://evil.example"}, timeout=10)
    assert (good.status_code, bad.status_code) == (204, 403)
    assert good.headers["Access-Control-Allow-Origin"] == "http://localhost:8080"
    assert "POST" in good.headers["Access-Control-Allow-Methods"]
    assert {"Authorization", "Content-Type"} <= set(
        good.headers["Access-Control-Allow-Headers"].split(", ")
    )
    assert "Access-Control-Allow-Origin" not in bad.headers
    told = requests.post(
        url, json=framed(), headers={"Origin": "http://localhost:8080"}, timeout=10
    )
    assert told.headers["Access-Control-Allow-Origin"] == "http://localhost:8080"


def test_a_learner_over_socketio_beside_it_is_another_session(service: RunningService) -> None:
    with Learner(service.url, user_id="both") as learner:
        session_id = learner.start()["session_id"]
        told = RestClient(service).frame(user_id="both", module_id=22, section_id=82)
        assert told["session_id"] != session_id
        assert learner.send(FACE)["status"] == "processed"


def test_without_pictures_from_browsers_each_is_refused() -> None:
    settings = {
        "INFERENCE_WORKERS": "1",
        "ENABLE_BROWSER_EYE_STREAMING": "0",
        "MODEL_NAME": "our-model",
    }
    with running_service(settings) as service:
        answer = RestClient(service).post(json=framed())
        assert (answer.status_code, answer.json()["code"]) == (503, "streaming_disabled")
        assert requests.get(f"{service.url}/healthz", timeout=10).json() == {
            "status": "ok",
            "camera_enabled": False,
            "model": "our-model",
            "browser_streaming_enabled": False,
        }


def test_a_face_that_is_not_enabled_does_not_answer() -> None:
    with running_service({"INFERENCE_WORKERS": "1", "ENABLED_FACES": "focus"}) as service:
        assert RestClient(service).post(json=framed()).status_code == 404
