"""Emotions in a worker: the model that the operator chose, or why there is none."""

from __future__ import annotations

from ..errors import ModelUnavailable
from ..events import get_logger
from ..processes.channel import Header
from ..vision.emotion_judge import EmotionJudge
from ..vision.emotion_model import UnusableModel, facts_of_ours, load_emotion_model
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
        self._faces = faces
        self._judge: EmotionJudge | None = None
        self._problem: str | None = NOT_ENABLED if path is None else None
        self._facts = None
        try:
            if path == "":
                self._facts = facts_of_ours()
            elif path is not None:
                self._load(path)
        except UnusableModel as error:
            self._problem = str(error)
            _log.error("emotions can't be predicted", reason=self._problem)

    @property
    def told(self) -> Header | None:
        if self._facts is not None:
            return self._facts._asdict()
        return None if self._problem == NOT_ENABLED else {"problem": self._problem}

    def judge(self, picture: Picture) -> Emotion:
        """Raises ModelUnavailable."""
        if self._problem is not None:
            raise ModelUnavailable(self._problem)
        judge = self._judge or self._load("")
        return judge.judge(picture)

    def _load(self, path: str) -> EmotionJudge:
        model = load_emotion_model(path)
        self._facts, self._judge = model.facts, EmotionJudge(self._faces, model)
        return self._judge
