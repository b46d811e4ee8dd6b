"""Who connects takes a turn at the door; who is connected already does not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from eyelearn.protocols.socketio_door import SocketIODoor


class Door:
    """One that lets everybody in, and counts the turns."""

    def __init__(self) -> None:
        self.turns = 0
        nobody = SimpleNamespace(check=lambda *_: None, carry=lambda *_: None)
        self.door = SocketIODoor(None, nobody, nobody, nobody, self)

    def take_turn(self) -> None:
        self.turns += 1

    def come(self, path_query: str = "", method: str = "GET") -> None:
        environ: dict[str, Any] = {
            "PATH_INFO": "/socket.io/",
            "QUERY_STRING": path_query,
            "REQUEST_METHOD": method,
        }
        self.door._check(environ)


def test_who_connects_takes_a_turn() -> None:
    door = Door()
    door.come()
    assert door.turns == 1


def test_who_is_connected_does_not_wait() -> None:
    door = Door()
    door.come("sid=known")
    door.come("sid=known", "POST")
    assert door.turns == 0
