"""What a picture's largest face expresses, as far as a face tells."""

from __future__ import annotations

from .emotion_model import EmotionModel
from .emotions import Emotion
from .face_alignment import aligned, largest_face, whole
from .face_mesh import FaceModels
from .frames import Picture


class EmotionJudge:
    def __init__(self, faces: FaceModels, model: EmotionModel) -> None:
        """faces: shared with others."""
        self._faces, self._model = faces, model

    def judge(self, rgb: Picture) -> Emotion:
        """rgb: (height, width, 3). Without a face in it the whole picture is judged."""
        found = largest_face(self._faces, rgb)
        crop = whole(rgb) if found is None else aligned(rgb, found.mesh)
        return Emotion(self._model.probabilities(crop).tolist(), found is not None)
