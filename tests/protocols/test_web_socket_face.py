"""Who may speak on a raw WebSocket, by which token, and what they are told who may not."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from eyelearn.concurrency import Concurrency, threads
from eyelearn.errors import EyeLearnError, Forbidden, InvalidPayload
from eyelearn.protocols.connections import WHOSE, Connections
from eyelearn.protocols.identity import Identities
from eyelearn.protocols.web_socket_face import (
    CLOSED_UNAUTHORIZED,
    Caller,
    Doorkeeper,
    object_only,
)
from eyelearn.settings import Settings
from tokens import SECRET, bad_tokens, token

HANDSHAKE_SECONDS = 7.0
PICTURE = "data:image/jpeg;base64,/9j/4AAQSkZJRg"


class Caught:
    """A raw WebSocket on which these messages come. sent: what was told; ended: the close codes;
    a message that can be called is something that happens meanwhile."""

    name = "web-socket-1"

    def __init__(self, messages: list[Any], environ: dict[str, Any] | None = None) -> None:
        self.environ = environ or {}
        self._messages = messages
        self.sent: list[dict[str, Any]] = []
        self.ended: list[int] = []

    def receive(self) -> Any:
        while self._messages and not self.ended:
            message = self._messages.pop(0)
            if not callable(message):
                return message
            message()
        return None

    def send(self, message: dict[str, Any]) -> None:
        assert not self.ended
        self.sent.append(message)

    def end(self, code: int, reason: str) -> None:
        assert reason
        self.ended.append(code)


class Echo:
    """A face that repeats what it is told. heard: that; left: who is gone."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.left: list[Caller] = []
        self.fault: Exception | None = None

    def greet(self, caller: Caller) -> None:
        caller.send({"hello": True})

    def take(self, caller: Caller, message: dict[str, Any] | bytes) -> None:
        self.heard.append(message)
        if self.fault is not None:
            raise self.fault

    def leave(self, caller: Caller) -> None:
        self.left.append(caller)

    def error(self, error: EyeLearnError, message: dict[str, Any] | None) -> dict[str, Any]:
        return {"code": error.code, "of": message}


class Door:
    """later: what was put off, and for how long."""

    def __init__(self, **settings: Any) -> None:
        self.settings = Settings(_env_file=None, **settings)
        self.later: list[tuple[float, Callable[[], Any]]] = []
        real = threads()
        concurrency = Concurrency(
            real.spawn,
            lambda seconds, call: self.later.append((seconds, call)),
            *(real.sleep, real.lock, real.event),
        )
        self.face = Echo()
        self._keeper = Doorkeeper(Identities(self.settings), HANDSHAKE_SECONDS, concurrency)

    def serve(
        self, *messages: Any, told: str | None = None, environ: dict[str, Any] | None = None
    ) -> Caught:
        """told: the token of the address."""
        caught: Any = Caught(list(messages), environ)
        self._keeper.serve(caught, self.face, told)
        return caught  # type: ignore[no-any-return]

    def look(self) -> None:
        """The time is over in which a token has to come."""
        [(seconds, call)] = self.later
        assert seconds == HANDSHAKE_SECONDS
        call()


@pytest.fixture
def door() -> Door:
    return Door(auth_secret=SECRET)


def auth(told: object) -> str:
    return json.dumps({"type": "auth", "token": told})


def codes(caught: Caught) -> list[str]:
    return [message["code"] for message in caught.sent if "code" in message]


def test_where_no_token_is_needed_whoever_comes_is_heard() -> None:
    door = Door()
    caught = door.serve('{"a": 1}', b"picture", auth("whatever"))
    assert door.face.heard == [{"a": 1}, b"picture"]
    assert (codes(caught), caught.ended, door.later) == ([], [], [])


def test_a_token_in_the_address_opens_the_door(door: Door) -> None:
    caught = door.serve('{"a": 1}', door.look, told=token())
    assert door.face.heard == [{"a": 1}]
    assert (codes(caught), caught.ended) == ([], [])


def test_a_token_in_the_first_message_opens_the_door(door: Door) -> None:
    caught = door.serve(auth(token()), '{"a": 1}', b"picture", door.look)
    assert door.face.heard == [{"a": 1}, b"picture"]
    assert (codes(caught), caught.ended) == ([], [])


