"""A sitting as a camera of some rate sees it, and what the service tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eyelearn.session_service import session_rules
from eyelearn.settings import Settings
from eyelearn.tracking.session import LearnerIds, WebSocketEyeTrackingSession
from eyelearn.vision.landmarks import Floats
from eyelearn.vision.measurement import faces
from eyelearn.vision.observation import NO_FACE, Face, Observation

from . import posed_face
from .landmark_noise import LandmarkNoise
from .learner_script import Behaviour, Script
from .timing_metrics import Flags

# A well lit face, as luma.
BRIGHTNESS = 130.0


@dataclass(frozen=True, slots=True)
class Told:
    """What was told at n moments; the arrays are (n,).

    measured: the face of each frame, None where there was none. eyes, metrics: at the end, as in
    `tracking_update`.
    """

    script: Script
    fps: float
    times: Floats
    focused: Flags
    directions: NDArray[np.str_]
    measured: list[Face | None]
    truth: Behaviour
    eyes: dict[str, Any]
    focused_share: float


def tell(
    script: Script,
    fps: float,
    settings: Settings,
    noise_factor: float = 1.0,
    session: WebSocketEyeTrackingSession | None = None,
) -> Told:
    """Every frame through `measurement.faces` and a real session, a new one if none is given."""
    times = np.arange(0.5 / fps, script.seconds, 1.0 / fps)
    behaviour = script.at(times)
    measured = _measured(script, behaviour, times, noise_factor)
    counts = _counts(behaviour.people, times, _look_interval(script, settings))
    session = session or new_session(settings)
    verdicts = []
    for now, face, count in zip(times.tolist(), measured, counts, strict=True):
        observation = NO_FACE if face is None or not count else Observation(count, face)
        verdicts.append(session.observe(observation, now).verdict)
    metrics = session.metrics
    return Told(
        script,
        fps,
        times,
        np.array([verdict.is_focused for verdict in verdicts]),
        np.array([verdict.gaze_direction for verdict in verdicts]),
        measured,
        behaviour,
        session.eyes_to_dict(),
        100.0 * metrics.focused_time / (metrics.focused_time + metrics.unfocused_time),
    )


def new_session(settings: Settings) -> WebSocketEyeTrackingSession:
    """A session that begins at 0 on its clock."""
    return WebSocketEyeTrackingSession(
        "benchmark", LearnerIds(1, 1, None), session_rules(settings), 0.0, 0.0
    )


def _measured(
    script: Script, behaviour: Behaviour, times: Floats, noise_factor: float
) -> list[Face | None]:
    noise = LandmarkNoise(script.seed, noise_factor)
    pose = behaviour.pose
    yaw, pitch, roll = noise.degrees(len(times)) + np.stack([pose.yaw, pose.pitch, pose.roll])
    shaken = pose._replace(yaw=yaw, pitch=pitch, roll=roll)
    points = posed_face.pixels(shaken) + noise.pixels(times)
    return faces(
        posed_face.normalised(points),
        posed_face.WIDTH,
        posed_face.HEIGHT,
        [BRIGHTNESS] * len(times),
    )


def _look_interval(script: Script, settings: Settings) -> float:
    """Pictures are searched for a second person now and then; landmarks always bring the count."""
    return settings.second_face_interval_seconds if script.seed % 2 else 0.0


def _counts(people: NDArray[np.int_], times: Floats, interval: float) -> list[int]:
    """Faces told per frame: as `Judge` counts, a look is believed until the next one."""
    counts: list[int] = []
    detected, looked_at = 1, -np.inf
    for present, now in zip(people.tolist(), times.tolist(), strict=True):
        if present and now - looked_at >= interval:
            detected, looked_at = present, now
        counts.append(max(1, detected) if present else 0)
    return counts
