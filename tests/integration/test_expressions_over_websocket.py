"""Expressions and gestures over the real service: section 4 of the protocols."""

from __future__ import annotations

import base64
import json
import struct
import time
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
import requests
import simplejpeg
import websocket

from eyelearn.vision.expressions import EXPRESSIONS
from integration.older_clients import FACE, ask, hear, web_socket
from pictures import data_url, empty_frame, jpeg
from service import RunningService, running_service
from tokens import SECRET, token
from waiting import until

PATH = "/ws/a-client"
FRAME = {"type": "frame", "data": data_url(FACE)}
EMPTY = {"type": "frame", "data": data_url(jpeg(empty_frame()))}
FIELDS = {
    "type",
    "session_id",
    "frame_count",
    "expression",
    "success",
    "debug",
    "frame_with_overlay",
    "expression_image",
}
TAKEN, UNAUTHORIZED = 4409, 4401
MB = 1024 * 1024


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    with running_service({"INFERENCE_WORKERS": "1", "ENABLED_FACES": "expressions"}) as running:
        yield running


@pytest.fixture
def connection(service: RunningService) -> Iterator[websocket.WebSocket]:
    with web_socket(service, PATH) as made:
        hear(made)
        yield made
    until(lambda: not active(service))


def active(service: RunningService) -> list[str]:
    return list(requests.get(f"{service.url}/sessions", timeout=5).json()["session_ids"])


def upload(picture: bytes, expression: str = "smiling") -> dict[str, Any]:
    return {
        "type": "upload_image",
        "expression_type": expression,
        "image_data": base64.b64encode(picture).decode(),
    }


def png(side: int) -> bytes:
    return cv2.imencode(".png", np.full((side, side, 3), 120, np.uint8))[1].tobytes()


def decoded(base64_jpeg: str) -> Any:
    return simplejpeg.decode_jpeg(base64.b64decode(base64_jpeg))


def test_a_face_is_named_and_drawn_on(connection: websocket.WebSocket) -> None:
    told = ask(connection, FRAME)
    assert set(told) == FIELDS
    assert (told["type"], told["session_id"], told["frame_count"]) == (
        "detection_result",
        "a-client",
        1,
    )
    assert told["success"]
    assert told["expression"] in EXPRESSIONS
    assert "smiling" in told["expression"]
    assert told["debug"]["detected_expression"] == told["expression"]
    assert told["debug"]["hands"] == []
    assert told["debug"]["milliseconds"]["face"] > 0
    assert decoded(told["frame_with_overlay"]).shape == (480, 640, 3)
    assert told["expression_image"] is None


def test_a_picture_may_come_as_bytes(connection: websocket.WebSocket) -> None:
    assert ask(connection, FACE)["success"]
    assert ask(connection, FACE[:2000])["code"] == "undecodable_frame"


def test_nobody_in_the_picture_is_no_success(connection: websocket.WebSocket) -> None:
    told = ask(connection, EMPTY)
    assert (told["success"], told["expression"]) == (False, None)
    assert decoded(told["frame_with_overlay"]).shape == (480, 640, 3)


def test_an_uploaded_image_comes_when_its_expression_begins(
    connection: websocket.WebSocket,
) -> None:
    smile = ask(connection, FRAME)["expression"]
    assert ask(connection, upload(png(64), smile))["type"] == "upload_success"
    shown = ask(connection, FRAME)["expression_image"]
    assert decoded(shown).shape == (64, 64, 3)
    assert ask(connection, FRAME)["expression_image"] is None
    assert ask(connection, EMPTY)["expression_image"] is None
    assert ask(connection, FRAME)["expression_image"] == shown


def test_what_is_loaded_is_listed_until_it_is_cleared(connection: websocket.WebSocket) -> None:
    ask(connection, upload(png(8), "fist"))
    told = ask(connection, {"type": "get_expressions"})
    assert told == {
        "type": "expressions",
        "expressions": list(EXPRESSIONS),
        "loaded_expressions": {"fist": True},
    }
    assert ask(connection, {"type": "clear_images"})["type"] == "clear_success"
    assert ask(connection, {"type": "get_expressions"})["loaded_expressions"] == {}


def test_what_hides_in_an_uploaded_file_goes_no_further(connection: websocket.WebSocket) -> None:
    hidden = b"<script>alert(1)</script> 52.5200 N 13.4050 E"
    picture = simplejpeg.encode_jpeg(np.full((32, 32, 3), 90, np.uint8))
    comment = b"\xff\xfe" + struct.pack(">H", len(hidden) + 2) + hidden
    smile = ask(connection, FRAME)["expression"]
    ask(connection, upload(picture[:2] + comment + picture[2:] + hidden, smile))
    shown = base64.b64decode(ask(connection, FRAME)["expression_image"])
    assert shown.startswith(b"\xff\xd8\xff")
    assert hidden not in shown


@pytest.mark.parametrize(
    ("message", "code", "words"),
    [
        ({**upload(png(8)), "expression_type": "winking"}, "invalid_payload", "expression_type"),
        ({**upload(png(8)), "image_data": ""}, "invalid_payload", "image_data"),
        ({"type": "upload_image"}, "invalid_payload", "expression_type"),
        (upload(b"GIF89a"), "undecodable_frame", "JPEG, PNG or WebP"),
        (upload(FACE[:2000]), "undecodable_frame", "damaged"),
        (upload(png(2100)), "frame_too_large", "2100×2100"),
        (upload(b"\xff\xd8\xff" + bytes(2 * MB)), "frame_too_large", "2048 KB"),
        ({**upload(png(8)), "image_data": "no base64 at all!"}, "undecodable_frame", "base64"),
        ({"type": "frame"}, "invalid_payload", "data"),
        ({"type": "frame", "data": "no picture"}, "undecodable_frame", "base64"),
        ({"type": "ping", "timestamp": "x" * 200}, "invalid_payload", "timestamp"),
        ({"type": "dance"}, "invalid_payload", "dance"),
        ({}, "invalid_payload", "type"),
    ],
    ids=lambda value: value.get("type", "none") if isinstance(value, dict) else None,
)
def test_what_is_wrong_is_told_and_harms_nothing(
    connection: websocket.WebSocket, message: dict[str, Any], code: str, words: str
) -> None:
    told = ask(connection, message)
    assert (told["type"], told["code"]) == ("error", code)
    assert words in told["message"]
    asked = message.get("expression_type")
    assert told.get("expression_type") == (asked if asked in EXPRESSIONS else None)
    assert ask(connection, {"type": "ping", "timestamp": 7}) == {"type": "pong", "timestamp": 7}


