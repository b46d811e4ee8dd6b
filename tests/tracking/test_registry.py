from __future__ import annotations

from eyelearn.session_service import session_rules
from eyelearn.settings import Settings
from eyelearn.tracking.registry import Registry
from eyelearn.tracking.session import (
    DISCONNECTED,
    STOPPED,
    LearnerIds,
    WebSocketEyeTrackingSession,
)


def session(session_id: str = "s") -> WebSocketEyeTrackingSession:
    rules = session_rules(Settings(_env_file=None))
    return WebSocketEyeTrackingSession(session_id, LearnerIds(1, 2, 3), rules, now=0.0, wall=0.0)


def registry() -> Registry:
    return Registry(resume_seconds=900.0, idle_seconds=60.0)


def test_a_session_taken_over_leaves_its_old_connection() -> None:
    sessions, taken = registry(), session()
    sessions.add(taken, "old")
    sessions.add(taken, "new")
    assert sessions.held_by("old") is None
    assert sessions.held_by("new") is taken


def test_a_session_may_be_resumed_for_a_while_after_it_dropped() -> None:
    sessions, dropped = registry(), session()
    dropped.end(DISCONNECTED, now=100.0, wall=100.0)
    assert sessions.may_resume(dropped, 999.0)
    assert not sessions.may_resume(dropped, 1000.0)


def test_a_stopped_session_is_over() -> None:
    sessions, stopped = registry(), session()
    stopped.end(STOPPED, now=100.0, wall=100.0)
    assert not sessions.may_resume(stopped, 100.1)


def test_a_session_without_frames_is_idle() -> None:
    sessions, quiet = registry(), session()
    sessions.add(quiet, "c")
    assert sessions.idle(60.0) == []
    assert sessions.idle(60.1) == [quiet]


def test_sessions_that_can_not_go_on_are_forgotten() -> None:
    sessions, over = registry(), session()
    sessions.add(over, "c")
    over.end(STOPPED, now=1.0, wall=1.0)
    sessions.forget_ended(2.0)
    assert sessions.get("s") is None
    assert sessions.held_by("c") is None
