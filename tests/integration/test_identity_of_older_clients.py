"""Who may come in by REST and raw WebSocket: no bad token, nobody else's, and none in the log."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests
import websocket

from integration.older_clients import FACE, RestClient, ask, framed, hear, web_socket
from integration.test_identity_over_socketio import BOTH, MODULE, USER, php_token
from pictures import data_url
from service import RunningService, running_service
from tokens import HOUR_SECONDS, bad_tokens, tampered, token
from waiting import until
from wall_clock import WallClock

UNAUTHORIZED = 4401
HANDSHAKE_SECONDS = 1.0
EYE_PATHS = ["/", "/ws/eye"]
EXPRESSIONS, EMOTIONS = "/ws/somebody", "/ws"
PATHS = ["/ws/frames", *EYE_PATHS, EXPRESSIONS, EMOTIONS]
# What is told before anything is asked.
GREETINGS = {**dict.fromkeys([*EYE_PATHS, EMOTIONS], "connection"), EXPRESSIONS: "status"}
TEXTS = {name: told for name, told in bad_tokens().items() if isinstance(told, str)}
# No text that an address or a header could hold.
del TEXTS["a lone surrogate"]
EYE_FRAME = {"type": "frame", "data": data_url(FACE)}
PREDICT = {"command": "predict", "image": data_url(FACE)}


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> WallClock:
    return WallClock(tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="module")
def service(clock: WallClock) -> Iterator[RunningService]:
    settings = {
        "AUTH_SECRET": BOTH,
        "ENVIRONMENT": "production",
        "INFERENCE_WORKERS": "1",
        "ENABLED_FACES": "focus,frames,looking_away,expressions,emotions",
        "HANDSHAKE_SECONDS": str(HANDSHAKE_SECONDS),
        "SESSION_IDLE_SECONDS": "1",
        **clock.environment,
    }
    with running_service(settings) as running:
        yield running


@pytest.fixture(autouse=True)
def quiet_log(service: RunningService) -> Iterator[None]:
    """At the end of each test: no token, nor any part of one, is in the log."""
    yield
    assert "Traceback" not in service.log
    assert not [part for part in ("token=", "eyJ", "Bearer") if part in service.log]


def greeted(connection: websocket.WebSocket, path: str) -> websocket.WebSocket:
    if path in GREETINGS:
        assert hear(connection)["type"] == GREETINGS[path]
    return connection


def assert_turned_away(connection: websocket.WebSocket, path: str) -> None:
    """The next thing told is the error in this face's own form, and then the end."""
    told = hear(connection)
    assert told["code"] == "unauthorized", told
    if path in GREETINGS:
        assert told["type"] == "error"
        assert told["message"]
        assert path not in EYE_PATHS or told["timestamp"].endswith("Z")
    else:
        assert told["error"]
    kind, frame = connection.recv_data_frame(control_frame=True)
    assert kind == websocket.ABNF.OPCODE_CLOSE
    assert struct.unpack_from("!H", frame.data) == (UNAUTHORIZED,)
    # The library's own `close` leaves the socket open once it has read the other's goodbye.
    connection.shutdown()


def auth(told: object) -> str:
    return json.dumps({"type": "auth", "token": told})


def picture_for(path: str, **ids: Any) -> dict[str, Any]:
    mine = {"user_id": USER, "module_id": MODULE}
    if path == EMOTIONS:
        return PREDICT
    if path == "/ws/frames":
        return framed(**{**mine, **ids})
    return EYE_FRAME


def is_answer(told: dict[str, Any]) -> bool:
    return told.get("success") is True or told.get("type") in {"eye_data", "prediction"}


