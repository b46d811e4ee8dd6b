"""The sessions of this service: alive, or ended so lately that they may go on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from .session import STOPPED, WebSocketEyeTrackingSession


class Registry:
    """Finds sessions by their id and by the connection that holds them. Times are seconds.

    A school's ended sessions of the last RESUME_SECONDS are many times those alive, so what is
    asked twice a second walks only through the latter.
    """

    def __init__(self, resume_seconds: float, idle_seconds: float) -> None:
        self._resume_seconds = resume_seconds
        self._idle_seconds = idle_seconds
        self._sessions: dict[str, WebSocketEyeTrackingSession] = {}
        self._held: dict[str, WebSocketEyeTrackingSession] = {}
        self._alive: dict[str, WebSocketEyeTrackingSession] = {}
        # Those alive by their user, whose id is compared as a string.
        self._of_user: dict[str, dict[str, WebSocketEyeTrackingSession]] = {}
        # When each ended, in that order, which is that of the moments from which they can't go on.
        self._ended: deque[tuple[float, WebSocketEyeTrackingSession]] = deque()

    def __len__(self) -> int:
        """How many it knows, ended ones included."""
        return len(self._sessions)

    def add(self, session: WebSocketEyeTrackingSession, holder: str) -> None:
        """Takes a session in and gives it to a connection, whoever held it before."""
        self._sessions[session.session_id] = session
        self._alive[session.session_id] = session
        of_user = self._of_user.setdefault(str(session.ids.user_id), {})
        of_user[session.session_id] = session
        if session.holder is not None:
            self._held.pop(session.holder, None)
        session.holder = holder
        self._held[holder] = session

    def held_by(self, holder: str) -> WebSocketEyeTrackingSession | None:
        """The session of a connection, which may have ended by being idle meanwhile."""
        return self._held.get(holder)

    def get(self, session_id: str) -> WebSocketEyeTrackingSession | None:
        return self._sessions.get(session_id)

    def release(self, holder: str) -> WebSocketEyeTrackingSession | None:
        """Parts a connection from its session, and gives the session."""
        session = self._held.pop(holder, None)
        if session is not None:
            session.holder = None
        return session

    def may_resume(self, session: WebSocketEyeTrackingSession, now: float) -> bool:
        """Alive, or ended other than by `stop_tracking` less than RESUME_SECONDS ago."""
        if session.ended_at is None:
            return True
        return session.end_reason != STOPPED and now - session.ended_at < self._resume_seconds

    def alive(self) -> Iterator[WebSocketEyeTrackingSession]:
        return (s for s in list(self._alive.values()) if s.ended_at is None)

    def alive_of(self, user_id: int | str) -> list[WebSocketEyeTrackingSession]:
        """One user's sessions alive; walks only through theirs."""
        of_user = self._of_user.get(str(user_id), {})
        for session in list(of_user.values()):
            if session.ended_at is not None:
                self._take_from_user(session)
        return list(of_user.values())

    def due(self, now: float) -> list[WebSocketEyeTrackingSession]:
        """Sessions alive whose next flush has come."""
        return [s for s in self.alive() if now >= s.next_flush]

    def idle(self, now: float) -> list[WebSocketEyeTrackingSession]:
        """Sessions alive that nothing was seen of for SESSION_IDLE_SECONDS."""
        return [s for s in self.alive() if now - s.last_seen > self._idle_seconds]

    def forget_ended(self, now: float) -> None:
        """Drops those that can't go on any more; what they counted is in the database."""
        for session in list(self._alive.values()):
            if session.ended_at is None:
                continue
            del self._alive[session.session_id]
            self._take_from_user(session)
            if self.may_resume(session, now):
                self._ended.append((session.ended_at, session))
            else:
                self._forget(session)
        while self._ended and now - self._ended[0][0] >= self._resume_seconds:
            ended_at, session = self._ended.popleft()
            # Unless it went on meanwhile; then it may have ended anew.
            if session.ended_at == ended_at:
                self._forget(session)

    def _take_from_user(self, session: WebSocketEyeTrackingSession) -> None:
        user_id = str(session.ids.user_id)
        of_user = self._of_user.get(user_id, {})
        of_user.pop(session.session_id, None)
        if not of_user:
            self._of_user.pop(user_id, None)

    def _forget(self, session: WebSocketEyeTrackingSession) -> None:
        self._sessions.pop(session.session_id, None)
        if session.holder is not None:
            self._held.pop(session.holder, None)
