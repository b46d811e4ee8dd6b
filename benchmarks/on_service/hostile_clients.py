"""Strangers who send what the service must refuse, many in one process of their own.

Run as a program it sends so many messages, or keeps so many connections half open for a time, and
then prints as JSON what it sent and what came back.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python_services")]

from hostile.broken_frames import BROKEN_OFF, ENDS  # noqa: E402
from hostile.hostile_values import FIELDS, IDS, event_text  # noqa: E402
from hostile.lying_requests import LIES, POST, POST_FRAMES, SMUGGLERS  # noqa: E402
from hostile.malformed_packets import BODIES, HARMLESS, MALFORMED  # noqa: E402
from hostile.wire import (  # noqa: E402
    BINARY,
    FIRST_PIECE,
    PIECE,
    PING,
    PONG,
    SOCKET_IO,
    TEXT,
    UPGRADE,
    frame,
)

# One that is not ended by the service in this time hangs, and is counted.
PATIENCE_SECONDS = 60.0
# What keeps the service busy for long is sent once in so many messages.
LARGE_BYTES, LARGE_EVERY = 64 * 1024, 1000
# Packets that one connection sends before it makes place for the next.
PACKETS_PER_CONNECTION = 200
FLOOD_FRAMES = 100
WRONG = (None, True, -1, 1e308, "", "a" * 100, [], [[]], {}, {"a": {}})
# How the messages are shared out: a row of packets, one broken frame, and so on.
TURNS = (
    *("packets", "frame", "request", "packets", "post", "messages", "flood", "packets", "pieces"),
    *("rest", "messages"),
)
# Where messages go that are no packets of Socket.IO's.
RAW_PATHS = ("/ws/frames", "/", "/ws/eye")
FRAME = {**FIELDS["video_frame"], **IDS, "frame_id": 1, "fps": 7, "hidden": True}
EYE = {"type": "frame", "data": FRAME["frame"], "token": "x"}
RAW_UPGRADE = UPGRADE.format(path="/ws/frames", more="").encode()
SOCKET_IO_UPGRADE = UPGRADE.format(path=SOCKET_IO, more="").encode()


def _as_frames(messages: tuple[str | bytes, ...]) -> bytes:
    return b"".join(
        frame(BINARY, each) if isinstance(each, bytes) else frame(TEXT, each.encode())
        for each in messages
    )


def _wrong_events() -> Iterator[bytes]:
    """Every event with each of its fields wrong, in every way."""
    for event, fields in FIELDS.items():
        for field, wrong in itertools.product(fields, WRONG):
            yield frame(TEXT, event_text(event, {**fields, field: wrong}).encode())
        for wrong in WRONG:
            yield frame(TEXT, event_text(event, wrong).encode())


def _wrong_messages() -> Iterator[bytes]:
    """Of the faces without Socket.IO: each field wrong, in every way."""
    for right in (FRAME, EYE, {**IDS, "landmarks": FIELDS["face_landmarks"]}):
        for field, wrong in itertools.product(right, WRONG):
            yield json.dumps({**right, field: wrong}).encode()
    yield from (b"", b"{", b"[1]", b"null", b"[" * 5000)


def _packets() -> Iterator[bytes]:
    """Without end; the large ones only now and then."""
    all_kinds = [_as_frames(each) for each in MALFORMED.values()]
    all_kinds += [frame(TEXT, each.encode()) for each in HARMLESS]
    large = itertools.cycle([each for each in all_kinds if len(each) > LARGE_BYTES])
    small = itertools.cycle(
        [each for each in all_kinds if len(each) <= LARGE_BYTES] + list(_wrong_events())
    )
    for number in itertools.count(1):
        yield next(large if number % LARGE_EVERY == 0 else small)


class Strangers:
    """So many connections at a time, until so many messages were sent."""

    def __init__(self, host: str, port: int, messages: int, turns: Sequence[str]) -> None:
        self._host, self._port = host, port
        self._turns = turns
        self._left = messages
        self.counts: Counter[str] = Counter()
        self._packets = _packets()
        self._frames = itertools.cycle([*ENDS.values(), *BROKEN_OFF.values()])
        self._requests = itertools.cycle([*LIES.values(), *SMUGGLERS.values()])
        self._bodies = itertools.cycle(BODIES.values())
        self._messages = itertools.cycle(list(_wrong_messages()))
        self._paths = itertools.cycle(RAW_PATHS)
        self._ways: dict[str, Callable[..., Awaitable[None]]] = {
            "packets": self._send_packets,
            "frame": self._send_frame,
            "request": self._send_request,
            "post": self._send_post,
            "flood": self._send_flood,
            "pieces": self._send_pieces,
            "messages": self._send_messages,
            "rest": self._send_rest,
        }

    async def come(self, first_turn: int) -> None:
        """One after the other."""
        for turn in itertools.count(first_turn):
            if self._left <= 0:
                return
            way = self._turns[turn % len(self._turns)]
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    reader, writer = await asyncio.open_connection(self._host, self._port)
                    try:
                        await self._ways[way](reader, writer)
                    finally:
                        writer.close()
            except TimeoutError:
                self.counts[f"hung: {way}"] += 1
            except OSError:
                self.counts[f"ended: {way}"] += 1

    def _sent(self, way: str, count: int = 1) -> None:
        self._left -= count
        self.counts["sent"] += count
        self.counts[way] += count

    async def _upgrade(self, reader: Any, writer: Any, path: str = SOCKET_IO) -> None:
        writer.write(UPGRADE.format(path=path, more="").encode())
        await reader.readuntil(b"\r\n\r\n")

    async def _send_packets(self, reader: Any, writer: Any) -> None:
        await self._upgrade(reader, writer)
        writer.write(frame(TEXT, b"40"))
        await self._send_all("packets", self._packets, reader, writer)

    async def _send_messages(self, reader: Any, writer: Any) -> None:
        await self._upgrade(reader, writer, next(self._paths))
        frames = (frame(TEXT, message) for message in self._messages)
        await self._send_all("messages of raw WebSockets", frames, reader, writer)

    async def _send_rest(self, reader: Any, writer: Any) -> None:
        body = next(self._messages)
        writer.write(POST_FRAMES + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        self._sent("frames over REST")
        await self._end(reader, writer)

    async def _send_all(self, way: str, frames: Iterator[bytes], reader: Any, writer: Any) -> None:
        reading = asyncio.create_task(self._read(reader))
        try:
            for each in itertools.islice(frames, PACKETS_PER_CONNECTION):
                if self._left <= 0 or reading.done():
                    return
                writer.write(each)
                self._sent(way)
                await writer.drain()
                # The answers of a connection that is ended come before its end.
                await asyncio.sleep(0)
        finally:
            reading.cancel()

    async def _read(self, reader: Any) -> None:
        with contextlib.suppress(OSError):
            while told := await reader.read(1 << 16):
                self.counts["errors told"] += told.count(b'"code":')

    async def _send_frame(self, reader: Any, writer: Any) -> None:
        await self._upgrade(reader, writer)
        writer.write(next(self._frames))
        self._sent("frames")
        await self._end(reader, writer)

    async def _send_request(self, reader: Any, writer: Any) -> None:
        writer.write(next(self._requests))
        self._sent("requests")
        await self._end(reader, writer)

    async def _send_post(self, reader: Any, writer: Any) -> None:
        writer.write(b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n")
        told = await reader.readuntil(b"}")
        sid = json.loads(told[told.index(b"{") :])["sid"]
        body = next(self._bodies).encode()
        head = POST.replace(b" HTTP", f"&sid={sid} HTTP".encode(), 1)
        writer.write(head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        self._sent("posts")
        await self._end(reader, writer)

    async def _send_flood(self, reader: Any, writer: Any) -> None:
        await self._upgrade(reader, writer)
        writer.write((frame(PING, b"x") + frame(PONG)) * (FLOOD_FRAMES // 2))
        self._sent("pings and pongs", FLOOD_FRAMES)
        await self._end(reader, writer)

    async def _send_pieces(self, reader: Any, writer: Any) -> None:
        await self._upgrade(reader, writer)
        writer.write(frame(FIRST_PIECE, b"4") + frame(PIECE, b"x") * (FLOOD_FRAMES - 1))
        self._sent("pieces of one message", FLOOD_FRAMES)
        await self._end(reader, writer)

    async def _end(self, reader: Any, writer: Any) -> None:
        await writer.drain()
        writer.write_eof()
        while await reader.read(1 << 16):
            pass


async def send(
    host: str, port: int, messages: int, connections: int, turns: Sequence[str]
) -> dict[str, Any]:
    strangers = Strangers(host, port, messages, turns)
    begun = time.perf_counter()
    await asyncio.gather(*(strangers.come(n) for n in range(connections)))
    return {**strangers.counts, "seconds": time.perf_counter() - begun}


COMING_SHARE = 0.25
# What a half-open connection has sent when it falls silent.
SILENT = (
    b"",
    b"GET /healthz HT",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\n",
    POST + b"Content-Length: 100\r\n\r\nhello",
    SOCKET_IO_UPGRADE,
    SOCKET_IO_UPGRADE + frame(TEXT, b"40"),
    SOCKET_IO_UPGRADE + frame(TEXT, b"4", said=100),
    RAW_UPGRADE + frame(TEXT, b"{", said=100),
)


async def keep_half_open(host: str, port: int, connections: int, seconds: float) -> dict[str, Any]:
    """They come one after the other in the first `COMING_SHARE` of the time; who is thrown out
    comes again."""
    counts: Counter[str] = Counter()
    until = time.perf_counter() + seconds

    async def one(number: int) -> None:
        await asyncio.sleep(COMING_SHARE * seconds * number / connections)
        while (left := until - time.perf_counter()) > 0:
            try:
                reader, writer = await asyncio.open_connection(host, port)
            except OSError:
                counts["refused"] += 1
                await asyncio.sleep(1.0)
                continue
            counts["opened"] += 1
            with contextlib.suppress(TimeoutError, OSError):
                writer.write(SILENT[number % len(SILENT)])
                async with asyncio.timeout(left):
                    while await reader.read(1 << 16):
                        pass
                counts["ended by the service"] += 1
            writer.close()

    await asyncio.gather(*(one(number) for number in range(connections)))
    return {**counts, "seconds": seconds}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("host")
    options.add_argument("port", type=int)
    options.add_argument("--messages", type=int)
    options.add_argument("--connections", type=int, required=True)
    options.add_argument("--only", choices=sorted(set(TURNS)), nargs="+", default=TURNS)
    options.add_argument("--half-open-seconds", type=float)
    told = options.parse_args()
    attack = (
        send(told.host, told.port, told.messages, told.connections, told.only)
        if told.messages
        else keep_half_open(told.host, told.port, told.connections, told.half_open_seconds)
    )
    print(json.dumps(asyncio.run(attack)))


if __name__ == "__main__":
    main()
