"""Learners who send frames over Socket.IO's WebSocket transport, many in one cheap process.

Speaks Engine.IO 4 and Socket.IO 5 by hand over `web_socket`, since a full client per learner would
cost more CPU than the service that is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson

from .web_socket import WebSocket, binary_frame, text_frame

START_SECONDS = 60.0

# What becomes of a frame: the only one that counts as answered, and an update that repeats.
JUDGED, NOT_JUDGED = "judged", "not judged"


@dataclass(slots=True)
class Outcome:
    """What became of the frames of one learner since `BenchmarkLearner.measure`.

    answers: how many of each kind. latencies: seconds from sending a frame to its judged update.
    update_times: moments of judged updates. lateness: seconds by which frames were sent late,
    because this process had no CPU. lost: whether the connection broke.
    """

    sent: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    update_times: list[float] = field(default_factory=list)
    lateness: list[float] = field(default_factory=list)
    lost: bool = False

    @property
    def judged(self) -> int:
        return self.answers[JUDGED]


class BenchmarkLearner:
    """One connection and its session. Sends what it is told to, whatever the answers are."""

    # Of the time that an answer echoes.
    ms_per_number = 1

    def __init__(
        self, url: str, user_id: int, frames: list[bytes] | list[str], follow_max_fps: bool = False
    ) -> None:
        """frames: pictures, bytes or data URLs; follow_max_fps: also `send_at` heeds the
        server's `max_fps`."""
        self.outcome = Outcome()
        self._url = url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
        self._user_id = user_id
        self._frames = frames
        self._follow = follow_max_fps
        self._max_fps = math.inf
        self._socket: WebSocket
        self._started = asyncio.Event()
        self._stopped = asyncio.Event()
        self._acknowledged = asyncio.Event()
        self._sent_at: dict[int, float] = {}
        self._next = self._first_counted = 0

    async def start(self) -> None:
        """Connects and begins a session. Raises OSError: a refusal, or no answer in time."""
        self._socket = WebSocket(self._heard, self._lose)
        await self._socket.open(self._url)
        self._socket.send(text_frame("40"))
        ids = {"user_id": self._user_id, "module_id": 1, "section_id": 1}
        self._socket.send(text_frame(f"42{orjson.dumps(['start_tracking', ids]).decode()}"))
        await asyncio.wait_for(self._started.wait(), START_SECONDS)

    def measure(self) -> None:
        """Counts anew: frames from the next one on, and the answers to those alone."""
        self.outcome = Outcome(lost=self.outcome.lost)
        self._first_counted = self._next

    async def send_at(
        self, fps: float, seconds: float, delay: float = 0.0, until_lost: bool = False
    ) -> None:
        """A camera's steady rate, whatever the answers do.

        Goes on where the connection is lost, since those frames are unanswered, unless until_lost.
        """
        due = time.perf_counter() + delay
        until = due + seconds
        while due < until and not (until_lost and self.outcome.lost):
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self.outcome.lateness.append(time.perf_counter() - due)
            self._send()
            due += 1 / (min(fps, self._max_fps) if self._follow else fps)

    async def send_as_answered(self, in_flight: int, seconds: float) -> None:
        """As our own client does: so many frames unanswered, and never above `max_fps`."""
        due = time.perf_counter()
        until = due + seconds
        while (now := time.perf_counter()) < until and not self.outcome.lost:
            if len(self._sent_at) >= in_flight:
                self._acknowledged.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._acknowledged.wait(), until - now)
            elif now < due:
                await asyncio.sleep(min(due, until) - now)
            else:
                self._send()
                due = now + 1 / self._max_fps

    async def settle(self, seconds: float) -> None:
        """Waits for what is on its way, at most so long."""
        until = time.perf_counter() + seconds
        while self._sent_at and time.perf_counter() < until and not self.outcome.lost:
            await asyncio.sleep(0.02)

    async def stop_tracking(self) -> None:
        """Ends the session, as the page's stop button does; the connection stays."""
        self._socket.send(text_frame('42["stop_tracking"]'))
        await asyncio.wait_for(self._stopped.wait(), START_SECONDS)

    def close(self) -> None:
        """Leaves as a page that is closed does."""
        self._socket.close()

    def abort(self) -> None:
        """Leaves as a laptop that loses its network does: no goodbye."""
        self._socket.abort()

    def _send(self) -> None:
        number = self._next
        self._next += 1
        self.outcome.sent += 1
        self._sent_at[number] = time.perf_counter()
        self._socket.send(self._packets(number))

    def _packets(self, number: int) -> bytes:
        """What is sent with this number; its update has it as `frame_timestamp`."""
        frame = self._frames[number % len(self._frames)]
        if isinstance(frame, str):
            event = f'42{number}["video_frame",{{"frame":"{frame}","timestamp":{number}}}]'
            return text_frame(event)
        place = '{"_placeholder":true,"num":0}'
        event = f'451-{number}["video_frame",{{"frame":{place},"timestamp":{number}}}]'
        return text_frame(event) + binary_frame(frame)

    def _heard(self, message: str) -> None:
        if message == "2":
            self._socket.send(text_frame("3"))
        elif message.startswith("43"):
            self._acknowledge(message[2:])
        elif message.startswith("42"):
            self._told(*orjson.loads(message[2:]))

    def _lose(self) -> None:
        self.outcome.lost = True
        self._acknowledged.set()

    def _acknowledge(self, text: str) -> None:
        number, bracket, rest = text.partition("[")
        told = orjson.loads(bracket + rest)[0]
        self._sent_at.pop(int(number), None)
        if told["status"] != "processed" and int(number) >= self._first_counted:
            self.outcome.answers[told.get("reason") or told["status"]] += 1
        self._acknowledged.set()

    def _told(self, event: str, data: Any = None) -> None:
        if event == "tracking_update":
            self._updated(data)
        elif event == "tracking_started":
            self._started.set()
        elif event == "tracking_stopped":
            self._stopped.set()
        if isinstance(data, dict) and data.get("max_fps"):
            self._max_fps = data["max_fps"]

    def _updated(self, update: dict[str, Any]) -> None:
        number = round(update["frame_timestamp"] / self.ms_per_number)
        if number < self._first_counted:
            return
        if update.get("judged") is False:
            self.outcome.answers[NOT_JUDGED] += 1
            return
        now = time.perf_counter()
        self.outcome.answers[JUDGED] += 1
        self.outcome.update_times.append(now)
        # An acknowledgement may overtake its update where handlers share a connection.
        if number in self._sent_at:
            self.outcome.latencies.append(now - self._sent_at[number])
