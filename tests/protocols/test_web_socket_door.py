"""What a raw WebSocket leaves behind, however it ends."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from eyelearn.concurrency import threads
from eyelearn.protocols.entry import Entry
from eyelearn.protocols.heartbeat import Heartbeat
from eyelearn.protocols.web_socket import RawWebSocket
from eyelearn.protocols.web_socket_door import WebSocketDoor
from eyelearn.settings import Settings

TOKEN = "a-token-of-the-address"
ENVIRON = {
    "PATH_INFO": "/ws/frames",
    "QUERY_STRING": f"x=1&token={TOKEN}",
    "REQUEST_METHOD": "GET",
    "HTTP_UPGRADE": "WebSocket",
    "HTTP_SEC_WEBSOCKET_VERSION": "13",
    "HTTP_SEC_WEBSOCKET_EXTENSIONS": "permessage-deflate",
    "REMOTE_ADDR": "203.0.113.5",
}


class Served:
    """A door whose connections do what the test says. environ: of the last one, as it was then."""

    def __init__(self) -> None:
        self.tokens: list[str | None] = []
        self.fault: Exception | None = None
        self.connection: RawWebSocket | None = None
        self.environ: dict[str, Any] = {}
        concurrency = threads()
        self.heartbeat = Heartbeat(concurrency)
        self.entry = Entry(Settings(_env_file=None), concurrency)
        doorkeeper: Any = SimpleNamespace(serve=self._serve)
        self.door = WebSocketDoor(
            lambda _environ, _start: [b"ours"],
            face_at={"/ws/frames": SimpleNamespace()}.get,  # type: ignore[arg-type]
            maker=lambda serve: lambda environ, _start: self._upgrade(serve, environ),
            entry=self.entry,
            heartbeat=self.heartbeat,
            doorkeeper=doorkeeper,
            concurrency=concurrency,
        )

    def _upgrade(self, serve: Any, environ: dict[str, Any]) -> list[bytes]:
        self.environ = dict(environ)
        serve(SimpleNamespace(_recv_frame=lambda _message: None))
        return []

    def _serve(self, connection: RawWebSocket, _face: Any, token: str | None) -> None:
        assert len(self.heartbeat) == len(self.entry.connections.unknown) == 1
        self.connection = connection
        self.tokens.append(token)
        if self.fault is not None:
            raise self.fault

    def come(self, **environ: str) -> list[bytes]:
        return list(self.door({**ENVIRON, **environ}, lambda *_answer: None))


@pytest.fixture
def served() -> Served:
    return Served()


@pytest.mark.parametrize("fault", [None, RuntimeError("a fault")])
def test_whatever_way_it_ends_nothing_is_left(served: Served, fault: Exception | None) -> None:
    served.fault = fault
    served.come()
    assert len(served.heartbeat) == len(served.entry.connections.unknown) == 0
    assert served.connection is not None
    assert served.connection.receive() is None


def test_a_fault_is_logged_and_not_told_as_http(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    served.fault = RuntimeError("a fault")
    with caplog.at_level(logging.DEBUG):
        assert served.come() == []
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert TOKEN not in caplog.text


def test_the_token_of_the_address_is_shown_and_compression_is_not(served: Served) -> None:
    served.come()
    served.come(QUERY_STRING="")
    served.come(QUERY_STRING="token=&%ff=%&;")
    assert served.tokens == [TOKEN, None, None]
    assert "HTTP_SEC_WEBSOCKET_EXTENSIONS" not in served.environ


@pytest.mark.parametrize("other", [{"HTTP_UPGRADE": ""}, {"PATH_INFO": "/ws/frames/"}])
def test_what_is_no_web_socket_of_a_face_is_handed_on(
    served: Served, other: dict[str, str]
) -> None:
    assert served.come(**other) == [b"ours"]


@pytest.mark.parametrize(
    "other",
    [
        {"HTTP_ORIGIN": "https://evil.example"},
        {"HTTP_ORIGIN": "null"},
        {"HTTP_SEC_WEBSOCKET_VERSION": "8"},
    ],
)
def test_foreign_pages_and_drafts_are_refused(served: Served, other: dict[str, str]) -> None:
    assert b'"error"' in b"".join(served.come(**other))
    assert served.tokens == []
