"""Emotion prediction over the real service: section 5 of the protocols."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import websocket

from eyelearn.vision.emotions import EMOTIONS
from integration.older_clients import FACE, ask, hear, web_socket
from pictures import data_url, empty_frame, jpeg, two_faces_frame
from service import RunningService, running_service
from waiting import until

PREDICT = {"command": "predict", "image": data_url(FACE)}
EMPTY = jpeg(empty_frame())
COMMANDS = ["predict", "emotions", "model_info", "health"]
PREDICTION = {
    "type",
    "status",
    "emotion_name",
    "confidence",
    "model_version_tag",
    "processing_time_ms",
    "timestamp",
    "probabilities",
    "face_found",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("predictions")


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[RunningService]:
    settings = {"INFERENCE_WORKERS": "1", "DATABASE_URL": f"sqlite:///{folder}/kept.db"}
    with running_service(settings) as running:
        yield running


@pytest.fixture(params=["/ws", "/"])
def connection(
    service: RunningService, request: pytest.FixtureRequest
) -> Iterator[websocket.WebSocket]:
    with web_socket(service, request.param) as made:
        told = hear(made)
        assert (told["type"], told["status"]) == ("connection", "connected")
        yield made


@pytest.fixture
def on_ws(service: RunningService) -> Iterator[websocket.WebSocket]:
    with web_socket(service, "/ws") as made:
        hear(made)
        yield made


def kept(folder: Path, columns: str = "count(*)") -> list[Any]:
    query = f"""SELECT {columns} FROM predictions_log
        JOIN emotion_classes ON emotion_classes.id = emotion_id
        JOIN model_versions ON model_versions.id = model_version_id ORDER BY predictions_log.id"""
    with closing(sqlite3.connect(folder / "kept.db")) as database:
        return database.execute(query).fetchall()


def test_an_emotion_is_predicted(connection: websocket.WebSocket) -> None:
    told = ask(connection, PREDICT)
    assert set(told) == PREDICTION
    assert (told["type"], told["status"]) == ("prediction", "success")
    assert told["emotion_name"] == "happy"
    assert told["confidence"] == told["probabilities"]["happy"] > 0.5
    assert tuple(told["probabilities"]) == EMOTIONS
    assert sum(told["probabilities"].values()) == pytest.approx(1.0, abs=0.001)
    assert told["face_found"]
    assert told["processing_time_ms"] > 0
    assert told["timestamp"].endswith("Z")


def test_without_a_face_the_whole_picture_is_judged(connection: websocket.WebSocket) -> None:
    told = ask(connection, {"command": "predict", "image": data_url(EMPTY)})
    assert (told["status"], told["face_found"]) == ("success", False)


def test_of_several_faces_the_largest_is_judged(on_ws: websocket.WebSocket) -> None:
    alone = ask(on_ws, PREDICT)["probabilities"]
    small = cv2.resize(two_faces_frame(), (320, 240))
    both = np.zeros((480, 640, 3), np.uint8)
    both[:240, :320] = small
    both[:, 320:] = cv2.imdecode(np.frombuffer(FACE, np.uint8), 1)[:, 160:480, ::-1]
    told = ask(on_ws, {"command": "predict", "image": data_url(jpeg(both))})
    assert told["emotion_name"] == max(alone, key=alone.__getitem__)
    assert told["face_found"]


def test_the_seven_emotions_are_named(connection: websocket.WebSocket) -> None:
    told = ask(connection, {"command": "emotions"})
    assert (told["type"], told["status"]) == ("emotions", "success")
    assert [(each["id"], each["name"]) for each in told["emotions"]] == list(enumerate(EMOTIONS, 1))
    assert all(each["description"] for each in told["emotions"])


def test_the_model_says_what_it_is(connection: websocket.WebSocket) -> None:
    told = ask(connection, {"command": "model_info"})
    assert (told["type"], told["status"]) == ("model_info", "success")
    info = told["info"]
    assert (info["status"], info["input_shape"], info["num_classes"]) == ("loaded", [96, 96, 3], 7)
    assert 0 < info["total_params"] <= 1_500_000


def test_clients_are_counted(service: RunningService) -> None:
    with web_socket(service, "/ws") as one, web_socket(service, "/") as other:
        for connection in (one, other):
            hear(connection)
        ask(other, {"command": "emotions"})
        told = ask(one, {"command": "health"})
    assert (told["type"], told["status"]) == ("health", "healthy")
    assert told["clients_connected"] == 2
    assert told["service"]


@pytest.mark.parametrize(
    ("message", "code", "words"),
    [
        ({"command": "predict"}, "invalid_payload", "image"),
        ({"command": "predict", "image": ""}, "invalid_payload", "image"),
        ({"command": "predict", "image": 7}, "invalid_payload", "image"),
        ({"command": "predict", "image": "%%%"}, "undecodable_frame", "base64"),
        ({"command": "predict", "image": "AAAA"}, "undecodable_frame", "JPEG"),
        (
            {"command": "predict", "image": base64.b64encode(FACE[:3000]).decode()},
            "undecodable_frame",
            "damaged",
        ),
        (
            {"command": "predict", "image": base64.b64encode(b"\xff\xd8\xff" * 800_000).decode()},
            "frame_too_large",
            "2048 KB",
        ),
    ],
)
def test_a_picture_that_is_none_is_told_as_such(
    connection: websocket.WebSocket, message: dict[str, Any], code: str, words: str
) -> None:
    told = ask(connection, message)
    assert (told["type"], told["code"]) == ("error", code)
    assert words in told["message"]
    assert ask(connection, PREDICT)["status"] == "success"


@pytest.mark.parametrize(
    "message",
    [{"command": "dance"}, {"command": None}, {"command": ["predict"]}, {"x": 1}, "{", "[]"],
)
def test_whoever_names_no_command_is_told_which_there_are(
    on_ws: websocket.WebSocket, message: dict[str, Any] | str
) -> None:
    told = ask(on_ws, message)
    assert (told["type"], told["available_commands"]) == ("error", COMMANDS)


def test_the_root_is_shared_with_looking_away_events(service: RunningService) -> None:
    with web_socket(service, "/") as connection:
        hear(connection)
        assert ask(connection, {"type": "frame", "data": data_url(FACE)})["type"] == "eye_data"
        assert ask(connection, PREDICT)["type"] == "prediction"
        assert ask(connection, {"command": "dance"})["available_commands"] == COMMANDS
        neither = ask(connection, {"x": 1})
        assert neither["type"] == "error"
        assert "available_commands" not in neither


def test_answers_come_in_the_order_of_the_questions(on_ws: websocket.WebSocket) -> None:
    for image in (FACE, EMPTY) * 5:
        on_ws.send(json.dumps({"command": "predict", "image": data_url(image)}))
    assert [hear(on_ws)["face_found"] for _ in range(10)] == [True, False] * 5


def test_every_prediction_is_kept_and_no_address(
    service: RunningService, folder: Path, on_ws: websocket.WebSocket
) -> None:
    before = kept(folder)[0][0]
    told = [ask(on_ws, PREDICT) for _ in range(20)]
    until(lambda: kept(folder)[0][0] >= before + 20)
    name, confidence, tag, source = kept(folder, "name, confidence, tag, source_ip")[-1]
    assert (name, tag) == ("happy", told[-1]["model_version_tag"])
    assert confidence == pytest.approx(told[-1]["confidence"], abs=1e-4)
    assert source is not None
    assert "127.0.0.1" not in source


def test_addresses_are_kept_and_faces_required_where_that_was_set(tmp_path: Path) -> None:
    settings = {
        "INFERENCE_WORKERS": "1",
        "ENABLED_FACES": "emotions",
        "LOG_SOURCE_IP": "1",
        "REQUIRE_FACE": "1",
        "DATABASE_URL": f"sqlite:///{tmp_path}/kept.db",
    }
    with running_service(settings) as service, web_socket(service, "/ws") as connection:
        hear(connection)
        told = ask(connection, {"command": "predict", "image": data_url(EMPTY)})
        assert (told["type"], told["code"]) == ("error", "no_face")
        assert ask(connection, PREDICT)["status"] == "success"
        assert service.terminate() == 0
        assert kept(tmp_path, "source_ip") == [("127.0.0.1",)]


def test_predictions_of_a_connection_are_limited_where_that_was_set() -> None:
    settings = {
        "INFERENCE_WORKERS": "1",
        "ENABLED_FACES": "emotions",
        "MAX_PREDICTIONS_PER_SECOND": "2",
    }
    predict = {"command": "predict", "image": data_url(EMPTY)}
    with (
        running_service(settings) as limited,
        web_socket(limited, "/ws") as one,
        web_socket(limited, "/ws") as other,
    ):
        for connection in (one, other):
            hear(connection)
            for _ in range(8):
                connection.send(json.dumps(predict))
        told = [[hear(connection) for _ in range(8)] for connection in (one, other)]
        assert ask(one, {"command": "health"})["status"] == "healthy"
    for answers in told:
        assert sum(answer["type"] == "prediction" for answer in answers) in (2, 3)
        assert {answer.get("code") for answer in answers} == {None, "rate_limited"}


def test_a_model_that_is_none_costs_predictions_and_nothing_else(tmp_path: Path) -> None:
    wrong = tmp_path / "model.onnx"
    wrong.write_bytes(b"no model")
    settings = {"INFERENCE_WORKERS": "1", "MODEL_PATH": str(wrong)}
    with running_service(settings) as service:
        with web_socket(service, "/ws") as connection:
            hear(connection)
            told = ask(connection, PREDICT)
            assert (told["type"], told["code"]) == ("error", "model_unavailable")
            assert ask(connection, {"command": "model_info"})["code"] == "model_unavailable"
            assert ask(connection, {"command": "health"})["status"] == "unhealthy"
        with web_socket(service, "/ws/eye") as connection:
            hear(connection)
            assert ask(connection, FACE)["face_detected"]
        assert "emotions can't be predicted" in service.log
