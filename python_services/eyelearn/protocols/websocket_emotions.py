"""Emotion prediction over a plain WebSocket, by commands: section 5 of the protocols."""

from __future__ import annotations

import time
from typing import Annotated, Any

from pydantic import Field, StrictStr

from ..emotion_service import EmotionService
from ..errors import EyeLearnError, ModelUnavailable, RateLimited
from ..settings import Settings
from ..timestamps import utc_text
from ..tracking.token_bucket import TokenBucket
from ..vision.emotions import DESCRIPTIONS, EMOTIONS
from .client_address import client_of, trusted_networks
from .pace import welcome
from .payloads import Payload, parse
from .web_socket_face import Caller, object_only, unknown

PATH = "/ws"
COMMANDS = ["predict", "emotions", "model_info", "health"]
SERVICE = "EyeLearn Focus"


class Predict(Payload):
    image: Annotated[StrictStr, Field(min_length=1)]


class WebSocketEmotions:
    """Answers each command in turn: while a picture is judged, the next waits on its way."""

    def __init__(self, emotions: EmotionService, settings: Settings) -> None:
        self._emotions = emotions
        self._settings = settings
        self._trusted = trusted_networks(settings)
        self._limit = settings.max_predictions_per_second
        self._callers: dict[Caller, TokenBucket | None] = {}

    def greet(self, caller: Caller) -> None:
        self.join(caller)
        caller.send(
            {
                "type": "connection",
                "status": "connected",
                "message": "Emotion prediction connected",
                "timestamp": utc_text(time.time()),
            }
        )

    def join(self, caller: Caller) -> None:
        """Counts it among the clients."""
        if caller not in self._callers:
            self._callers[caller] = TokenBucket(self._limit) if self._limit else None

    def take(self, caller: Caller, message: dict[str, Any] | bytes) -> None:
        content = object_only(message)
        match content.get("command"):
            case "predict":
                caller.send(self._predicted(caller, content))
            case "emotions":
                caller.send({"type": "emotions", "status": "success", "emotions": _emotions()})
            case "model_info":
                caller.send(self._model_info())
            case "health":
                caller.send(self._health())
            case _:
                raise unknown(content, "command")

    def leave(self, caller: Caller) -> None:
        self._callers.pop(caller, None)

    def error(self, error: EyeLearnError, message: dict[str, Any] | None) -> dict[str, Any]:
        told = {"type": "error", "message": error.message, "code": error.code}
        known = message is not None and message.get("command") in COMMANDS
        return told if known else {**told, "available_commands": COMMANDS}

    def _predicted(self, caller: Caller, content: dict[str, Any]) -> dict[str, Any]:
        """Raises RateLimited, and Unauthorized: no prediction is part of something that began with
        a good token."""
        bucket = self._callers[caller]
        if bucket is not None and not bucket.take(time.monotonic()):
            raise RateLimited.by_predictions(self._limit)
        if caller.identity is not None:
            caller.identity.check_time(time.time())
        environ = caller.web_socket.environ
        image = parse(Predict, "predict", (content,)).image
        told = self._emotions.predict(image, client_of(environ, self._trusted).address)
        welcome(environ, self._settings)
        return {
            "type": "prediction",
            "status": "success",
            "emotion_name": told.emotion,
            "confidence": round(told.confidence, 4),
            "model_version_tag": told.model,
            "processing_time_ms": round(told.milliseconds, 1),
            "timestamp": utc_text(time.time()),
            "probabilities": {name: round(p, 4) for name, p in told.probabilities.items()},
            "face_found": told.face_found,
        }

    def _model_info(self) -> dict[str, Any]:
        model = self._emotions.model()
        info = {
            "status": "loaded",
            "input_shape": model["input_shape"],
            "num_classes": len(EMOTIONS),
            "total_params": model["total_params"],
            "version": model["version"],
        }
        return {"type": "model_info", "status": "success", "info": info}

    def _health(self) -> dict[str, Any]:
        try:
            self._emotions.model()
        except ModelUnavailable as error:
            status = {"status": "unhealthy", "message": error.message}
        else:
            status = {"status": "healthy"}
        return {
            "type": "health",
            **status,
            "service": SERVICE,
            "clients_connected": len(self._callers),
            "timestamp": utc_text(time.time()),
        }


def _emotions() -> list[dict[str, Any]]:
    return [
        {"id": number, "name": name, "description": DESCRIPTIONS[name]}
        for number, name in enumerate(EMOTIONS, 1)
    ]
