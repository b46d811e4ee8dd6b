"""Clients of older services, by REST and plain WebSocket, many in one cheap process.

Each films at a steady beat with one picture on its way, as a page with one request at a time does:
while the answer to the last is still out, a beat is skipped. None heeds `max_fps`.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from .learner import JUDGED, NOT_JUDGED, Outcome
from .summary import summary
from .web_socket import WebSocket, text_frame

LOST = "connection lost"
OVERLOADED = "overloaded"
# A judgement that repeats the last one says so by this, in the answers of the measured service.
_REPEATED = b'"judged":false'
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_CLOSING = re.compile(rb"\r\nconnection: close", re.IGNORECASE)
_OK, _SERVER_ERROR = 200, 500


@dataclass(slots=True)
class FrameOutcome(Outcome):
    """skipped: beats without a picture, since an answer was still out. answer_seconds: from sending
    a picture to its answer, whatever that was."""

    skipped: int = 0
    answer_seconds: list[float] = field(default_factory=list)


class FrameClient(ABC):
    """One session. An answer counts where its picture was sent."""

    def __init__(self, user_id: int, frames: Sequence[str]) -> None:
        """frames: pictures as data URLs."""
        self.outcome = FrameOutcome()
        self._ids = f'"user_id":{user_id},"module_id":1,"section_id":1'.encode()
        self._frames = [frame.encode() for frame in frames]
        self._asked: tuple[float, FrameOutcome] | None = None

    def measure(self) -> None:
        """Counts anew: pictures from the next one on, and the answers to those alone."""
        self.outcome = FrameOutcome()

    async def send_at(self, fps: float, seconds: float, delay: float = 0.0) -> None:
        due = time.perf_counter() + delay
        until = due + seconds
        number = 0
        while due < until:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if self._asked is None:
                self._send(self._frames[number % len(self._frames)], due)
            else:
                self.outcome.skipped += 1
            due += 1 / fps
            number += 1

    async def settle(self, seconds: float) -> None:
        """Waits for the answer that is out, at most so long."""
        until = time.perf_counter() + seconds
        while self._asked is not None and time.perf_counter() < until:
            await asyncio.sleep(0.02)

    @abstractmethod
    def close(self) -> None:
        """Leaves as a page that is closed does."""

    @abstractmethod
    def _ask(self, message: bytes) -> None:
        """Sends one message of JSON; never waits."""

    def _send(self, frame: bytes, due: float) -> None:
        now = time.perf_counter()
        self.outcome.sent += 1
        self.outcome.lateness.append(now - due)
        self._asked = now, self.outcome
        self._ask(b'{"frame_base64":"%b",%b}' % (frame, self._ids))

    def _told(self, kind: str) -> None:
        """What came of the picture that is on its way; nothing where none is."""
        if self._asked is None:
            return
        (sent_at, outcome), self._asked = self._asked, None
        now = time.perf_counter()
        outcome.answers[kind] += 1
        outcome.answer_seconds.append(now - sent_at)
        if kind == JUDGED:
            outcome.latencies.append(now - sent_at)
            outcome.update_times.append(now)

    def _lost(self) -> None:
        self.outcome.lost = True
        self._told(LOST)


class RestClient(FrameClient):
    """`POST /api/frames`, on one connection or on a new one each time."""

    def __init__(
        self, url: str, user_id: int, frames: Sequence[str], new_connections: bool = False
    ) -> None:
        super().__init__(user_id, frames)
        place = urlsplit(url)
        self._host, self._port = place.hostname, place.port
        self._new_connections = new_connections
        closing = "Connection: close\r\n" if new_connections else ""
        self._head = (
            f"POST /api/frames HTTP/1.1\r\nHost: {place.netloc}\r\n{closing}"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()
        self._connection: HttpConnection | None = None
        self._connecting: asyncio.Task[None] | None = None

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _ask(self, message: bytes) -> None:
        request = b"%b%d%b%b" % (self._head, len(message), _HEAD_END, message)
        if self._connection is not None:
            self._connection.write(request)
        else:
            self._connecting = asyncio.create_task(self._connect(request))

    async def _connect(self, request: bytes) -> None:
        try:
            _, self._connection = await asyncio.get_running_loop().create_connection(
                lambda: HttpConnection(self), self._host, self._port
            )
        except OSError:
            self._lost()
        else:
            self._connection.write(request)

    def answered(self, status: int, body: bytes, closing: bool) -> None:
        """For the connection: a whole answer; closing: whether it is the last one on it."""
        if closing or self._new_connections:
            self.close()
        self._told(kind_of_answer(status, body))

    def gone(self, connection: HttpConnection) -> None:
        """For a connection that ended: an answer that is still out will not come."""
        if connection is self._connection:
            self._connection = None
            if self._asked is not None:
                self._lost()


class HttpConnection(asyncio.Protocol):
    """The client's end of HTTP/1.1, for answers that say how long they are."""

    def __init__(self, client: RestClient) -> None:
        self._client = client
        self._buffer = bytearray()
        self._transport: asyncio.Transport

    def write(self, request: bytes) -> None:
        self._transport.write(request)

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(_HEAD_END)
        if end < 0:
            return
        head, begin = bytes(self._buffer[:end]), end + len(_HEAD_END)
        length = _LENGTH.search(head)
        size = int(length[1]) if length else 0
        if len(self._buffer) < begin + size:
            return
        body = bytes(self._buffer[begin : begin + size])
        self._buffer.clear()
        self._client.answered(int(head[9:12]), body, _CLOSING.search(head) is not None)

    def connection_lost(self, _error: Exception | None) -> None:
        self._client.gone(self)


