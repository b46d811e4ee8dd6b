"""One frame on its way, and who is told what came of it."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import EyeLearnError
from ..vision.observation import Observation

Outcome = Observation | EyeLearnError


class Ticket:
    """since: when it came; sent_at: when a worker got it; both seconds on the monotonic clock.

    alone: whether the picture has nothing to do with those before it.
    resolve: to be called once, with what came of it.
    """

    __slots__ = ("alone", "frame", "resolve", "sent_at", "sent_before", "session_id", "since")

    def __init__(
        self,
        session_id: str,
        frame: bytes,
        resolve: Callable[[Outcome], None],
        since: float,
        alone: bool = False,
    ) -> None:
        self.session_id = session_id
        self.frame = frame
        self.resolve = resolve
        self.since = since
        self.alone = alone
        self.sent_at = since
        # A worker had it already, and went silent over it.
        self.sent_before = False
