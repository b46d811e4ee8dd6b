"""Looking-away events: who may begin, and what is told of a picture that was not judged."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from eyelearn.concurrency import threads
from eyelearn.errors import NotTracking, Superseded, Unauthorized
from eyelearn.protocols.identity import Identity
from eyelearn.protocols.web_socket_face import Caller
from eyelearn.protocols.websocket_eye import WebSocketEye
from eyelearn.settings import Settings
from test_session_service import Sitting

EXPIRED, GOOD = Identity("7", None, expires=0), Identity("7", None, expires=2**53)
START = {"type": "start_tracking"}
PICTURE = b"picture"


class Desk:
    """told: all that the caller was told."""

    def __init__(self, camera: Any = None) -> None:
        self.sitting = Sitting()
        self.told: list[dict[str, Any]] = []
        web_socket: Any = SimpleNamespace(name="web-socket-1", send=self.told.append, environ={})
        self.caller = Caller(web_socket)
        settings = Settings(_env_file=None)
        self.face = WebSocketEye(self.sitting.service, camera, settings, threads())

    def take(self, message: dict[str, Any] | bytes) -> None:
        self.sitting.now += 1.0
        self.face.take(self.caller, message)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_session_outlives_its_token_until_it_ends(desk: Desk) -> None:
    desk.caller.identity = GOOD
    desk.take(PICTURE)
    desk.caller.identity = EXPIRED
    desk.take(PICTURE)
    assert [told["type"] for told in desk.told] == ["eye_data"] * 2
    desk.sitting.pause(61.0)
    with pytest.raises(Unauthorized):
        desk.take(PICTURE)
    assert desk.sitting.service.alive_count == 0


def test_no_stream_begins_with_a_token_that_has_expired() -> None:
    joined: list[Any] = []
    camera = SimpleNamespace(join=lambda watcher: joined.append(watcher) or (lambda: None))
    desk = Desk(camera)
    desk.caller.identity = EXPIRED
    with pytest.raises(Unauthorized):
        desk.take(START)
    assert joined == []
    desk.caller.identity = GOOD
    desk.take(START)
    desk.take(START)
    assert len(joined) == 1


def test_a_picture_that_was_overtaken_repeats_what_was_told_last(desk: Desk) -> None:
    desk.take(PICTURE)
    desk.sitting.pool.submit = (  # type: ignore[method-assign]
        lambda _session, _frame, tell, _request: tell(Superseded())
    )
    desk.take(PICTURE)
    first, again = desk.told
    assert again.pop("judged") is False
    assert {**again, "timestamp": ""} == {**first, "timestamp": ""}


def test_where_nothing_was_told_yet_it_is_an_error(desk: Desk) -> None:
    for error, code in ((Superseded(), "superseded"), (NotTracking("frame"), "overloaded")):
        desk.sitting.pool.submit = (  # type: ignore[method-assign]
            lambda _session, _frame, tell, _request, error=error: tell(error)
        )
        desk.take(PICTURE)
        assert (desk.told[-1]["type"], desk.told[-1]["code"]) == ("error", code)


def test_who_leaves_ends_stream_and_session(desk: Desk) -> None:
    left: list[bool] = []
    camera = SimpleNamespace(join=lambda _watcher: lambda: left.append(True))
    desk = Desk(camera)
    desk.take(START)
    desk.take(PICTURE)
    desk.face.leave(desk.caller)
    desk.face.leave(desk.caller)
    assert (left, desk.sitting.service.alive_count) == ([True], 0)
