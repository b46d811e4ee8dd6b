"""Looking-away events: clients that send pictures, and the service's own camera."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import psutil
import pytest
import websocket

from integration.older_clients import FACE, ask, hear, web_socket
from pictures import data_url, empty_frame, face_frame, jpeg, turned_frame
from service import RunningService, running_service
from waiting import until

FIELDS = {"type", "timestamp", "face_detected", "eye_count", "looking_away", "confidence"}
PATHS = ["/", "/ws/eye"]
TURNED, EMPTY = jpeg(turned_frame()), jpeg(empty_frame())
START, STOP = {"type": "start_tracking"}, {"type": "stop_tracking"}
FPS = 10


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    with running_service({"INFERENCE_WORKERS": "1"}) as running:
        yield running


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of somebody who looks at the camera, and then two of an empty room."""
    path = tmp_path_factory.mktemp("film") / "camera.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, (640, 480))
    pictures = [face_frame(n / FPS) for n in range(3 * FPS)] + [empty_frame()] * 2 * FPS
    for picture in pictures:
        writer.write(picture[:, :, ::-1])
    writer.release()
    return path


@pytest.fixture(scope="module")
def filming(film: Path) -> Iterator[RunningService]:
    settings = {"INFERENCE_WORKERS": "1", "CAMERA_ENABLED": "1", "CAMERA_SOURCE": str(film)}
    with running_service(settings) as running:
        yield running


def greeted(connection: websocket.WebSocket) -> websocket.WebSocket:
    told = hear(connection)
    assert told.pop("timestamp").endswith("Z")
    assert told == {
        "type": "connection",
        "status": "connected",
        "message": "Eye tracking connected",
    }
    return connection


def hear_data(connection: websocket.WebSocket) -> dict[str, Any]:
    told = hear(connection)
    assert told["type"] == "eye_data", told
    return told


@pytest.mark.parametrize("path", PATHS)
def test_each_picture_gets_one_answer(service: RunningService, path: str) -> None:
    with web_socket(service, path) as connection:
        greeted(connection)
        told = ask(connection, FACE)
        assert set(told) == FIELDS
        assert told["type"] == "eye_data"
        assert (told["face_detected"], told["eye_count"], told["looking_away"]) == (True, 2, False)
        assert 0.5 < told["confidence"] <= 1
        as_text = ask(connection, {"type": "frame", "data": data_url(FACE)})
        assert not as_text["looking_away"]


def test_pictures_that_follow_each_other_at_once_are_judged_each_by_itself(
    service: RunningService,
) -> None:
    with web_socket(service, "/") as connection:
        greeted(connection)
        told = [ask(connection, picture) for picture in (FACE, TURNED, EMPTY, FACE)]
    assert [each["looking_away"] for each in told] == [False, True, True, False]
    assert [each["face_detected"] for each in told] == [True, True, False, True]
    assert told[2]["eye_count"] == 0


def test_a_ping_gets_a_pong(service: RunningService) -> None:
    with web_socket(service, "/") as connection:
        told = ask(greeted(connection), {"type": "ping"})
    assert (told["type"], told["timestamp"][-1]) == ("pong", "Z")


WRONG: dict[str, dict[str, Any] | str | bytes] = {
    "an unknown type": {"type": "dance"},
    "no type": {"a": 1},
    "a type that is a list": {"type": []},
    "no JSON": "hello",
    "a list": "[1]",
    "a frame without data": {"type": "frame"},
    "data that is no text": {"type": "frame", "data": 5},
    "data that is no picture": {"type": "frame", "data": "hello"},
    "bytes that are no picture": b"hello",
    "an empty message": "",
}


@pytest.mark.parametrize("sent", WRONG.values(), ids=list(WRONG))
def test_anything_else_gets_an_error_and_the_connection_lives_on(
    service: RunningService, sent: dict[str, Any] | str | bytes
) -> None:
    with web_socket(service, "/") as connection:
        told = ask(greeted(connection), sent)
        assert (told["type"], told["timestamp"][-1]) == ("error", "Z")
        assert told["message"]
        assert ask(connection, FACE)["type"] == "eye_data"


