"""Landmarks in the place of pictures: over Socket.IO and REST, judged as the pictures are."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import requests

from eyelearn.vision.face_mesh import FaceModels
from eyelearn.vision.landmarks import LANDMARK_INDICES, select
from integration.learner import Learner
from integration.older_clients import IDS, RestClient, ask, web_socket
from pictures import HEIGHT, WIDTH, Picture, empty_frame, face_frame, jpeg, turned_frame
from service import RunningService, running_service

FPS = 5


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    with running_service(
        {"INFERENCE_WORKERS": "2", "ENABLE_BROWSER_EYE_STREAMING": "0"}
    ) as running:
        yield running


@pytest.fixture(scope="module")
def models() -> Iterator[FaceModels]:
    made = FaceModels()
    yield made
    made.close()


def points_of(models: FaceModels, picture: Picture) -> Any:
    """(35, 3) float32, as a browser's Face Mesh finds them."""
    regions = models.regions(picture)
    found = models.mesh(picture, regions[0]) if regions else None
    if found is None:
        return np.full((len(LANDMARK_INDICES), 3), np.nan, np.float32)
    return select(found.mesh).astype("<f4")


def batch(points: list[Any], begun_ms: float, late_ms: float = 0.0) -> dict[str, Any]:
    """Samples, `FPS` of them a second, sent with the last of them."""
    timestamps = [begun_ms + 1000 * number / FPS for number in range(len(points))]
    return {
        "sent_at": timestamps[-1] + late_ms,
        "width": WIDTH,
        "height": HEIGHT,
        "timestamps": timestamps,
        "face_counts": [int(not np.isnan(each).any()) for each in points],
        "points": np.stack(points).tobytes(),
    }


@pytest.fixture(scope="module")
def looking(models: FaceModels) -> list[Any]:
    return [points_of(models, face_frame(n / FPS)) for n in range(FPS)]


@pytest.fixture(scope="module")
def elsewhere(models: FaceModels) -> list[Any]:
    return [points_of(models, turned_frame(n / FPS)) for n in range(FPS)]


def send(learner: Learner, sent: dict[str, Any]) -> dict[str, Any]:
    return dict(learner.client.call("face_landmarks", sent, timeout=20))


def test_a_batch_gets_one_update_with_the_time_of_its_last_sample(
    service: RunningService, looking: list[Any]
) -> None:
    with Learner(service.url, user_id="one") as learner:
        assert learner.start()["landmark_indices"] == list(LANDMARK_INDICES)
        assert send(learner, batch(looking, 1000.0)) == {"status": "processed", "reason": None}
        told = learner.wait_for("tracking_update")
        assert told["frame_timestamp"] == 1800.0
        assert (told["is_focused"], told["face_count"]) == (True, 1)
        assert told["metrics"]["focused_time"] == pytest.approx(0.8)
        assert len(learner.all("tracking_update")) == 1


def test_seconds_are_those_between_samples_and_states_those_of_pictures(
    service: RunningService, looking: list[Any], elsewhere: list[Any], models: FaceModels
) -> None:
    nobody = [points_of(models, empty_frame())] * FPS
    with Learner(service.url, user_id="many") as learner:
        learner.start()
        for second, points in enumerate((looking, looking, elsewhere, elsewhere, nobody)):
            time.sleep(1.0)
            assert send(learner, batch(points, 1000.0 * second))["status"] == "processed"
        told = learner.wait_for("tracking_update", 5)
        directions = [each["gaze_direction"] for each in learner.all("tracking_update")]
        assert directions[:2] == ["centered", "centered"]
        assert directions[4] == "no_face"
        assert told["metrics"]["total_time"] == pytest.approx(4.8, abs=0.2)
        assert told["metrics"]["focused_time"] == pytest.approx(2.4, abs=0.3)


