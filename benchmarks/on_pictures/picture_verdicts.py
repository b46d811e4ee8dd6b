"""Every picture of a folder, seen and judged: by our rule with and without a neutral, and by the
classic one, all on the same landmarks.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from eyelearn.tracking.focus import NO_FACE as NOBODY
from eyelearn.tracking.focus import Verdict, attention_score, gaze_verdict
from eyelearn.tracking.neutral import STRAIGHT_AHEAD, Neutral
from eyelearn.tracking.session import SessionRules
from eyelearn.vision.face_mesh import FaceModels, Found, Mesh, Region
from eyelearn.vision.frames import Picture
from eyelearn.vision.judging import Judge
from eyelearn.vision.observation import NO_FACE, Observation

from . import classic_rule
from .labelled_pictures import LabelledPicture, PictureUnreadable, read_picture
from .sittings import neutrals_of_pictures, or_straight_ahead


@dataclass(frozen=True, slots=True)
class Sight:
    """One picture: what was seen in it, its mesh and its size in pixels.

    problem: why it could not be read, or None; such a picture shows no face.
    """

    observation: Observation
    mesh: Mesh | None
    width: int
    height: int
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """One picture's verdict and attention score by our rule."""

    verdict: Verdict
    score: float


@dataclass(frozen=True, slots=True)
class JudgedPicture:
    """neutral: of the sitting; None where there is none, and with_neutral is straight ahead too."""

    label: LabelledPicture
    sight: Sight
    neutral: Neutral | None
    with_neutral: Judgement
    straight_ahead: Judgement
    classic: bool


class Viewer:
    """Sees pictures one by one as the service would, none helping another."""

    def __init__(self) -> None:
        self._models = _RememberingModels()

    def see(self, picture: Picture) -> Sight:
        self._models.last = None
        observation = Judge(self._models, second_face_interval=0).judge(picture, 0.0)
        height, width = picture.shape[:2]
        return Sight(observation, self._models.last, width, height)

    def close(self) -> None:
        self._models.close()


class _RememberingModels(FaceModels):
    """Keeps the mesh it gave last, so that the classic rule judges the very same one."""

    last: Mesh | None = None

    def mesh(self, rgb: Picture, region: Region, exact_lips: bool = False) -> Found | None:
        found = super().mesh(rgb, region, exact_lips)
        self.last = None if found is None else found.mesh
        return found


def judged_pictures(
    labels: list[LabelledPicture], folder: Path, rules: SessionRules
) -> list[JudgedPicture]:
    """All pictures of the folder, in the order of the labels."""
    sights = see_all([folder / label.file for label in labels])
    faces = [sight.observation.face for sight in sights]
    neutrals = neutrals_of_pictures([label.subject for label in labels], faces, rules)
    return [
        _judged(label, sight, neutral, rules)
        for label, sight, neutral in zip(labels, sights, neutrals, strict=True)
    ]


def see_all(paths: list[Path]) -> list[Sight]:
    viewer = Viewer()
    try:
        return [_look_at(path, viewer) for path in paths]
    finally:
        viewer.close()


def _look_at(path: Path, viewer: Viewer) -> Sight:
    try:
        return viewer.see(read_picture(path))
    except PictureUnreadable as error:
        return Sight(NO_FACE, None, 0, 0, problem=str(error))


def _judged(
    label: LabelledPicture, sight: Sight, neutral: Neutral | None, rules: SessionRules
) -> JudgedPicture:
    return JudgedPicture(
        label=label,
        sight=sight,
        neutral=neutral,
        with_neutral=_judgement(sight.observation, or_straight_ahead(neutral), rules),
        straight_ahead=_judgement(sight.observation, STRAIGHT_AHEAD, rules),
        classic=sight.mesh is not None
        and classic_rule.is_focused(sight.mesh, sight.width, sight.height),
    )


def _judgement(observation: Observation, neutral: Neutral, rules: SessionRules) -> Judgement:
    """By where head and eyes are turned: what must last to count, closed eyes and a second person,
    no single picture tells.
    """
    face, limits = observation.face, rules.limits
    verdict = Verdict(False, NOBODY) if face is None else gaze_verdict(face, limits, neutral)
    return Judgement(verdict, attention_score(observation, limits, neutral))
