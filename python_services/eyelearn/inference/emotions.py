"""Emotions in a worker: the model that the operator chose, or why there is none."""

from __future__ import annotations

from ..errors import ModelUnavailable
from ..events import get_logger
from ..processes.channel import Header
from ..vision.emotion_judge import EmotionJudge
from ..vision.emotion_model import ModelFacts, UnusableModel, facts_of_ours, load_emotion_model
from ..vision.emotions import Emotion
from ..vision.face_mesh import FaceModels
from ..vision.frames import Picture

_log = get_logger("eyelearn.inference.worker")

NOT_ENABLED = "This service predicts no emotions: they are not in ENABLED_FACES."


class Emotions:
    """A model that is none costs its predictions, and no learner's attention.

    told: what it is, for whoever asks, or its `problem`; None where nobody is to ask.
    """

    def __init__(self, path: str | None, faces: FaceModels) -> None:
        """path: of the model, empty for ours; None where nobody is to ask.

        Ours is loaded with the first who asks, in 0.1 s: 30 MB that most services don't need. One
        that the operator brings is tried at once.
        """
        self.told: Header | None = None
        self._faces = faces
        self._judge: EmotionJudge | None = None
        if path is None:
            return
        try:
            self.told = (self._load(path) if path else facts_of_ours())._asdict()
        except UnusableModel as error:
            self.told = {"problem": str(error)}
            _log.error("emotions can't be predicted", reason=str(error))

    def judge(self, picture: Picture) -> Emotion:
        """Raises ModelUnavailable."""
        problem = NOT_ENABLED if self.told is None else self.told.get("problem")
        if problem is not None:
            raise ModelUnavailable(problem)
        if self._judge is None:
            self._load("")
        assert self._judge is not None
        return self._judge.judge(picture)

    def _load(self, path: str) -> ModelFacts:
        model = load_emotion_model(path)
        self._judge = EmotionJudge(self._faces, model)
        return model.facts
