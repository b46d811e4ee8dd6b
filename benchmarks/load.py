"""Learners who send frames over Socket.IO's WebSocket transport, many in one cheap process.

Speaks Engine.IO 4 and Socket.IO 5 by hand over the `websockets` library, since a full client per
learner would cost more CPU than the service that is measured.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

START_SECONDS = 60.0


@dataclass
class Outcome:
    """What one learner saw. Times are seconds."""

    sent: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    update_times: list[float] = field(default_factory=list)

    @property
    def answered(self) -> int:
        return self.statuses.get("processed", 0)


class BenchmarkLearner:
    """One connection and its session."""

    def __init__(self, url: str, user_id: int, frames: list[bytes]) -> None:
        self.outcome = Outcome()
        self._url = url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
        self._user_id = user_id
        self._frames = frames
        self._socket: ClientConnection
        self._reader: asyncio.Task[None]
        self._started = asyncio.Event()
        self._answered = asyncio.Event()
        self._sent_at: dict[int, float] = {}
        self._next = 0

    async def start(self) -> None:
        """Connects and begins a session."""
        self._socket = await connect(self._url, max_size=None, compression=None)
        await self._socket.recv()
        await self._socket.send("40")
        self._reader = asyncio.create_task(self._read())
        ids = {"user_id": self._user_id, "module_id": 1, "section_id": 1}
        await self._socket.send("42" + json.dumps(["start_tracking", ids]))
        await asyncio.wait_for(self._started.wait(), START_SECONDS)

    async def send_at(self, fps: float, seconds: float, delay: float) -> None:
        """A camera's steady rate, whatever the answers do."""
        begun = time.perf_counter() + delay
        for n in range(round(fps * seconds)):
            await asyncio.sleep(max(0.0, begun + n / fps - time.perf_counter()))
            await self._send()

    async def send_as_answered(self, in_flight: int, seconds: float) -> None:
        """As fast as answers come, with so many frames unanswered."""
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            if len(self._sent_at) < in_flight:
                await self._send()
            else:
                self._answered.clear()
                await self._answered.wait()

    async def stop(self, grace_seconds: float = 2.0) -> None:
        """Waits for what is on its way, and disconnects."""
        until = time.perf_counter() + grace_seconds
        while self._sent_at and time.perf_counter() < until:
            await asyncio.sleep(0.02)
        self._reader.cancel()
        await self._socket.close()

    async def _send(self) -> None:
        number = self._next
        self._next += 1
        self._sent_at[number] = time.perf_counter()
        self.outcome.sent += 1
        place = {"frame": {"_placeholder": True, "num": 0}, "timestamp": number}
        await self._socket.send(f"451-{number}" + json.dumps(["video_frame", place]))
        await self._socket.send(self._frames[number % len(self._frames)])

    async def _read(self) -> None:
        async for message in self._socket:
            if message == "2":
                await self._socket.send("3")
            elif isinstance(message, str) and message.startswith("43"):
                self._acknowledged(message[2:])
            elif isinstance(message, str) and message.startswith("42"):
                self._told(*json.loads(message[2:]))

    def _acknowledged(self, text: str) -> None:
        number, bracket, rest = text.partition("[")
        status = json.loads(bracket + rest)[0]["status"]
        elapsed = time.perf_counter() - self._sent_at.pop(int(number))
        self.outcome.statuses[status] = self.outcome.statuses.get(status, 0) + 1
        if status == "processed":
            self.outcome.latencies.append(elapsed)
        self._answered.set()

    def _told(self, event: str, _data: Any = None) -> None:
        if event == "tracking_started":
            self._started.set()
        elif event == "tracking_update":
            self.outcome.update_times.append(time.perf_counter())
