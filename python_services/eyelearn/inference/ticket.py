"""One frame on its way, and who waits for its answer."""

from __future__ import annotations

from ..concurrency import Event
from ..errors import EyeLearnError
from ..vision.observation import Observation


class Ticket:
    """since: when it came; sent_at: when a worker got it; both seconds on the monotonic clock."""

    __slots__ = ("_done", "_result", "frame", "sent_at", "sent_before", "session_id", "since")

    def __init__(self, session_id: str, frame: bytes, done: Event, since: float) -> None:
        self.session_id = session_id
        self.frame = frame
        self.since = since
        self.sent_at = since
        # A worker had it already, and went silent over it.
        self.sent_before = False
        self._done = done
        self._result: Observation | EyeLearnError | None = None

    def resolve(self, result: Observation | EyeLearnError) -> None:
        self._result = result
        self._done.set()

    def wait(self) -> Observation:
        self._done.wait()
        if isinstance(self._result, EyeLearnError):
            raise self._result
        assert self._result is not None
        return self._result
