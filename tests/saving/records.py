"""Records for the tests."""

from __future__ import annotations

import uuid
from typing import Any

from eyelearn.saving.record import SessionRecord

# 2025-01-15T10:30:45.123Z
STARTED_AT = 1736937045.123
NEUTRAL = {"yaw": -2.25, "pitch": 0.1 + 0.2, "seconds": 60.0}


def record(revision: int = 1, **values: Any) -> SessionRecord:
    """A session of two minutes, unless values say otherwise."""
    usual: dict[str, Any] = {
        "session_id": str(uuid.uuid4()),
        "user_id": 123,
        "module_id": 22,
        "section_id": 82,
        "focused_time": 125.3,
        "unfocused_time": 12.7,
        "focus_sessions": 5,
        "unfocus_sessions": 2,
        "revision": revision,
        "started_at": STARTED_AT,
        "updated_at": STARTED_AT + revision,
        "neutral": NEUTRAL,
    }
    return SessionRecord(**(usual | values))
