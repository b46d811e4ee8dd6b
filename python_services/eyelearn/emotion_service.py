"""Predictions of emotions: a picture in, seven probabilities out, and a line in the database."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from .errors import ModelUnavailable, NoFace, StreamingDisabled
from .inference import messages
from .inference.pool import InferencePool
from .saving.prediction import Prediction, hash_source
from .settings import Settings
from .vision.emotions import EMOTIONS, Emotion

NOT_UP = "No worker is up to predict emotions; try again in a moment."


class Predicted(NamedTuple):
    """emotion: a name out of EMOTIONS. confidence: its probability. probabilities: of each.

    model: its version. milliseconds: from the picture's arrival to its answer.
    """

    emotion: str
    confidence: float
    probabilities: dict[str, float]
    face_found: bool
    model: str
    milliseconds: float


class EmotionService:
    def __init__(
        self,
        settings: Settings,
        pool: InferencePool,
        log: Callable[[Prediction], None],
    ) -> None:
        """log: keeps one."""
        self._takes_pictures = settings.enable_browser_eye_streaming
        self._require_face = settings.require_face
        self._pool = pool
        self._log = log
        self._log_source_ip = settings.log_source_ip

    def model(self) -> dict[str, Any]:
        """version, input_shape (height, width, channels) and total_params of the one that is
        loaded. Raises ModelUnavailable."""
        told = self._pool.emotion_model
        if told is None:
            raise ModelUnavailable(NOT_UP)
        if "problem" in told:
            raise ModelUnavailable(told["problem"])
        return told

    def predict(self, picture: str, source: str) -> Predicted:
        """Waits for it. source: the address that asks.

        Raises StreamingDisabled, ModelUnavailable, NoFace where one is asked for, FrameTooLarge,
        UndecodableFrame, Overloaded and Internal.
        """
        if not self._takes_pictures:
            raise StreamingDisabled
        begun, version = time.monotonic(), self.model()["version"]
        emotion = self._pool.visit(picture, messages.predict())
        assert isinstance(emotion, Emotion)
        if self._require_face and not emotion.face_found:
            raise NoFace
        milliseconds = 1000 * (time.monotonic() - begun)
        confidence = max(emotion.probabilities)
        likeliest = emotion.probabilities.index(confidence)
        self._log(
            Prediction(
                emotion_id=likeliest + 1,
                confidence=confidence,
                model_version=version,
                processing_time_ms=milliseconds,
                source=(source or None) if self._log_source_ip else hash_source(source),
                face_found=emotion.face_found,
                predicted_at=time.time(),
            )
        )
        named = dict(zip(EMOTIONS, emotion.probabilities, strict=True))
        return Predicted(
            EMOTIONS[likeliest], confidence, named, emotion.face_found, version, milliseconds
        )