def test_repeats_and_what_was_overtaken_change_nothing(
    service: RunningService, looking: list[Any]
) -> None:
    first, second, third = (batch(looking, 1000.0 * n) for n in range(3))
    totals = []
    for user, order in (("once", "123"), ("again", "1122133")):
        with Learner(service.url, user_id=user) as learner:
            learner.start()
            acks = []
            for number in order:
                acks.append(send(learner, {"1": first, "2": second, "3": third}[number]))
                time.sleep(0.5)
            stopped = learner.ask("stop_tracking", None, "tracking_stopped")
            totals.append(stopped["metrics"]["focused_time"])
            assert {ack["status"] for ack in acks} <= {"processed", "superseded"}
    assert totals[0] <= 2.8
    assert totals[1] == pytest.approx(2.8, abs=0.1)


def test_what_gathered_while_the_connection_was_lost_is_counted(
    service: RunningService, looking: list[Any]
) -> None:
    with Learner(service.url, user_id="lost") as learner:
        session_id = learner.start()["session_id"]
        send(learner, batch(looking, 0.0))
    time.sleep(4.0)
    with Learner(service.url, user_id="lost") as learner:
        assert learner.start(session_id=session_id)["resumed"] is True
        gathered = [point for _ in range(4) for point in looking]
        assert send(learner, batch(gathered, 1000.0))["status"] == "processed"
        told = learner.wait_for("tracking_update")
        assert told["metrics"]["focused_time"] == pytest.approx(4.8, abs=0.2)


def test_samples_of_a_hidden_page_are_unfocused_whenever_they_come(
    service: RunningService, looking: list[Any]
) -> None:
    with Learner(service.url, user_id="hidden") as learner:
        session_id = learner.start()["session_id"]
        send(learner, {**batch(looking, 0.0), "hidden": False})
    time.sleep(3.0)
    with Learner(service.url, user_id="hidden") as learner:
        learner.start(session_id=session_id)
        # What gathered meanwhile: two seconds of another window, and one of the lesson.
        send(learner, {**batch(looking * 2, 1000.0), "hidden": True, "sent_at": 3800.0})
        told = learner.wait_for("tracking_update")
        assert told["gaze_direction"] == "page_hidden"
        # It says nothing of other samples.
        send(learner, batch(looking, 3000.0))
        told = learner.wait_for("tracking_update")
        assert told["gaze_direction"] == "centered"
        assert told["metrics"]["focused_time"] == pytest.approx(1.8, abs=0.1)
        assert told["metrics"]["unfocused_time"] == pytest.approx(2.0, abs=0.1)
        assert told["metrics"]["focus_sessions"] == 2
        assert told["metrics"]["unfocus_sessions"] == 1


def test_a_dark_face_is_told_to_have_more_light(
    service: RunningService, looking: list[Any]
) -> None:
    with Learner(service.url, user_id="dark") as learner:
        learner.start()
        send(learner, {**batch(looking, 0.0), "brightness": [5, None, 5, 5, 5]})
        assert learner.wait_for("tracking_update")["hint"] == "more_light"
        send(learner, {**batch(looking, 1000.0), "brightness": [120] * FPS})
        assert learner.wait_for("tracking_update")["hint"] is None


def test_whether_pictures_are_taken_is_told_at_the_start(service: RunningService) -> None:
    with Learner(service.url, user_id="asks") as learner:
        assert learner.start()["browser_streaming_enabled"] is False


def wrong(looking: list[Any]) -> dict[str, dict[str, Any]]:
    good = batch(looking, 1000.0)
    return {
        "no points": {**good, "points": b""},
        "points of another shape": {**good, "points": good["points"][:-4]},
        "text for points": {**good, "points": "AAAA"},
        "too few counts": {**good, "face_counts": [1]},
        "a count below zero": {**good, "face_counts": [-1] * FPS},
        "no samples": {**good, "timestamps": [], "face_counts": [], "points": b""},
        "times that fall": {**good, "timestamps": good["timestamps"][::-1]},
        "times that stand": {**good, "timestamps": [1000.0] * FPS},
        "times after the sending": {**good, "sent_at": 1000.0},
        "times too long ago": {**good, "sent_at": 700_000.0},
        "brightness of other samples": {**good, "brightness": [100]},
        "brightness beyond white": {**good, "brightness": [256] * FPS},
        "hidden in words": {**good, "hidden": "no"},
        "a picture without width": {**good, "width": 0},
        "no sending time": {**good, "sent_at": None},
    }


