"""Faces posed in numbers."""

from __future__ import annotations

from typing import Any

from eyelearn.vision.observation import NO_FACE, Face, Observation

LOOKING = Face(
    yaw=0.0,
    pitch=0.0,
    roll=0.0,
    eye_yaw=0.0,
    eye_pitch=0.0,
    eye_certainty=0.9,
    openness=(0.3, 0.3),
    size=0.5,
    visible=1.0,
    brightness=120.0,
)


def face(**changes: Any) -> Face:
    return LOOKING._replace(**changes)


def seen(face_count: int = 1, **changes: Any) -> Observation:
    return Observation(face_count=face_count, face=face(**changes))


AWAY = seen(yaw=40.0)
CLOSED = seen(openness=(0.05, 0.05))
NOBODY = NO_FACE
