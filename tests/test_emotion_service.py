"""Predictions, with workers that say what the test says."""

from __future__ import annotations

import time
from typing import Any

import pytest

from eyelearn.emotion_service import EmotionService
from eyelearn.errors import ModelUnavailable, NoFace, StreamingDisabled
from eyelearn.processes.channel import Header
from eyelearn.saving.prediction import Prediction, hash_source
from eyelearn.settings import Settings
from eyelearn.vision.emotions import Emotion

MODEL = {"version": "v1", "input_shape": [96, 96, 3], "total_params": 7}
HAPPY = [0.01, 0.02, 0.03, 0.8, 0.06, 0.04, 0.04]


class Pool:
    def __init__(self) -> None:
        self.emotion_model: dict[str, Any] | None = MODEL
        self.emotion = Emotion(HAPPY, face_found=True)
        self.visits = 0

    def visit(self, _picture: str, request: Header) -> Emotion:
        assert request["type"] == "predict"
        self.visits += 1
        return self.emotion


class Desk:
    def __init__(self, **settings: Any) -> None:
        self.pool = Pool()
        self.logged: list[Prediction] = []
        self.service = EmotionService(
            Settings(_env_file=None, **settings),
            self.pool,  # type: ignore[arg-type]
            self.logged.append,
        )


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_likeliest_emotion_is_told_and_kept(desk: Desk) -> None:
    told = desk.service.predict("picture", "10.0.0.1")
    assert (told.emotion, told.confidence, told.model) == ("happy", 0.8, "v1")
    assert told.probabilities["fear"] == 0.03
    (kept,) = desk.logged
    assert (kept.emotion_id, kept.confidence, kept.model_version) == (4, 0.8, "v1")
    assert (kept.source, kept.face_found) == (hash_source("10.0.0.1"), True)
    assert kept.processing_time_ms == told.milliseconds
    assert abs(kept.predicted_at - time.time()) < 10


def test_the_address_itself_is_kept_only_where_somebody_has_asked_for_that() -> None:
    desk = Desk(log_source_ip=True)
    for address in ("10.0.0.1", ""):
        desk.service.predict("picture", address)
    assert [kept.source for kept in desk.logged] == ["10.0.0.1", None]


def test_without_a_face_the_whole_picture_is_judged(desk: Desk) -> None:
    desk.pool.emotion = Emotion(HAPPY, face_found=False)
    assert not desk.service.predict("picture", "10.0.0.1").face_found
    assert [kept.face_found for kept in desk.logged] == [False]


def test_without_a_face_there_is_no_prediction_where_one_is_asked_for() -> None:
    desk = Desk(require_face=True)
    desk.pool.emotion = Emotion(HAPPY, face_found=False)
    with pytest.raises(NoFace):
        desk.service.predict("picture", "10.0.0.1")
    assert desk.logged == []


def test_no_picture_is_looked_at_where_none_are_taken() -> None:
    desk = Desk(enable_browser_eye_streaming=False)
    with pytest.raises(StreamingDisabled):
        desk.service.predict("picture", "10.0.0.1")
    assert desk.pool.visits == 0


@pytest.mark.parametrize("told", [None, {"problem": "model.onnx has 5 outputs, not 7."}])
def test_without_a_model_no_picture_is_looked_at(desk: Desk, told: dict[str, Any] | None) -> None:
    desk.pool.emotion_model = told
    with pytest.raises(ModelUnavailable, match="5 outputs" if told else "No worker is up"):
        desk.service.predict("picture", "10.0.0.1")
    assert desk.pool.visits == 0
