"""Clients of older services, as the benchmarks play them."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

import pytest
from on_service.frame_clients import (
    LOST,
    FrameOutcome,
    RestClient,
    WebSocketClient,
    failures,
    kind_of_answer,
    kind_of_message,
    summary_of_clients,
)
from on_service.learner import JUDGED, NOT_JUDGED
from websockets.asyncio.server import ServerConnection, serve

OVERLOADED = {"error": "full", "code": "overloaded"}
PICTURES = ["data:image/jpeg;base64,AAAA", "data:image/jpeg;base64,BBBB"]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b'{"success":true}', JUDGED),
        (200, b'{"success":true,"judged":false}', NOT_JUDGED),
        (503, json.dumps(OVERLOADED).encode(), "503 overloaded"),
        (502, b"<html>", "502 without a code"),
    ],
)
def test_an_answer_by_rest_is_of_a_kind(status: int, body: bytes, kind: str) -> None:
    assert kind_of_answer(status, body) == kind


def test_a_message_is_of_the_same_kinds_without_a_status() -> None:
    assert kind_of_message(b'{"success":true}') == JUDGED
    assert kind_of_message(b'{"success":true,"judged":false}') == NOT_JUDGED
    assert kind_of_message(json.dumps(OVERLOADED).encode()) == "overloaded"


def test_who_is_told_that_there_is_no_room_met_no_failure() -> None:
    kinds = {JUDGED: 9, "503 overloaded": 4, "429 rate_limited": 2, "500 internal": 1}
    assert failures(kinds) == 1
    assert failures({"internal": 2, "502 without a code": 3}) == 5


def test_pictures_that_were_repeated_or_never_answered_are_told() -> None:
    kinds = Counter({JUDGED: 6, NOT_JUDGED: 2, LOST: 1})
    outcome = FrameOutcome(sent=10, answers=kinds, answer_seconds=[0.1] * 8 + [2.5], skipped=3)
    told = summary_of_clients([outcome])
    assert (told["judged_share"], told["repeated_share"]) == (0.6, 0.2)
    assert (told["skipped"], told["answer_max_ms"], told["answers_over_2_s"]) == (3, 2500, 2)


class RestServer:
    """Answers each request in turn: judged, repeated, refused with a goodbye, not at all."""

    answers = (
        b'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"success":true}',
        b'HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\n{"judged":false}',
        b"HTTP/1.1 503 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
        b"",
    )
    kinds = (JUDGED, NOT_JUDGED, "503 without a code", LOST)

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                size = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
                self.requests.append(json.loads(await reader.readexactly(size)))
                answer = self.answers[(len(self.requests) - 1) % len(self.answers)]
                writer.write(answer)
                if not answer or b"close" in answer:
                    break
        except asyncio.IncompleteReadError:
            pass
        writer.close()


async def _posted(server: RestServer, new_connections: bool = False) -> FrameOutcome:
    async with await asyncio.start_server(server, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        client = RestClient(f"http://127.0.0.1:{port}", 7, PICTURES, new_connections)
        for _ in server.answers:
            await client.send_at(fps=100.0, seconds=0.01)
            await client.settle(30.0)
        client.close()
        return client.outcome


def test_a_rest_client_sorts_what_becomes_of_pictures_and_connects_again() -> None:
    server = RestServer()
    outcome = asyncio.run(_posted(server))
    assert outcome.answers == Counter(RestServer.kinds)
    assert (outcome.sent, outcome.lost, server.connections) == (4, True, 2)
    assert len(outcome.latencies) == 1
    assert server.requests[0] == {
        "frame_base64": PICTURES[0],
        "user_id": 7,
        "module_id": 1,
        "section_id": 1,
    }


def test_a_rest_client_may_connect_for_each_picture() -> None:
    server = RestServer()
    outcome = asyncio.run(_posted(server, new_connections=True))
    assert outcome.answers == Counter(RestServer.kinds)
    assert server.connections == 4


async def _asked(delay: float) -> FrameOutcome:
    async def answer(connection: ServerConnection) -> None:
        async for _ in connection:
            await asyncio.sleep(delay)
            await connection.send('{"success":true}')

    async with serve(answer, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        client = WebSocketClient(f"http://127.0.0.1:{port}", 7, PICTURES)
        await client.start()
        await client.send_at(fps=50.0, seconds=0.2)
        await client.settle(30.0)
        client.close()
        return client.outcome


def test_a_beat_is_skipped_while_an_answer_is_out() -> None:
    outcome = asyncio.run(_asked(delay=0.5))
    assert (outcome.sent, outcome.answers[JUDGED]) == (1, 1)
    assert outcome.skipped >= 8
    assert outcome.answer_seconds[0] >= 0.5
