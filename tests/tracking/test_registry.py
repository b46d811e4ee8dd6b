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


def session(session_id: str = "s", user_id: int | str = 1) -> WebSocketEyeTrackingSession:
    rules = session_rules(Settings(_env_file=None))
    ids = LearnerIds(user_id, 2, 3)
    return WebSocketEyeTrackingSession(session_id, ids, rules, now=0.0, wall=0.0)


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


def test_a_dropped_session_is_forgotten_when_it_can_not_go_on() -> None:
    sessions, dropped = registry(), session()
    sessions.add(dropped, "c")
    dropped.end(DISCONNECTED, now=100.0, wall=100.0)
    for now in (100.5, 999.0):
        sessions.forget_ended(now)
        assert sessions.get("s") is dropped
        assert list(sessions.alive()) == []
    sessions.forget_ended(1000.0)
    assert sessions.get("s") is None
    assert len(sessions) == 0


def test_a_session_that_went_on_is_kept_from_its_last_end_on() -> None:
    sessions, flaky = registry(), session()
    sessions.add(flaky, "c")
    flaky.end(DISCONNECTED, now=100.0, wall=100.0)
    sessions.forget_ended(100.5)
    flaky.resume(200.0)
    sessions.add(flaky, "d")
    assert list(sessions.alive()) == [flaky]
    sessions.forget_ended(1000.0)
    assert sessions.held_by("d") is flaky
    flaky.end(DISCONNECTED, now=1100.0, wall=1100.0)
    sessions.forget_ended(1100.5)
    sessions.forget_ended(1999.0)
    assert sessions.get("s") is flaky
    sessions.forget_ended(2000.0)
    assert len(sessions) == 0


def test_one_who_came_later_is_forgotten_later() -> None:
    sessions, first, second = registry(), session("first"), session("second")
    for ended_at, each in ((100.0, first), (200.0, second)):
        sessions.add(each, each.session_id)
        each.end(DISCONNECTED, now=ended_at, wall=ended_at)
        sessions.forget_ended(ended_at)
    sessions.forget_ended(1050.0)
    assert (sessions.get("first"), sessions.get("second")) == (None, second)


def test_a_users_sessions_are_those_alive_whatever_the_type_of_their_id() -> None:
    sessions = registry()
    one, two, others = session("one", 1), session("two", "1"), session("others", 2)
    for each in (one, two, others):
        sessions.add(each, each.session_id)
    assert sessions.alive_of(1) == sessions.alive_of("1") == [one, two]
    one.end(DISCONNECTED, now=1.0, wall=1.0)
    assert sessions.alive_of(1) == [two]
    one.resume(2.0)
    sessions.add(one, "again")
    assert sessions.alive_of(1) == [two, one]


def test_nothing_is_kept_of_a_user_whose_sessions_are_over() -> None:
    sessions = registry()
    for n in range(10):
        sessions.add(each := session(str(n), n), str(n))
        each.end(STOPPED, now=1.0, wall=1.0)
    sessions.forget_ended(2.0)
    assert [sessions.alive_of(n) for n in range(10)] == [[]] * 10
    assert sessions._of_user == {}
