"""Whose seconds count as what. Time is earned by observations, never by the wall clock."""

from __future__ import annotations

from typing import Literal

# Of the standard library only from Python 3.12 on with all that pydantic asks of it.
from typing_extensions import TypedDict


class MetricsTold(TypedDict):
    """Times in seconds to the millisecond; `focus_percentage` of `total_time`, to 0.1; `…_sessions`
    are the intervals begun, the running one included."""

    focused_time: float
    unfocused_time: float
    total_time: float
    focus_percentage: float
    focus_sessions: int
    unfocus_sessions: int
    current_state: Literal["focused", "unfocused"]


class Metrics:
    """Focused and unfocused seconds of one session.

    The time between two observations belongs to the state at its start; a gap longer than
    `max_gap_seconds` was not seen and adds nothing.
    """

    __slots__ = (
        "_last",
        "_max_gap",
        "focus_sessions",
        "focused",
        "focused_time",
        "unfocus_sessions",
        "unfocused_time",
    )

    def __init__(self, max_gap_seconds: float) -> None:
        self.focused_time = 0.0
        self.unfocused_time = 0.0
        self.focus_sessions = 0
        self.unfocus_sessions = 0
        self.focused: bool | None = None
        self._max_gap = max_gap_seconds
        self._last: float | None = None

    def observe(self, focused: bool, now: float) -> None:
        """Counts the time since the last observation, and takes on the new state."""
        self._count_until(now)
        if focused != self.focused:
            self.focused = focused
            if focused:
                self.focus_sessions += 1
            else:
                self.unfocus_sessions += 1

    def _count_until(self, now: float) -> None:
        elapsed = 0.0 if self._last is None else now - self._last
        if self._last is None or now > self._last:
            self._last = now
        if not 0.0 < elapsed <= self._max_gap:
            return
        if self.focused:
            self.focused_time += elapsed
        else:
            self.unfocused_time += elapsed

    def to_dict(self) -> MetricsTold:
        """As `metrics` of `tracking_update`: seconds to the millisecond, the share to 0.1 %."""
        focused, unfocused = round(self.focused_time, 3), round(self.unfocused_time, 3)
        total = round(focused + unfocused, 3)
        return {
            "focused_time": focused,
            "unfocused_time": unfocused,
            "total_time": total,
            "focus_percentage": round(100.0 * focused / total, 1) if total > 0 else 0.0,
            "focus_sessions": self.focus_sessions,
            "unfocus_sessions": self.unfocus_sessions,
            "current_state": "focused" if self.focused else "unfocused",
        }
