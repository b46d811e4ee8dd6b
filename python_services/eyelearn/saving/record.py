"""What is kept of one session: the value that crosses between service, keeper and database."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

LearnerId = int | str


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session as it stood at its last flush. Immutable: the next flush makes a new one.

    session_id: a UUID as text.
    user_id, module_id, section_id: as the client sent them, JSON type included.
    focused_time, unfocused_time: seconds since the session's start, not rounded.
    focus_sessions, unfocus_sessions: intervals begun, the running one included.
    focused: which of them is running; None where nothing was seen yet.
    revision: 0 at the start, raised at each flush; of two records the higher one is newer.
    started_at, updated_at, ended_at: seconds since 1970 (UTC).
    end_reason: stopped, disconnected, idle, shutdown or replaced; None while the session lives.
    neutral: what was learned of where this learner looks when they look at the screen, by
        `NeutralEstimate.to_dict`; None where nothing was kept. For a resume only, never posted.
    """

    session_id: str
    user_id: LearnerId
    module_id: LearnerId
    section_id: LearnerId | None
    focused_time: float
    unfocused_time: float
    focus_sessions: int
    unfocus_sessions: int
    revision: int
    started_at: float
    updated_at: float
    focused: bool | None = None
    ended_at: float | None = None
    end_reason: str | None = None
    neutral: dict[str, float] | None = None

    @property
    def total_time(self) -> float:
        """Seconds that were observed."""
        return self.focused_time + self.unfocused_time

    @property
    def focus_percentage(self) -> float:
        """0 to 100; 0 where nothing was observed."""
        return 100 * self.focused_time / self.total_time if self.total_time else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a message or a row."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> SessionRecord:
        """The inverse of `to_dict`."""
        return cls(**values)
