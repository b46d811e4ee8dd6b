"""The shapes that several faces answer with."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any

from typing_extensions import TypedDict

from ..session_service import Judgement
from ..timestamps import utc_text
from ..tracking.focus import Direction
from ..tracking.session import Attention, EyesTold, WebSocketEyeTrackingSession
from ..tracking.visibility import Hint
from ..vision.observation import Face


class HeadPose(TypedDict):
    """Degrees: yaw + to the learner's own left, pitch + up, roll + to their right shoulder."""

    yaw: float
    pitch: float
    roll: float


class Eyes(EyesTold):
    """openness: eye aspect ratio of both eyes on average; null without a face."""

    openness: float | None


class Status(TypedDict):
    """attention_score: 0 to 1. gaze_vector: unit vector of where they look, seen from them: x + to
    their left, y + up, straight ahead [0, 0, -1]. hint: what would let the learner be seen better.
    """

    is_focused: bool
    gaze_direction: Direction
    attention_score: float
    face_count: int
    head_pose: HeadPose | None
    gaze_vector: list[float] | None
    eyes: Eyes
    hint: Hint | None


def status_of(session: WebSocketEyeTrackingSession, attention: Attention) -> Status:
    """What one frame said and what follows from it, without the metrics."""
    face = attention.observation.face
    return {
        "is_focused": attention.verdict.is_focused,
        "gaze_direction": attention.verdict.gaze_direction,
        "attention_score": round(attention.score, 3),
        "face_count": attention.observation.face_count,
        "head_pose": None if face is None else _head_pose(face),
        "gaze_vector": None if face is None else [round(x, 3) for x in face.gaze_vector()],
        "eyes": {
            "openness": None if face is None else round(sum(face.openness) / 2, 3),
            **session.eyes_to_dict(),
        },
        "hint": attention.hint,
    }


def tracking_update(judgement: Judgement, frame_timestamp: float | None) -> dict[str, Any]:
    """`tracking_update`; frame_timestamp is the client's, echoed.

    `judged: false` stands only where the last judgement is repeated, `max_fps` and `batch_seconds`
    only where they are news.
    """
    session = judgement.session
    update = {
        **status_of(session, judgement.attention),
        "metrics": session.metrics.to_dict(),
        "timestamp": _utc_text(int(time.time() * 1000)),
        "session_id": session.session_id,
        "frame_timestamp": frame_timestamp,
    }
    if not judgement.judged:
        update["judged"] = False
    if judgement.max_fps is not None:
        update["max_fps"] = judgement.max_fps
    if judgement.batch_seconds is not None:
        update["batch_seconds"] = judgement.batch_seconds
    return update


@lru_cache(maxsize=1)
def _utc_text(milliseconds: int) -> str:
    """Since 1970. Several are told in a row, in the same millisecond."""
    return utc_text(milliseconds / 1000)


def _head_pose(face: Face) -> HeadPose:
    return {"yaw": round(face.yaw, 1), "pitch": round(face.pitch, 1), "roll": round(face.roll, 1)}
