"""`WS /ws/frames`: the same frames and answers as over REST, and the same sessions."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
import websocket

from integration.older_clients import FACE, RestClient, ask, framed, hear, web_socket
from service import RunningService, running_service

PATH = "/ws/frames"


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    with running_service({"INFERENCE_WORKERS": "1"}) as running:
        yield running


def test_the_first_thing_told_answers_the_first_picture(service: RunningService) -> None:
    with web_socket(service, PATH) as connection:
        told = ask(connection, framed(frame_id="first", timestamp=5.5))
    assert (told["success"], told["frame_id"], told["timestamp"]) == (True, "first", 5.5)
    assert told["status"]["is_focused"] is True


def test_a_learner_who_changes_over_has_one_session(service: RunningService) -> None:
    rest = RestClient(service).film(1.0, user_id="both")
    with web_socket(service, PATH) as connection:
        told = ask(connection, framed(user_id="both"))
    again = RestClient(service).frame(user_id="both")
    assert rest["session_id"] == told["session_id"] == again["session_id"]
    totals = [each["metrics"]["total_time"] for each in (rest, told, again)]
    assert totals == sorted(totals)
    assert totals[0] > 0.5


def test_a_lost_connection_loses_no_second(service: RunningService) -> None:
    with web_socket(service, PATH) as connection:
        first = ask(connection, framed(user_id="lost"))
        time.sleep(0.5)
        connection.shutdown()
    with web_socket(service, PATH) as connection:
        told = ask(connection, framed(user_id="lost"))
    assert told["session_id"] == first["session_id"]
    assert 0.4 < told["metrics"]["total_time"] < 2.0


WRONG: dict[str, tuple[str | bytes, str]] = {
    "not JSON": ("{", "invalid_payload"),
    "a list": ("[]", "invalid_payload"),
    "binary": (FACE, "invalid_payload"),
    "no user": (json.dumps({"frame": "x", "module_id": 1}), "invalid_payload"),
    "too many bytes": (json.dumps(framed(bytes(600_000))), "frame_too_large"),
    "no picture": (json.dumps(framed(b"hello", frame_id=5)), "undecodable_frame"),
}


@pytest.mark.parametrize(("sent", "code"), WRONG.values(), ids=list(WRONG))
def test_what_is_wrong_is_told_and_the_connection_lives_on(
    service: RunningService, sent: str | bytes, code: str
) -> None:
    with web_socket(service, PATH) as connection:
        told = ask(connection, sent)
        assert told["code"] == code
        assert told["error"]
        assert "success" not in told
        assert ask(connection, framed(user_id="right"))["success"] is True


def test_an_error_names_the_picture_that_it_answers(service: RunningService) -> None:
    with web_socket(service, PATH) as connection:
        assert ask(connection, framed(b"hello", frame_id=5))["frame_id"] == 5


def test_too_many_frames_are_limited_each_with_an_answer(service: RunningService) -> None:
    with web_socket(service, PATH) as connection:
        for number in range(40):
            connection.send(json.dumps(framed(user_id="fast", frame_id=number)))
        told = [hear(connection) for _ in range(40)]
    assert sorted(each["frame_id"] for each in told) == list(range(40))
    codes = {each.get("code") for each in told}
    assert "rate_limited" in codes
    assert codes <= {None, "rate_limited"}


def test_a_message_over_four_megabytes_ends_its_connection_alone(service: RunningService) -> None:
    with web_socket(service, PATH) as connection, web_socket(service, PATH) as other:
        with pytest.raises((websocket.WebSocketException, OSError)):
            ask(connection, "x" * 5_000_000)
        assert ask(other, framed())["success"] is True


@pytest.mark.parametrize("path", ["/ws/no/thing", "/api/frames", "/healthz"])
def test_there_is_no_web_socket_elsewhere(service: RunningService, path: str) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException):
        web_socket(service, path)


def test_a_foreign_page_is_refused(service: RunningService) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        web_socket(service, PATH, origin="https://evil.example")
    assert refused.value.status_code == 403
    assert json.loads(refused.value.resp_body)["code"] == "forbidden"
