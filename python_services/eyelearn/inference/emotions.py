"""Emotions in a worker: the model that the operator chose, or why there is none."""

from __future__ import annotations

from ..errors import ModelUnavailable
from ..events import get_logger
from ..processes.channel import Header
from ..vision.emotion_judge import EmotionJudge
from ..vision.emotion_model import UnusableModel, load_emotion_model
from ..vision.emotions import Emotion
from ..vision.face_mesh import FaceModels
from ..vision.frames import Picture
from ..vision.warm_up import warm_up_picture

_log = get_logger("eyelearn.inference.worker")

NOT_ENABLED = "This service predicts no emotions: they are not in ENABLED_FACES."


class Emotions:
    """A model that is none costs its predictions, and no learner's attention.

    told: what it is, for whoever asks, or its `problem`; None where nobody is to ask.
    """

    def __init__(self, path: str | None, faces: FaceModels) -> None:
        """path: of the model, empty for ours; None where nobody is to ask."""
        self.told: Header | None = None
        self._judge: EmotionJudge | None = None
        self._problem = NOT_ENABLED
        if path is None:
            return
        try:
            model = load_emotion_model(path)
        except UnusableModel as error:
            self._problem = str(error)
            self.told = {"problem": self._problem}
            _log.error("emotions can't be predicted", reason=self._problem)
            return
        self._judge = EmotionJudge(faces, model)
        self.told = {
            "version": model.version,
            "input_shape": list(model.input_shape),
            "total_params": model.total_params,
        }

    def warm_up(self) -> None:
        """So that nobody's first prediction waits."""
        if self._judge is not None:
            self._judge.judge(warm_up_picture())

    def judge(self, picture: Picture) -> Emotion:
        """Raises ModelUnavailable."""
        if self._judge is None:
            raise ModelUnavailable(self._problem)
        return self._judge.judge(picture)
