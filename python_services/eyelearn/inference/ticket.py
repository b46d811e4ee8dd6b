"""One frame on its way, and who is told what came of it."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import EyeLearnError
from ..processes.channel import Header
from .messages import Done, is_judgement

Outcome = Done | EyeLearnError


class Ticket:
    """since: when it came; sent_at: when a worker got it; both seconds on the monotonic clock.

    request: what is to be done with the picture.
    resolve: to be called once, with what came of it.
    """

    __slots__ = ("frame", "request", "resolve", "sent_at", "sent_before", "session_id", "since")

    def __init__(
        self,
        session_id: str,
        frame: bytes,
        resolve: Callable[[Outcome], None],
        since: float,
        request: Header,
    ) -> None:
        self.session_id = session_id
        self.frame = frame
        self.resolve = resolve
        self.since = since
        self.request = request
        self.sent_at = since
        # A worker had it already, and went silent over it.
        self.sent_before = False

    @property
    def of_guest(self) -> bool:
        """Whether it is for something else than a learner's attention."""
        return not is_judgement(self.request)