def test_who_starts_and_sends_nothing_is_told_what_to_do(service: RunningService) -> None:
    with web_socket(service, "/") as connection:
        told = ask(greeted(connection), START)
        assert told["type"] == "error"
        assert "CAMERA_ENABLED" in told["message"]


def test_who_starts_and_sends_pictures_is_not(service: RunningService) -> None:
    with web_socket(service, "/") as connection:
        greeted(connection).send(json.dumps(START))
        for _ in range(12):
            assert ask(connection, FACE)["type"] == "eye_data"
            time.sleep(0.5)


def test_nothing_of_it_is_kept(service: RunningService) -> None:
    with web_socket(service, "/") as connection:
        ask(greeted(connection), FACE)
    until(lambda: "session ends" in service.log)
    database = service.environment["DATABASE_URL"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(database)) as kept:
        assert kept.execute("SELECT count(*) FROM sessions").fetchone() == (0,)


def test_the_camera_streams_from_start_to_stop(filming: RunningService) -> None:
    with web_socket(filming, "/") as connection:
        greeted(connection).send(json.dumps(START))
        told = [hear_data(connection) for _ in range(2 * 5 * FPS)]
        seen = [each["face_detected"] for each in told]
        assert set(told[0]) == FIELDS
        assert {True, False} == set(seen)
        assert all(each["looking_away"] != each["face_detected"] for each in told)
        connection.send(json.dumps(STOP))
        assert ask_until(connection, {"type": "ping"}, "pong")
        connection.settimeout(1.0)
        with pytest.raises(websocket.WebSocketTimeoutException):
            hear(connection)


def ask_until(
    connection: websocket.WebSocket, message: dict[str, Any], kind: str
) -> dict[str, Any]:
    """Passes over what was on its way."""
    told = ask(connection, message)
    while told["type"] != kind:
        told = hear(connection)
    return told


def test_all_watchers_see_one_judgement_of_each_picture(filming: RunningService) -> None:
    counted: list[int] = []

    def watch() -> None:
        with web_socket(filming, "/ws/eye") as connection:
            greeted(connection).send(json.dumps(START))
            counted.append(sum(hear_data(connection)["type"] == "eye_data" for _ in range(2 * FPS)))

    watchers = [threading.Thread(target=watch) for _ in range(5)]
    for watcher in watchers:
        watcher.start()
    until(lambda: cameras(filming) == 1)
    for watcher in watchers:
        watcher.join()
    assert counted == [2 * FPS] * 5
    until(lambda: cameras(filming) == 0)


def cameras(service: RunningService) -> int:
    family = psutil.Process(service.process.pid).children(recursive=True)
    return sum(is_camera(process) for process in family)


def is_camera(process: psutil.Process) -> bool:
    try:
        return "eyelearn.camera.process" in process.cmdline()
    except psutil.NoSuchProcess:
        return False


def test_no_camera_is_told_with_what_to_do(tmp_path: Path) -> None:
    settings = {
        "INFERENCE_WORKERS": "1",
        "CAMERA_ENABLED": "1",
        "CAMERA_SOURCE": str(tmp_path / "missing.avi"),
        "ENABLE_BROWSER_EYE_STREAMING": "0",
    }
    with running_service(settings) as service, web_socket(service, "/") as connection:
        told = ask(greeted(connection), START)
        assert told["type"] == "error"
        assert "CAMERA_SOURCE" in told["message"]
        refused = ask_until(connection, FACE, "error")
        assert refused["type"] == "error"


def test_a_camera_that_comes_late_streams_by_itself(film: Path, tmp_path: Path) -> None:
    source = tmp_path / "late.avi"
    settings = {"INFERENCE_WORKERS": "1", "CAMERA_ENABLED": "1", "CAMERA_SOURCE": str(source)}
    with running_service(settings) as service, web_socket(service, "/") as connection:
        assert ask(greeted(connection), START)["type"] == "error"
        source.write_bytes(film.read_bytes())
        told = hear(connection)
        while told["type"] == "error":
            told = hear(connection)
        assert told["type"] == "eye_data"