@pytest.mark.parametrize("what", list(wrong([np.zeros((35, 3), np.float32)] * FPS)))
def test_what_is_wrong_is_told_and_the_session_lives_on(
    service: RunningService, looking: list[Any], what: str
) -> None:
    with Learner(service.url, user_id="wrong") as learner:
        learner.start()
        ack = send(learner, wrong(looking)[what])
        assert ack == {"status": "rejected", "reason": "invalid_payload"}
        assert learner.wait_for("error")["code"] == "invalid_payload"
        assert send(learner, batch(looking, 1000.0))["status"] == "processed"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30, 0.0])
def test_points_that_are_no_face_are_no_face(service: RunningService, value: float) -> None:
    points = [np.full((35, 3), value, np.float32)] * FPS
    sent = {**batch(points, 1000.0), "face_counts": [1] * FPS}
    with Learner(service.url, user_id="odd") as learner:
        learner.start()
        assert send(learner, sent)["status"] == "processed"
        assert learner.wait_for("tracking_update")["gaze_direction"] == "no_face"


def test_landmarks_need_a_session(service: RunningService, looking: list[Any]) -> None:
    with Learner(service.url) as learner:
        told = send(learner, batch(looking, 0.0))
        assert told == {"status": "rejected", "reason": "not_tracking"}


def over_rest(sent: dict[str, Any]) -> dict[str, Any]:
    return {**IDS, "landmarks": {**sent, "points": base64.b64encode(sent["points"]).decode()}}


def test_rest_and_web_socket_take_them_where_pictures_are_refused(
    service: RunningService, looking: list[Any]
) -> None:
    told = requests.get(f"{service.url}/api/landmark-indices", timeout=10).json()
    assert told == {"landmark_indices": list(LANDMARK_INDICES)}
    client = RestClient(service)
    assert client.post(json={**IDS, "frame": "x"}).json()["code"] == "streaming_disabled"
    answer = client.post(json=over_rest(batch(looking, 1000.0)))
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"]["is_focused"] is True
    with web_socket(service, "/ws/frames") as connection:
        time.sleep(1.0)
        again = ask(connection, over_rest(batch(looking, 2000.0)))
    assert again["session_id"] == answer.json()["session_id"]
    assert again["metrics"]["focused_time"] == pytest.approx(1.8, abs=0.2)


@pytest.mark.parametrize("both", [True, False])
def test_a_message_has_a_picture_or_landmarks(
    service: RunningService, looking: list[Any], both: bool
) -> None:
    sent = {**over_rest(batch(looking, 0.0)), "frame": "x"} if both else IDS
    answer = RestClient(service).post(json=sent)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_payload")


def test_pictures_and_landmarks_of_them_are_judged_alike(
    looking: list[Any], elsewhere: list[Any]
) -> None:
    with running_service({"INFERENCE_WORKERS": "1"}) as service:
        client = RestClient(service)
        for user, picture, points in (
            ("looks", face_frame(0.8), looking),
            ("turns", turned_frame(0.8), elsewhere),
        ):
            seen = client.frame(jpeg(picture), user_id=f"{user} in a picture")["status"]
            sent = over_rest(batch([points[-1]], 0.0))
            told = client.post(json={**sent, "user_id": user}).json()["status"]
            assert told["gaze_direction"] == seen["gaze_direction"]
            for angle in ("yaw", "pitch", "roll"):
                assert told["head_pose"][angle] == pytest.approx(seen["head_pose"][angle], abs=1.5)
