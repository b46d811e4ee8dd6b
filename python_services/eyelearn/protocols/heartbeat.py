"""Raw WebSockets that say nothing are asked for a sign of life, and end where none comes.

So a proxy sees that they are in use (nginx and AWS end what is silent for 60 s), and a peer that
went without a word is noticed.
"""

from __future__ import annotations

import time

from ..concurrency import Concurrency
from ..events import get_logger
from .web_socket import RawWebSocket

_log = get_logger(__name__)

PING_AFTER_SECONDS = 20.0
# A dead peer is to be noticed within 60 s: here after 50, or at the next look.
DEAD_AFTER_SECONDS = 50.0
LOOK_INTERVAL_SECONDS = 5.0
# Some 10 microseconds each.
LOOKS_IN_A_ROW = 64


class Heartbeat:
    """Looks after all of them in one green thread: a thousand idle ones cost 10 ms every 5 s."""

    def __init__(self, concurrency: Concurrency) -> None:
        self._concurrency = concurrency
        # When each was asked last, on the monotonic clock.
        self._asked: dict[RawWebSocket, float] = {}

    def __len__(self) -> int:
        return len(self._asked)

    def start(self) -> None:
        self._concurrency.spawn(self._run)

    def add(self, web_socket: RawWebSocket) -> None:
        self._asked[web_socket] = time.monotonic()

    def remove(self, web_socket: RawWebSocket) -> None:
        self._asked.pop(web_socket, None)

    def _run(self) -> None:
        while True:
            self._concurrency.sleep(LOOK_INTERVAL_SECONDS)
            for number, web_socket in enumerate(list(self._asked), start=1):
                if number % LOOKS_IN_A_ROW == 0:
                    self._concurrency.sleep(0)
                try:
                    self.look_at(web_socket, time.monotonic())
                except Exception:
                    # One connection's trouble must not leave the others unwatched.
                    _log.exception("a web socket could not be looked at")

    def look_at(self, web_socket: RawWebSocket, now: float) -> None:
        """now: seconds on the monotonic clock."""
        if web_socket not in self._asked:
            return
        silence = now - web_socket.heard_at
        if silence >= DEAD_AFTER_SECONDS:
            _log.debug("web socket gives no sign of life, and is ended", connection=web_socket.name)
            web_socket.cut_off()
        elif silence >= PING_AFTER_SECONDS and now - self._asked[web_socket] >= PING_AFTER_SECONDS:
            self._asked[web_socket] = now
            web_socket.ping()
