"""`WS /ws/frames`: the frames of section 2 of the protocols as text messages."""

from __future__ import annotations

from typing import Any

from ..concurrency import Concurrency
from ..errors import EyeLearnError
from .frames import Frames, Told, echo_of
from .refusals import told
from .web_socket_face import Caller, object_only

PATH = "/ws/frames"


class WebSocketFrames:
    """A face without a greeting; an error names the `frame_id` of what it answers."""

    def __init__(self, frames: Frames, concurrency: Concurrency) -> None:
        self._frames = frames
        self._concurrency = concurrency

    def greet(self, caller: Caller) -> None:
        """Clients of the older service take the first message for an answer."""

    def take(self, caller: Caller, message: dict[str, Any] | bytes) -> None:
        content = object_only(message)
        environ = caller.web_socket.environ

        def tell(answer: Told) -> None:
            outcome = answer.outcome
            body = self.error(outcome, content) if isinstance(outcome, EyeLearnError) else outcome
            if answer.wait_seconds:
                self._concurrency.later(answer.wait_seconds, lambda: caller.send(body))
            else:
                caller.send(body)

        self._frames.take(content, environ, caller.identity, tell)

    def leave(self, caller: Caller) -> None:
        """The session goes on until it is idle: its client may come back, or go on by REST."""

    def error(self, error: EyeLearnError, message: dict[str, Any] | None) -> dict[str, Any]:
        return {**told(error), **({} if message is None else echo_of(message))}