@pytest.mark.parametrize("first", ['{"a": 1}', b"picture"], ids=["text", "binary"])
def test_without_a_token_nothing_is_heard(door: Door, first: str | bytes) -> None:
    caught = door.serve(first, auth(token()), '{"a": 2}')
    assert door.face.heard == []
    assert (codes(caught), caught.ended) == (["unauthorized"], [CLOSED_UNAUTHORIZED])


@pytest.mark.parametrize("wrong", bad_tokens())
def test_a_bad_token_is_the_end_and_is_not_quoted(door: Door, wrong: str) -> None:
    told = bad_tokens()[wrong]
    caught = door.serve(auth(told), '{"a": 1}')
    assert door.face.heard == []
    assert (codes(caught), caught.ended) == (["unauthorized"], [CLOSED_UNAUTHORIZED])
    assert not told or len(str(told)) < 9 or str(told) not in str(caught.sent)


def test_a_bad_token_in_the_address_is_the_end_also_where_a_good_one_follows(door: Door) -> None:
    caught = door.serve(auth(token()), '{"a": 1}', told=token(exp=0))
    assert door.face.heard == []
    assert (codes(caught), caught.ended) == (["unauthorized"], [CLOSED_UNAUTHORIZED])


def test_a_token_that_does_not_come_in_time_is_the_end(door: Door) -> None:
    caught = door.serve(door.look, auth(token()))
    assert (codes(caught), caught.ended) == (["unauthorized"], [CLOSED_UNAUTHORIZED])


def test_who_has_too_many_connections_may_not_stay_without_a_name(door: Door) -> None:
    connections = Connections(door.settings)
    while not connections.users.is_full("7"):
        connections.users.enter("7")

    def environ() -> dict[str, Any]:
        visit = connections.unknown.enter("203.0.113.5")
        return {WHOSE: (connections, visit)}

    for first, told in (([auth(token())], None), ([], token())):
        door.later.clear()
        caught = door.serve(*first, door.look, told=told, environ=environ())
        assert codes(caught) == ["rate_limited", "unauthorized"]
        assert caught.ended == [CLOSED_UNAUTHORIZED]


def test_what_cannot_be_read_is_told_and_the_next_message_heard(door: Door) -> None:
    caught = door.serve(auth(token()), "{", "[1]", '{"a": 1}')
    assert codes(caught) == ["invalid_payload", "invalid_payload"]
    assert door.face.heard == [{"a": 1}]


def test_an_error_is_told_with_the_message_that_it_answers() -> None:
    door = Door()
    door.face.fault = Forbidden("no")
    caught = door.serve('{"a": 1}', b"picture")
    assert caught.sent[1:] == [
        {"code": "forbidden", "of": {"a": 1}},
        {"code": "forbidden", "of": None},
    ]
    assert caught.ended == []


def test_a_token_that_a_face_finds_to_have_expired_is_the_end(door: Door) -> None:
    def expire() -> None:
        try:
            Identities(door.settings).identify(token(exp=0), time.time())
        except EyeLearnError as error:
            door.face.fault = error

    caught = door.serve(auth(token()), '{"a": 1}', expire, '{"a": 2}', '{"a": 3}')
    assert door.face.heard == [{"a": 1}, {"a": 2}]
    assert (codes(caught), caught.ended) == (["unauthorized"], [CLOSED_UNAUTHORIZED])


def test_a_fault_of_ours_is_told_as_one_and_logged_without_what_was_sent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    door = Door()
    door.face.fault = RuntimeError("a fault")
    with caplog.at_level(logging.DEBUG):
        caught = door.serve(json.dumps({"frame": PICTURE, "user_id": "somebody"}))
    assert codes(caught) == ["internal"]
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert not [private for private in (PICTURE, "somebody") if private in caplog.text]


def test_whoever_came_leaves_also_after_a_fault(door: Door) -> None:
    class Broken(Caught):
        def receive(self) -> Any:
            raise RuntimeError("a fault")

    with pytest.raises(RuntimeError):
        door._keeper.serve(Broken([]), door.face, None)  # type: ignore[arg-type]
    assert len(door.face.left) == 1
    door.serve()
    assert len(door.face.left) == 2


def test_a_face_without_binary_messages_says_so() -> None:
    assert object_only({"a": 1}) == {"a": 1}
    with pytest.raises(InvalidPayload):
        object_only(b"picture")
