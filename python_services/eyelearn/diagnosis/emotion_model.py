"""The emotion model that a worker would load, where emotions are to be predicted."""

from __future__ import annotations

from collections.abc import Iterator

from ..protocols.faces import enabled_faces
from ..settings import Settings
from ..vision.emotion_model import UnusableModel, load_emotion_model
from .check import Check, failure, ok
from .reading import read


def look(name: str) -> Iterator[Check]:
    yield loaded(name, read().settings)


def loaded(name: str, settings: Settings) -> Check:
    if "emotions" not in enabled_faces(settings):
        return ok(name, "not needed: ENABLED_FACES has no emotions")
    try:
        model = load_emotion_model(settings.model_path).facts
    except UnusableModel as error:
        mend = "set MODEL_PATH to another model, or leave it out for ours"
        return failure(name, f"predictions fail, and nothing else: {error}", mend)
    return ok(name, f"{model.version}, {model.total_params:,} parameters")
