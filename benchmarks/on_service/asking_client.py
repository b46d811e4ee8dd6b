"""A client that asks over a raw WebSocket, and asks again as soon as it is answered."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence

from .web_socket import WebSocket, text_frame

ANSWER_SECONDS = 60.0
# The service takes a hundred handshakes a second.
CONNECTING_AT_ONCE = 50
# Answers longer than this have a picture in them, and nothing that is looked at.
MAX_READ_CHARACTERS = 4096
WITH_PICTURE = "with a picture"


class AskingClient:
    """milliseconds: of each answer; kinds: of answers, by their `type`, or `code` where they are
    errors. Both since `measure`."""

    def __init__(self, url: str, questions: Sequence[str]) -> None:
        self._url = url.replace("http", "ws", 1)
        self._frames = [text_frame(question) for question in questions]
        self._heard_one = asyncio.Event()
        self._asked_at = 0.0
        self._number = 0
        self._asks = False
        self._interval = 0.0
        self.lost = False
        self.measure()

    def measure(self) -> None:
        """From now on."""
        self.milliseconds: list[float] = []
        self.kinds: Counter[str] = Counter()

    async def start(self) -> None:
        """Connects, and waits to be greeted. Raises OSError and TimeoutError."""
        self._socket = WebSocket(self._heard, self._gone)
        await self._socket.open(self._url)
        await self._hear()

    async def say(self, message: str) -> None:
        """One message, and waits for its answer. Raises TimeoutError."""
        self._heard_one.clear()
        self._socket.send(text_frame(message))
        await self._hear()

    def ask_on(self, interval: float = 0.0) -> None:
        """From now on; interval: seconds between two questions at least."""
        self._asks, self._interval = True, interval
        self._ask()

    def stop(self) -> None:
        self._asks = False

    def close(self) -> None:
        self._socket.close()

    async def _hear(self) -> None:
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._heard_one.wait()

    def _ask(self) -> None:
        if self._asks and not self.lost:
            self._number += 1
            self._asked_at = time.perf_counter()
            self._socket.send(self._frames[self._number % len(self._frames)])

    def _heard(self, message: str) -> None:
        self._heard_one.set()
        if not self._asks:
            return
        spent = time.perf_counter() - self._asked_at
        self.milliseconds.append(1000 * spent)
        self.kinds[_kind(message)] += 1
        asyncio.get_running_loop().call_later(max(0.0, self._interval - spent), self._ask)

    def _gone(self) -> None:
        self.lost = True


def _kind(message: str) -> str:
    if len(message) > MAX_READ_CHARACTERS:
        return WITH_PICTURE
    told = json.loads(message)
    return str(told.get("code") or told["type"])


async def connect_all(clients: Sequence[AskingClient]) -> None:
    for begin in range(0, len(clients), CONNECTING_AT_ONCE):
        some = clients[begin : begin + CONNECTING_AT_ONCE]
        await asyncio.gather(*(client.start() for client in some))


async def ask_for(
    clients: Sequence[AskingClient], warm_up: float, seconds: float, interval: float = 0.0
) -> None:
    """All of them ask on for so long; measured from after the warm-up to the end."""
    for number, client in enumerate(clients):
        delay = interval * number / len(clients)
        asyncio.get_running_loop().call_later(delay, client.ask_on, interval)
    await asyncio.sleep(interval + warm_up)
    for client in clients:
        client.measure()
    await asyncio.sleep(seconds)
    for client in clients:
        client.stop()
