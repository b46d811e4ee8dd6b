"""Handshakes keep to a pace: whoever comes faster waits, and is refused where too many wait."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from eyelearn.errors import RateLimited
from eyelearn.protocols.socketio_door import (
    HANDSHAKE_BURST_SECONDS,
    HANDSHAKES_PER_SECOND,
    MAX_WAIT_SECONDS,
    SocketIODoor,
)

BURST = round(HANDSHAKES_PER_SECOND * HANDSHAKE_BURST_SECONDS)


class Door:
    """One where all but the pace lets everybody in."""

    def __init__(self) -> None:
        nobody = SimpleNamespace(check=lambda *_: None, carry=lambda *_: None)
        self.slept: list[float] = []
        self.door = SocketIODoor(None, nobody, nobody, nobody, self.slept.append)

    def come(self, path_query: str = "", method: str = "GET") -> None:
        environ: dict[str, Any] = {
            "PATH_INFO": "/socket.io/",
            "QUERY_STRING": path_query,
            "REQUEST_METHOD": method,
        }
        self.door._check(environ)


def test_a_class_that_comes_at_once_is_let_in_at_once() -> None:
    door = Door()
    for _ in range(BURST):
        door.come()
    assert door.slept == []


def test_more_wait_for_their_turn_and_too_many_are_refused() -> None:
    door = Door()
    for _ in range(BURST + round(MAX_WAIT_SECONDS * HANDSHAKES_PER_SECOND) + 1):
        door.door._take_turn(0.0)
    with pytest.raises(RateLimited):
        door.door._take_turn(0.0)
    assert door.slept == sorted(door.slept)
    assert max(door.slept) == pytest.approx(MAX_WAIT_SECONDS, abs=2 / HANDSHAKES_PER_SECOND)
    door.door._take_turn(1.0)


def test_who_is_connected_does_not_wait() -> None:
    door = Door()
    for _ in range(2 * BURST):
        door.come("sid=known")
        door.come("sid=known", "POST")
    assert door.slept == []