def test_a_large_image_is_shown_smaller(connection: websocket.WebSocket) -> None:
    smile = ask(connection, FRAME)["expression"]
    assert ask(connection, upload(png(2000), smile))["type"] == "upload_success"
    assert decoded(ask(connection, FRAME)["expression_image"]).shape == (1280, 1280, 3)


def test_each_connection_has_images_of_its_own(service: RunningService) -> None:
    with web_socket(service, "/ws/one") as one, web_socket(service, "/ws/other") as other:
        for connection in (one, other):
            hear(connection)
        ask(one, upload(png(8), "fist"))
        assert ask(other, {"type": "get_expressions"})["loaded_expressions"] == {}
    with web_socket(service, "/ws/one") as again:
        hear(again)
        assert ask(again, {"type": "get_expressions"})["loaded_expressions"] == {}


def test_a_second_connection_of_a_session_is_refused(
    service: RunningService, connection: websocket.WebSocket
) -> None:
    with web_socket(service, PATH) as second:
        told = hear(second)
        assert (told["type"], told["code"]) == ("error", "session_taken")
        kind, frame = second.recv_data_frame(control_frame=True)
        assert kind == websocket.ABNF.OPCODE_CLOSE
        assert struct.unpack_from("!H", frame.data) == (TAKEN,)
        second.shutdown()
    assert ask(connection, FRAME)["success"]


def test_who_is_there_is_told_over_http(
    service: RunningService, connection: websocket.WebSocket
) -> None:
    ask(connection, FRAME)
    health = requests.get(f"{service.url}/health", timeout=5).json()
    assert (health["status"], health["active_sessions"]) == ("healthy", 1)
    assert "hand_gestures" in health["supported_features"]
    assert requests.get(f"{service.url}/", timeout=5).json() == health
    told = requests.get(f"{service.url}/sessions", timeout=5).json()
    assert (told["active_sessions"], told["session_ids"]) == (1, ["a-client"])
    assert told["session_details"]["a-client"]["frame_count"] == 1


def test_a_browser_is_shown_a_page(service: RunningService) -> None:
    html = {"Accept": "text/html,*/*;q=0.8"}
    for path in ("/", "/test"):
        answer = requests.get(service.url + path, headers=html, timeout=5)
        assert answer.headers["Content-Type"].startswith("text/html")


def test_frames_that_come_too_fast_are_answered_all_the_same(
    connection: websocket.WebSocket,
) -> None:
    for _ in range(12):
        connection.send(json.dumps(FRAME))
    told = [hear(connection) for _ in range(12)]
    kinds = {answer["type"] for answer in told}
    assert kinds <= {"detection_result", "error"}
    judged = [answer for answer in told if answer.get("judged", True) and "expression" in answer]
    assert judged
    assert all(answer["code"] == "overloaded" for answer in told if answer["type"] == "error")
    time.sleep(0.5)
    assert ask(connection, FRAME)["frame_count"] == len(judged) + 1


@pytest.fixture(scope="module")
def guarded() -> Iterator[RunningService]:
    settings = {
        "AUTH_SECRET": SECRET,
        "ADMIN_TOKEN": "an admin's token",
        "INFERENCE_WORKERS": "1",
        "ENABLED_FACES": "expressions",
        "MAX_SESSIONS_PER_USER": "2",
    }
    with running_service(settings) as running:
        yield running


def test_without_a_token_nothing_is_judged_and_no_session_is_taken(
    guarded: RunningService,
) -> None:
    with web_socket(guarded, PATH) as stranger:
        assert hear(stranger)["type"] == "status"
        with web_socket(guarded, f"{PATH}?token={token()}") as owner:
            hear(owner)
            assert ask(owner, FRAME)["success"]
        assert ask(stranger, FRAME)["code"] == "unauthorized"
        kind, frame = stranger.recv_data_frame(control_frame=True)
        assert kind == websocket.ABNF.OPCODE_CLOSE
        assert struct.unpack_from("!H", frame.data) == (UNAUTHORIZED,)
        stranger.shutdown()


def test_a_user_has_as_many_sessions_as_they_may(guarded: RunningService) -> None:
    paths = [f"/ws/{number}?token={token()}" for number in range(3)]
    with (
        web_socket(guarded, paths[0]) as one,
        web_socket(guarded, paths[1]) as two,
        web_socket(guarded, paths[2]) as three,
    ):
        for connection in (one, two, three):
            hear(connection)
        ping = {"type": "ping", "timestamp": 1}
        told = [ask(connection, ping)["type"] for connection in (one, two, three)]
    assert told == ["pong", "pong", "error"]


def test_sessions_are_named_to_admins_alone(guarded: RunningService) -> None:
    url, admin = f"{guarded.url}/sessions", {"Authorization": "Bearer an admin's token"}
    assert requests.get(url, timeout=5).status_code == 401
    assert requests.get(url, headers=admin, timeout=5).json()["active_sessions"] == 0