class WebSocketClient(FrameClient):
    """`WS /ws/frames`: a text message for each picture, and one for each answer."""

    def __init__(self, url: str, user_id: int, frames: Sequence[str]) -> None:
        super().__init__(user_id, frames)
        self._url = url.replace("http", "ws", 1) + "/ws/frames"
        self._socket: WebSocket

    async def start(self) -> None:
        """Connects. Raises OSError: a refusal, or no answer in time."""
        self._socket = WebSocket(self._heard, self._lost)
        await self._socket.open(self._url)

    def close(self) -> None:
        self._socket.close()

    def _ask(self, message: bytes) -> None:
        self._socket.send(text_frame(message.decode()))

    def _heard(self, message: str) -> None:
        self._told(kind_of_message(message.encode()))


def kind_of_answer(status: int, body: bytes) -> str:
    """Of REST: `judged`, `not judged`, or status and code of a refusal."""
    return _kind(body) if status == _OK else f"{status} {_code(body)}"


def kind_of_message(body: bytes) -> str:
    """Of a WebSocket: the same, but for the status."""
    return _code(body) if b'"error"' in body[:20] else _kind(body)


def failures(answers: dict[str, int]) -> int:
    """Answers that are a fault of the service: 5xx other than `overloaded`, and `internal`."""
    return sum(
        count
        for kind, count in answers.items()
        if "internal" in kind or (_status(kind) >= _SERVER_ERROR and OVERLOADED not in kind)
    )


def summary_of_clients(outcomes: Sequence[FrameOutcome]) -> dict[str, Any]:
    """`summary`, of what such clients tell besides, and of answers of every kind."""
    told = summary(outcomes)
    waited = [1000 * x for outcome in outcomes for x in outcome.answer_seconds]
    repeated = told["answers"].get(NOT_JUDGED, 0)
    return {
        **told,
        "repeated_share": repeated / told["sent"] if told["sent"] else 0.0,
        "skipped": sum(outcome.skipped for outcome in outcomes),
        "answer_max_ms": max(waited, default=np.nan),
        "answers_over_2_s": sum(ms > 2000.0 for ms in waited) + told["answers"]["unanswered"],
        "failures": failures(told["answers"]),
        "median_judged": float(np.median([outcome.judged for outcome in outcomes])),
    }


def _kind(body: bytes) -> str:
    return NOT_JUDGED if _REPEATED in body else JUDGED


def _code(body: bytes) -> str:
    try:
        return str(json.loads(body)["code"])
    except (ValueError, LookupError, TypeError):
        return "without a code"


def _status(kind: str) -> int:
    number = kind.partition(" ")[0]
    return int(number) if number.isdigit() else 0
