"""The shapes that several faces answer with."""

from __future__ import annotations

import time
from typing import Any

from ..session_service import Judgement
from ..timestamps import utc_text
from ..tracking.session import Attention, WebSocketEyeTrackingSession
from ..vision.observation import Face


def status_of(session: WebSocketEyeTrackingSession, attention: Attention) -> dict[str, Any]:
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

    `judged: false` stands only where the last judgement is repeated, `max_fps` only where it is
    news.
    """
    session = judgement.session
    update = {
        **status_of(session, judgement.attention),
        "metrics": session.metrics.to_dict(),
        "timestamp": utc_text(time.time()),
        "session_id": session.session_id,
        "frame_timestamp": frame_timestamp,
    }
    if not judgement.judged:
        update["judged"] = False
    if judgement.max_fps is not None:
        update["max_fps"] = judgement.max_fps
    return update


def _head_pose(face: Face) -> dict[str, float]:
    return {name: round(getattr(face, name), 1) for name in ("yaw", "pitch", "roll")}
