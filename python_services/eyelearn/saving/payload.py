"""What one save tells the platform, in either SAVE_MODE."""

from __future__ import annotations

import math
from typing import Any, Literal

from ..timestamps import utc_text
from .delivery import Acknowledged, Owed
from .record import SessionRecord

SaveMode = Literal["cumulative", "delta"]

SESSION_TYPE = "websocket_cv_tracking"


def cumulative(owed: Owed) -> Acknowledged:
    """The session's values as they are: seconds to the millisecond."""
    record = owed.record
    return Acknowledged(
        record.revision,
        round(record.focused_time, 3),
        round(record.unfocused_time, 3),
        record.focus_sessions,
        record.unfocus_sessions,
    )


def delta(owed: Owed) -> Acknowledged:
    """What is new since the last acknowledgement, in whole seconds.

    The page in the field cuts off fractions, so what is not a whole second yet stays for the next
    save; the last save of a session is rounded. A session that went on after a rounded end sends
    nothing until its truth has caught up.
    """
    record, has = owed.record, owed.acknowledged
    whole = math.floor if record.ended_at is None else _rounded
    return Acknowledged(
        record.revision,
        max(0, whole(record.focused_time - has.focused_time)),
        max(0, whole(record.unfocused_time - has.unfocused_time)),
        max(0, record.focus_sessions - has.focus_sessions),
        max(0, record.unfocus_sessions - has.unfocus_sessions),
    )


def _rounded(seconds: float) -> int:
    """To the nearest whole second, a half upwards."""
    return math.floor(seconds + 0.5)


def added(has: Acknowledged, sent: Acknowledged) -> Acknowledged:
    """What a page that adds up has after this save."""
    return Acknowledged(
        sent.revision,
        has.focused_time + sent.focused_time,
        has.unfocused_time + sent.unfocused_time,
        has.focus_sessions + sent.focus_sessions,
        has.unfocus_sessions + sent.unfocus_sessions,
    )


def payload(record: SessionRecord, sent: Acknowledged, mode: SaveMode) -> dict[str, Any]:
    """The JSON of one save. The sum and the share are those of the times as they are sent.

    A delta says that it is one, since a page that keeps sessions apart must not take it.
    """
    total = round(sent.focused_time + sent.unfocused_time, 3)
    return {
        "user_id": record.user_id,
        "module_id": record.module_id,
        "section_id": record.section_id,
        "focused_time": sent.focused_time,
        "unfocused_time": sent.unfocused_time,
        "total_time": total,
        "focus_percentage": round(100 * sent.focused_time / total, 1) if total else 0.0,
        "focus_sessions": sent.focus_sessions,
        "unfocus_sessions": sent.unfocus_sessions,
        "session_type": SESSION_TYPE,
        "timestamp": utc_text(record.updated_at),
        "session_id": record.session_id,
        "revision": record.revision,
        **({"save_mode": mode} if mode == "delta" else {}),
    }