@pytest.mark.parametrize("path", ["/api/frames", "/api/stream-frame"])
def test_no_bad_token_is_let_in_over_rest(service: RunningService, path: str) -> None:
    for told in {**TEXTS, "of PHP, tampered": tampered(php_token(), sub="8")}.values():
        answer = requests.post(
            service.url + path,
            json=framed(user_id=USER),
            # As bytes: else the client refuses to send some of them.
            headers={"Authorization": f"Bearer {told}".encode("latin-1")},
            timeout=20,
        )
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), told
        assert len(told) < 9 or told not in answer.text


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic Og==", f"Token {token()}", token()])
def test_a_header_that_is_no_bearer_token_is_none(
    service: RunningService, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    url = f"{service.url}/api/frames"
    answer = requests.post(url, json=framed(user_id=USER), headers=headers, timeout=20)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


def test_a_token_in_the_address_is_none_over_rest(service: RunningService) -> None:
    url = f"{service.url}/api/frames?token={token()}"
    assert requests.post(url, json=framed(user_id=USER), timeout=20).status_code == 401


@pytest.mark.parametrize("path", PATHS)
def test_no_bad_token_in_the_address_opens_a_web_socket(service: RunningService, path: str) -> None:
    for told in filter(None, TEXTS.values()):
        with web_socket(service, f"{path}?token={quote(told)}") as connection:
            assert_turned_away(greeted(connection, path), path)


@pytest.mark.parametrize("path", PATHS)
def test_no_bad_token_in_the_first_message_opens_a_web_socket(
    service: RunningService, path: str
) -> None:
    for told in bad_tokens().values():
        with web_socket(service, path) as connection:
            greeted(connection, path).send(auth(told))
            assert_turned_away(connection, path)


@pytest.mark.parametrize("path", PATHS)
def test_without_a_token_no_picture_is_taken(service: RunningService, path: str) -> None:
    for picture in (json.dumps(picture_for(path)), FACE, '{"type": "start_tracking"}'):
        with web_socket(service, path) as connection:
            greeted(connection, path)
            if isinstance(picture, bytes):
                connection.send_binary(picture)
            else:
                connection.send(picture)
            assert_turned_away(connection, path)


@pytest.mark.parametrize("path", PATHS)
def test_who_shows_no_token_in_time_is_sent_away(service: RunningService, path: str) -> None:
    with web_socket(service, path) as connection:
        assert_turned_away(greeted(connection, path), path)


@pytest.mark.parametrize("path", PATHS)
def test_who_was_turned_away_is_deaf_to_a_good_token(service: RunningService, path: str) -> None:
    with web_socket(service, f"{path}?token=bad") as connection:
        greeted(connection, path)
        for message in (auth(token()), json.dumps(picture_for(path))):
            connection.send(message)
        assert_turned_away(connection, path)


@pytest.mark.parametrize("path", PATHS)
def test_a_token_of_the_platform_opens_it_by_address_and_by_message(
    service: RunningService, path: str
) -> None:
    told = php_token()
    with web_socket(service, f"{path}?token={told}") as connection:
        assert is_answer(ask(greeted(connection, path), picture_for(path)))
    with web_socket(service, path) as connection:
        greeted(connection, path).send(auth(told))
        assert is_answer(ask(connection, picture_for(path)))


def test_a_token_of_the_platform_opens_rest(service: RunningService) -> None:
    client = RestClient(service, php_token())
    assert client.frame(user_id=USER, module_id=MODULE)["user_id"] == USER


@pytest.mark.parametrize("other", [{"user_id": 8}, {"module_id": 23}], ids=["user", "module"])
def test_a_token_is_for_one_learner_and_one_module(
    service: RunningService, other: dict[str, Any]
) -> None:
    ids = {"user_id": USER, "module_id": MODULE}
    refused = RestClient(service, php_token()).post(json=framed(**{**ids, **other}))
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    with web_socket(service, f"/ws/frames?token={php_token()}") as connection:
        assert ask(connection, framed(**{**ids, **other}))["code"] == "forbidden"
        assert ask(connection, framed(**ids))["success"] is True


def rest_sender(service: RunningService, told: str) -> Callable[[], str | None]:
    client = RestClient(service, told)
    return lambda: client.post(json=framed(user_id=USER, module_id=MODULE)).json().get("code")


@pytest.mark.parametrize("way", ["REST", "/ws/frames", *EYE_PATHS])
def test_a_session_outlives_its_token_until_it_ends_by_being_idle(
    service: RunningService, clock: WallClock, way: str
) -> None:
    with web_socket(service, f"{PATHS[0] if way == 'REST' else way}?token={token()}") as connection:
        greeted(connection, way)
        send = (
            rest_sender(service, token())
            if way == "REST"
            else lambda: ask(connection, picture_for(way)).get("code")
        )
        assert send() is None
        begun = ended(service)
        clock.put(2 * HOUR_SECONDS)
        try:
            assert send() is None
            until(lambda: ended(service) > begun)
            assert send() == "unauthorized"
            fresh = token(exp=round(time.time()) + 3 * HOUR_SECONDS)
            assert way != "REST" or rest_sender(service, fresh)() is None
        finally:
            clock.put(0)


def test_no_emotion_is_predicted_with_a_token_that_has_expired_since(
    service: RunningService, clock: WallClock
) -> None:
    with web_socket(service, f"{EMOTIONS}?token={token()}") as connection:
        assert is_answer(ask(greeted(connection, EMOTIONS), PREDICT))
        clock.put(2 * HOUR_SECONDS)
        try:
            connection.send(json.dumps(PREDICT))
            assert_turned_away(connection, EMOTIONS)
        finally:
            clock.put(0)


def ended(service: RunningService) -> int:
    return service.log.count("session ends")


def test_a_user_s_connections_are_limited_and_none_stays_without_a_name(
    service: RunningService,
) -> None:
    connections = [
        websocket.create_connection(
            f"{service.url}/ws/frames?token={token(sub='many')}".replace("http", "ws"), timeout=20
        )
        for _ in range(21)
    ]
    try:
        assert hear(connections[-1])["code"] == "rate_limited"
        assert_turned_away(connections[-1], "/ws/frames")
    finally:
        for connection in connections:
            connection.close()
