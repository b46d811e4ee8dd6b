"""One raw WebSocket as the faces see it: messages in, and answers that nobody has to wait for."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from ..concurrency import Concurrency
from ..events import get_logger
from .hanging_up import hang_up
from .paced_frames import PacedFrames

_log = get_logger(__name__)

# Answers to a client that does not read them, on top of what lies in the kernel's buffer: 5 s of
# one that sends 20 frames a second. Then it is cut off.
MAX_WAITING_MESSAGES = 100
# Of control frames (RFC 6455, section 5.5).
PING = 9
# A close frame says why in so many bytes at most (RFC 6455, section 5.5.1).
MAX_REASON_BYTES = 123
# Who is told to close has this long to do it, so that the last answer is not lost with the socket.
PARTING_SECONDS = 2.0

Message = str | bytes


class RawWebSocket:
    """environ: of the request that began it. Whoever reads it is one green thread; anybody writes.

    heard_at: when the last frame came, a pong included, on the monotonic clock.
    """

    def __init__(
        self,
        name: str,
        web_socket: Any,
        frames: PacedFrames,
        environ: dict[str, Any],
        concurrency: Concurrency,
    ) -> None:
        """web_socket: eventlet's, whose frames come by way of `frames`."""
        self.name = name
        self.environ = environ
        self._web_socket = web_socket
        self._frames = frames
        self._concurrency = concurrency
        self._waiting: deque[Callable[[], Any]] = deque()
        self._writing = False
        self._parting = False
        self._ended = False
        self._opened_at = time.monotonic()

    @property
    def heard_at(self) -> float:
        return max(self._opened_at, self._frames.taken_at)

    def receive(self) -> Message | None:
        """The next message; waits for it. None where there will be none."""
        try:
            while not self._ended:
                message: Message | None = self._web_socket.wait()
                # What comes after our goodbye is read, since else it would not arrive, and no more.
                if message is None or not self._parting:
                    return message
            return None
        except (OSError, ValueError) as error:
            # Its frames are none, or it went: what it was told in return, the library knows.
            _log.debug("web socket went", connection=self.name, reason=type(error).__name__)
            return None

    def send(self, message: Mapping[str, Any]) -> None:
        """At once, and in turn with the others; a client that does not read is cut off."""
        text = orjson.dumps(message).decode()
        self._say(lambda: self._web_socket.send(text))

    def ping(self) -> None:
        self._say(lambda: self._web_socket.send(b"", control_code=PING))

    def end(self, code: int, reason: str) -> None:
        """Closes it once everything is sent; no message is received any more."""
        if self._parting:
            return
        self._parting = True
        data = code, reason.encode()[:MAX_REASON_BYTES].decode(errors="ignore")
        self._write(lambda: self._web_socket._send_closing_frame(True, data))
        self._concurrency.later(PARTING_SECONDS, self.cut_off)

    def cut_off(self) -> None:
        """Ends it without another word, also while a send is stuck."""
        if not self._ended:
            self._ended = True
            self._waiting.clear()
            hang_up(self._web_socket.socket)

    def forget(self) -> None:
        """For the one who served it: nothing is sent any more."""
        self._ended = True
        self._waiting.clear()

    def _say(self, write: Callable[[], Any]) -> None:
        """After our goodbye nothing may follow (RFC 6455, section 5.5.1)."""
        if not self._parting:
            self._write(write)

    def _write(self, write: Callable[[], Any]) -> None:
        if self._ended:
            return
        if len(self._waiting) >= MAX_WAITING_MESSAGES:
            _log.warning(
                "web socket does not read what it is sent, and is cut off", connection=self.name
            )
            self.cut_off()
            return
        self._waiting.append(write)
        if not self._writing:
            self._writing = True
            self._concurrency.spawn(self._write_waiting)

    def _write_waiting(self) -> None:
        """One at a time writes; there is none while nothing waits."""
        try:
            while self._waiting:
                self._waiting.popleft()()
        except OSError as error:
            _log.debug("web socket went", connection=self.name, reason=type(error).__name__)
            self._waiting.clear()
        finally:
            self._writing = False
