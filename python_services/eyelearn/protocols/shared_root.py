"""`WS /`, which two older systems share: who speaks by commands asks for emotions, and all others
for looking-away events."""

from __future__ import annotations

from typing import Any

from ..errors import EyeLearnError
from .web_socket_face import Caller
from .websocket_emotions import WebSocketEmotions
from .websocket_eye import WebSocketEye


class SharedRoot:
    """A face of two. Whoever connects is greeted as looking-away events do it."""

    def __init__(self, eye: WebSocketEye, emotions: WebSocketEmotions) -> None:
        self._eye = eye
        self._emotions = emotions

    def greet(self, caller: Caller) -> None:
        self._eye.greet(caller)

    def take(self, caller: Caller, message: dict[str, Any] | bytes) -> None:
        if _is_command(message):
            self._emotions.join(caller)
            self._emotions.take(caller, message)
        else:
            self._eye.take(caller, message)

    def leave(self, caller: Caller) -> None:
        self._emotions.leave(caller)
        self._eye.leave(caller)

    def error(self, error: EyeLearnError, message: dict[str, Any] | None) -> dict[str, Any]:
        if _is_command(message):
            return self._emotions.error(error, message)
        return self._eye.error(error, message)


def _is_command(message: dict[str, Any] | bytes | None) -> bool:
    """Also one that has a `type`: no message of the other face has a `command`."""
    return isinstance(message, dict) and "command" in message
