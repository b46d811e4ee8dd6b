"""What became of a session's saves: what the platform holds, what it refused, what it is owed."""

from __future__ import annotations

from dataclasses import dataclass

from .record import SessionRecord


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What the platform has of a session, as it was sent.

    revision: the newest that was acknowledged, 0 for none. Times in seconds.
    """

    revision: int = 0
    focused_time: float = 0.0
    unfocused_time: float = 0.0
    focus_sessions: int = 0
    unfocus_sessions: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """A POST that was not acknowledged.

    at: seconds since 1970. answer: what the page said, or what went wrong on the way.
    parked: this revision is not posted again by itself.
    """

    revision: int
    at: float
    answer: str
    parked: bool


@dataclass(frozen=True, slots=True)
class Released:
    """A parked session that may be posted again."""


Outcome = Acknowledged | Refused | Released


@dataclass(frozen=True, slots=True)
class Owed:
    """A session whose newest state the platform has yet to acknowledge.

    acknowledged: what it has so far. refused_since: when it first refused the session after its
    last acknowledgement, seconds since 1970; None where it did not. refusals: how often since then.
    """

    record: SessionRecord
    acknowledged: Acknowledged = Acknowledged()
    refused_since: float | None = None
    refusals: int = 0


@dataclass(frozen=True, slots=True)
class Parked:
    """A session that waits for a person. answer: the last one; refusals: how many there were."""

    record: SessionRecord
    refused_since: float
    refusals: int
    answer: str
