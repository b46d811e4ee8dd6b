"""Frames over REST and raw WebSockets: what nobody should send, and how often."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
import requests
import websocket
from hypothesis import given
from hypothesis import strategies as st

from hostile.examples import some_examples
from hostile.hostile_values import FIELDS, IDS, SMALL_VALUE, nested, objects
from hostile.lying_requests import POST_FRAMES
from hostile.stranger import ANSWER_SECONDS, CODES, Flood
from hostile.wire import GREETED, TEXT, UPGRADE, Wire, address, frame
from integration.older_clients import FACE, ask, framed, hear, web_socket
from pictures import data_url
from service import RunningService
from waiting import until

MB = 1024 * 1024
PICTURE = "/9j/4AAQSkZJRgABAQAAAQABAAD/2Q=="
FRAMES, EYE, EXPRESSIONS, EMOTIONS = "/ws/frames", "/", "/ws/{}", "/ws"
FRAME = {"frame_base64": PICTURE, **IDS, "frame_id": 1, "timestamp": 1, "fps": 7, "hidden": True}
FRAME = {**FRAME, "session_id": "00000000-0000-4000-8000-000000000000"}
LANDMARKS = {**IDS, "landmarks": FIELDS["face_landmarks"]}
RIGHT: dict[str, list[dict[str, Any]]] = {
    FRAMES: [FRAME, LANDMARKS, {"type": "auth", "token": "a.b.c"}],
    EYE: [
        {"type": "frame", "data": PICTURE},
        {"type": "start_tracking"},
        {"type": "stop_tracking"},
        {"type": "auth", "token": "a.b.c"},
        {"command": "predict", "image": PICTURE},
    ],
    EXPRESSIONS: [
        {"type": "frame", "data": PICTURE},
        {"type": "upload_image", "expression_type": "fist", "image_data": PICTURE},
        {"type": "clear_images"},
        {"type": "get_expressions"},
        {"type": "ping", "timestamp": 1.5},
        {"type": "auth", "token": "a.b.c"},
    ],
    EMOTIONS: [
        {"command": "predict", "image": PICTURE},
        {"command": "emotions"},
        {"command": "model_info"},
        {"command": "health"},
        {"type": "auth", "token": "a.b.c"},
    ],
}
# Of these nothing is told.
SILENT = {
    FRAMES: {"auth"},
    EYE: {"auth", "start_tracking", "stop_tracking"},
    EXPRESSIONS: {"auth"},
    EMOTIONS: {"auth"},
}
# `type` of answers that are no errors.
GOOD = {"eye_data", "pong", "upload_success", "clear_success", "expressions", "emotions"}
GOOD |= {"prediction", "detection_result", "model_info", "health"}
# What broke something once: no answer could hold it.
UNSPEAKABLE: list[Any] = ["\ud800", 10**90, 2**64, float("nan")]
NO_JSON = ["", "{", "[1]", "null", '"x"', nested(10_000), nested(10_000, '{"a":'), "9" * 5000]
HALF_OPEN = 300


class Caller:
    """A raw WebSocket that hears what is answered to each message, and to a known one after it."""

    def __init__(self, service: RunningService, path: str) -> None:
        self._numbers = itertools.count(1)
        self.path = path
        url = service.url.replace("http", "ws") + address(path)
        self.socket = websocket.create_connection(url, timeout=ANSWER_SECONDS)
        if path != FRAMES:
            hear(self.socket)

    def answer_to(self, message: str | bytes) -> dict[str, Any]:
        """A judgement may come later than the other's answer."""
        self._send(message)
        known = self._send_known()
        [told] = [told for told in (self._hear(), self._hear()) if known not in json.dumps(told)]
        return told

    def say(self, message: str) -> None:
        """One that has no answer."""
        self._send(message)
        known = self._send_known()
        assert known in json.dumps(self._hear())

    def _send(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            self.socket.send_binary(message)
        else:
            self.socket.send(message)

    def _send_known(self) -> str:
        known = f"known {next(self._numbers)}"
        named = "command" if self.path == EMOTIONS else "type"
        self._send(json.dumps({named: known, "frame_id": known}))
        return known

    def _hear(self) -> dict[str, Any]:
        """Without what is told of a stream that was started and has no pictures."""
        told = hear(self.socket)
        while "CAMERA_ENABLED" in told.get("message", ""):
            told = hear(self.socket)
        return told


@pytest.fixture(scope="module", params=list(RIGHT))
def caller(request: pytest.FixtureRequest, service: RunningService) -> Iterator[Caller]:
    made = Caller(service, request.param)
    yield made
    made.socket.close()


@pytest.fixture(scope="module")
def http() -> Iterator[requests.Session]:
    with requests.Session() as client:
        yield client


def assert_known(told: dict[str, Any]) -> None:
    good = told.get("success") is True or told.get("type") in GOOD
    assert good or told["code"] in CODES, told
    assert len(json.dumps(told)) < 3000


def assert_answered(answer: requests.Response) -> None:
    assert answer.status_code in (200, 400, 401, 413, 422, 429, 503), answer.text
    assert answer.headers["Content-Type"] == "application/json"
    assert_known(answer.json())


def of_frames(value: Any) -> list[dict[str, Any]]:
    return [{**FRAME, name: value} for name in ("frame_id", "timestamp", "user_id", "fps")]


@some_examples
@given(message=st.one_of(objects(FRAME), objects(LANDMARKS)))
def test_every_body_is_answered_in_json_with_a_code(
    service: RunningService, http: requests.Session, message: dict[str, Any]
) -> None:
    body = json.dumps(message).encode()
    assert_answered(http.post(f"{service.url}/api/frames", data=body, timeout=ANSWER_SECONDS))


@pytest.mark.parametrize("picture", [PICTURE, data_url(FACE)], ids=["no picture", "a picture"])
@pytest.mark.parametrize("value", UNSPEAKABLE, ids=repr)
def test_what_no_answer_can_hold_is_no_fault_of_ours(
    service: RunningService, http: requests.Session, value: Any, picture: str
) -> None:
    with contextlib.closing(Caller(service, FRAMES).socket) as frames:
        for message in of_frames(value):
            sent = json.dumps({**message, "frame_base64": picture})
            answer = http.post(f"{service.url}/api/frames", data=sent, timeout=ANSWER_SECONDS)
            assert_answered(answer)
            assert_known(ask(frames, sent))


@some_examples
@given(body=st.one_of(st.binary(max_size=300), st.sampled_from(NO_JSON).map(str.encode)))
def test_any_body_is_answered_in_json_with_a_code(
    service: RunningService, http: requests.Session, body: bytes
) -> None:
    assert_answered(http.post(f"{service.url}/api/frames", data=body, timeout=ANSWER_SECONDS))


@some_examples
@given(data=st.data())
def test_every_message_has_one_answer_and_the_connection_lives_on(
    caller: Caller, data: st.DataObject
) -> None:
    right = data.draw(st.sampled_from(RIGHT[caller.path]))
    message = data.draw(st.one_of(objects(right), SMALL_VALUE))
    kind = message.get("type") if isinstance(message, dict) else None
    if isinstance(kind, str) and kind in SILENT[caller.path]:
        caller.say(json.dumps(message))
    else:
        assert_known(caller.answer_to(json.dumps(message)))


@some_examples
@given(message=st.one_of(st.text(max_size=80), st.binary(max_size=300), st.sampled_from(NO_JSON)))
def test_any_text_and_any_bytes_are_answered_and_the_connection_lives_on(
    caller: Caller, message: str | bytes
) -> None:
    assert_known(caller.answer_to(message))


def connect_deaf(service: RunningService, path: str) -> socket.socket:
    """One that reads nothing from now on."""
    port = int(service.environment["PORT"])
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.settimeout(ANSWER_SECONDS)
    deaf.connect(("127.0.0.1", port))
    deaf.sendall(UPGRADE.format(path=address(path), more="").encode())
    told = b""
    while GREETED[path] not in told:
        told += deaf.recv(4096)
    return deaf


@pytest.mark.parametrize("path", list(RIGHT))
def test_who_never_reads_the_answers_is_cut_off(service: RunningService, path: str) -> None:
    memory = psutil.Process(service.process.pid).memory_info().rss
    before = service.log.count("does not read what it is sent")
    # Each is answered, by an error that is as long as it may be.
    named = "command" if path == EMOTIONS else "type"
    long = json.dumps({named: "x" * 64, "frame_id": "x" * 128}).encode()
    with connect_deaf(service, path) as deaf, Flood(deaf, frame(TEXT, long) * 10) as flood:
        until(lambda: not flood.runs)
    assert service.log.count("does not read what it is sent") == before + 1
    assert psutil.Process(service.process.pid).memory_info().rss - memory < 50 * MB


def test_half_open_handshakes_keep_nobody_out(service: RunningService) -> None:
    whole = UPGRADE.format(path=FRAMES, more="").encode()
    with contextlib.ExitStack() as stack:
        for number in range(HALF_OPEN):
            wire = stack.enter_context(Wire(service))
            # A half each: some stop within their request, and some never read what it is answered.
            wire.send(whole[: len(whole) // 2] if number % 2 else whole)
        assert service.answers()
        with web_socket(service, FRAMES) as connection:
            assert ask(connection, framed(user_id="beside them"))["success"] is True


def flood_of_requests(bodies: Iterator[dict[str, Any]]) -> bytes:
    sent = [json.dumps(body).encode() for body in bodies]
    return b"".join(
        POST_FRAMES + b"Content-Length: %d\r\n\r\n%s" % (len(body), body) for body in sent
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"user_id": "{}"},
        {"user_id": "{}", "frame_base64": data_url(FACE)},
        {"user_id": None},
        {"user_id": "{}", "frame_base64": "A" * 600_000},
    ],
    ids=["no pictures", "pictures", "nobody's", "large"],
)
def test_requests_without_a_session_leave_the_others_their_turn(
    service: RunningService, fields: dict[str, Any]
) -> None:
    users = itertools.count()
    with contextlib.ExitStack() as stack:
        for _ in range(30):
            bodies = (
                {
                    **FRAME,
                    **{
                        name: value.format(next(users)) if name == "user_id" and value else value
                        for name, value in fields.items()
                    },
                }
                for _ in range(5)
            )
            wire = stack.enter_context(Wire(service))
            stack.enter_context(Flood(wire.socket, flood_of_requests(bodies), reads=True))
        for _ in range(10):
            assert service.answers()


def test_who_begins_is_let_in_beside_requests_that_are_refused(service: RunningService) -> None:
    refused = flood_of_requests(iter([{"user_id": 1}] * 20))
    with contextlib.ExitStack() as stack:
        for _ in range(30):
            wire = stack.enter_context(Wire(service))
            stack.enter_context(Flood(wire.socket, refused, reads=True))
        answer = requests.post(
            f"{service.url}/api/frames", json=framed(user_id="newcomer"), timeout=ANSWER_SECONDS
        )
        # Those before may have taken all places.
        assert answer.status_code in (200, 503)
