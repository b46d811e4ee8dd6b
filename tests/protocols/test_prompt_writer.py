from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from eyelearn.protocols.buffered_socket import BufferedSocket
from eyelearn.protocols.prompt_writer import PromptWriter

# More than two sockets take that nobody reads.
TOO_MUCH = "m" * 4_000_000


class Line:
    """A connection whose client is here, and reads only what a test reads."""

    def __init__(self) -> None:
        ours, self.client = socket.socketpair()
        self.waiting: list[Callable[[], Any]] = []
        self.connection = SimpleNamespace(
            upgraded=True,
            queue=SimpleNamespace(qsize=lambda: 0),
            last_ping=None,
            closing=False,
            closed=False,
        )
        ours.setblocking(False)
        self._ours = ours
        self.web_socket = SimpleNamespace(
            socket=BufferedSocket(self), _sendlock=threading.Lock(), websocket_closed=False
        )
        self.writer = PromptWriter(self.connection, self.web_socket, self._spawn)

    @property
    def fd(self) -> socket.socket:
        """As a green socket has it."""
        return self._ours

    def sendall(self, data: bytes) -> None:
        """As a green socket's: waits."""
        self._ours.settimeout(30.0)
        self._ours.sendall(data)

    def setsockopt(self, *arguments: Any) -> None:
        self._ours.setsockopt(*arguments)

    def shutdown(self, how: int) -> None:
        self._ours.shutdown(how)

    def _spawn(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.waiting.append(lambda: function(*arguments))

    def read(self, size: int) -> bytes:
        self.client.settimeout(30.0)
        return b"".join(iter(lambda: self.client.recv(min(size, 65536)), b""))[:size]

    def close(self) -> None:
        self._ours.close()
        self.client.close()


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.close()


def test_messages_are_written_at_once_and_in_one_piece(line: Line) -> None:
    assert line.writer.write(['42["update"]', "43[]"])
    assert line.client.recv(1000) == b'\x81\x0c42["update"]' + b"\x81\x0443[]"


@pytest.mark.parametrize(
    "change",
    [
        {"queue": SimpleNamespace(qsize=lambda: 1)},
        {"upgraded": False},
        {"last_ping": 1.0},
        {"closing": True},
        {"closed": True},
    ],
    ids=["others wait", "no WebSocket yet", "a ping is out", "closing", "closed"],
)
def test_they_take_their_turn_where(line: Line, change: dict[str, Any]) -> None:
    vars(line.connection).update(change)
    assert not line.writer.write(["4"])


def test_they_take_their_turn_after_one_that_is_being_written(line: Line) -> None:
    with line.web_socket._sendlock:
        assert not line.writer.write(["4"])
    assert line.writer.write(["4"])


def test_nothing_follows_a_goodbye(line: Line) -> None:
    line.web_socket.websocket_closed = True
    assert not line.writer.write(["4"])


def test_a_client_that_does_not_read_is_not_waited_for_and_misses_nothing(line: Line) -> None:
    assert line.writer.write([TOO_MUCH])
    assert not line.writer.write(["4"])
    (finish,) = line.waiting
    writing = threading.Thread(target=lambda: (finish(), line.fd.shutdown(socket.SHUT_WR)))
    writing.start()
    received = line.read(2 * len(TOO_MUCH))
    writing.join()
    assert received[-len(TOO_MUCH) :] == TOO_MUCH.encode()
    assert len(received) - len(TOO_MUCH) == 10  # the head of a long message
    assert not line.web_socket._sendlock.locked()


def test_where_nothing_fits_nothing_is_written(line: Line) -> None:
    with contextlib.suppress(BlockingIOError):
        while True:
            line.fd.send(bytes(65536))
    assert not line.writer.write(["4"])
    assert line.waiting == []


def test_a_client_that_is_gone_is_left_to_who_ends_connections(line: Line) -> None:
    line.client.close()
    assert not line.writer.write(["4"])


def test_one_that_goes_amid_a_message_is_hung_up_on(line: Line) -> None:
    assert line.writer.write([TOO_MUCH])
    line.client.close()
    (finish,) = line.waiting
    finish()
    assert not line.web_socket._sendlock.locked()
    with pytest.raises(BrokenPipeError):
        line.fd.send(b"more")
