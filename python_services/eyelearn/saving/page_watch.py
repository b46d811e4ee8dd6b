"""Tells a page that does not work from a session that the page won't take. Pure."""

from __future__ import annotations

# So many different sessions refused in a row are no longer the sessions' own fault.
SESSIONS_TO_PAUSE = 5
# So many refusals in a row, of whatever sessions, are told to the operator.
REFUSALS_TO_TELL = 3


class PageWatch:
    """Judges failures by what happened between them: a page that took others works.

    A session that is refused again, although the page took another one in between, is refused for
    its own sake: it counts towards no pause.
    """

    def __init__(self) -> None:
        self._successes = 0
        self._failures = 0
        # Sessions refused since the page last took one, and those of them that were parked.
        self._in_a_row: set[str] = set()
        self._parked_in_a_row: set[str] = set()
        # How many the page had taken when it first refused this session.
        self._refused_at: dict[str, int] = {}

    @property
    def paused(self) -> bool:
        """Whether the page as a whole does not work."""
        return len(self._in_a_row) >= SESSIONS_TO_PAUSE

    def fails(self, answered: bool) -> bool:
        """Whether its operator should look at it; answered: whether it said anything just now."""
        return self.paused or self._failures >= (REFUSALS_TO_TELL if answered else 1)

    def worked(self, session_id: str) -> set[str]:
        """The page took this session. Gives those parked while it took nobody.

        They deserve another chance: it may have been the page, not they.
        """
        self._successes += 1
        self._failures = 0
        self._in_a_row.clear()
        self._refused_at.pop(session_id, None)
        return self._release()

    def failed(self, session_id: str) -> set[str]:
        """The page did not take this session. Gives those parked in a row that proved the page's
        own fault."""
        if not self._its_own_fault(session_id):
            self._in_a_row.add(session_id)
            self._failures += 1
        self._refused_at.setdefault(session_id, self._successes)
        return self._release() if self.paused else set()

    def parked(self, session_id: str) -> None:
        """This session was parked; for good, where it is its own fault."""
        if session_id in self._in_a_row:
            self._parked_in_a_row.add(session_id)
        else:
            self._refused_at.pop(session_id, None)

    def _its_own_fault(self, session_id: str) -> bool:
        return self._refused_at.get(session_id, self._successes) < self._successes

    def _release(self) -> set[str]:
        released, self._parked_in_a_row = self._parked_in_a_row, set()
        return released
