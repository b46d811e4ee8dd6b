from __future__ import annotations

import pytest

from eyelearn.errors import InvalidPayload
from eyelearn.session_service import session_rules
from eyelearn.settings import Settings
from eyelearn.tracking.session import LearnerIds, WebSocketEyeTrackingSession
from eyelearn.vision.observation import Observation
from tracking.faces import AWAY, seen


def new_session() -> WebSocketEyeTrackingSession:
    rules = session_rules(Settings(_env_file=None))
    return WebSocketEyeTrackingSession("s", LearnerIds(1, 2, None), rules, now=0.0, wall=0.0)


def watch(
    session: WebSocketEyeTrackingSession, observation: Observation, begin: float, end: float
) -> None:
    for n in range(round(begin * 15), round(end * 15) + 1):
        session.observe(observation, n / 15)


def test_a_learner_who_looks_and_then_turns_away_is_told_so() -> None:
    session = new_session()
    watch(session, seen(), 0.0, 10.0)
    watch(session, AWAY, 10.1, 20.0)
    told = session.metrics.to_dict()
    assert told["focused_time"] == pytest.approx(10.5, abs=0.3)
    assert told["unfocused_time"] == pytest.approx(9.5, abs=0.3)
    assert (told["focus_sessions"], told["unfocus_sessions"]) == (1, 1)
    assert told["current_state"] == "unfocused"


def test_while_the_page_is_hidden_the_learner_is_unfocused() -> None:
    session = new_session()
    watch(session, seen(), 0.0, 5.0)
    session.set_hidden(True, 5.0)
    attention = session.observe(seen(), 5.1)
    assert attention.verdict == (False, "page_hidden")
    watch(session, seen(), 5.2, 8.0)
    session.set_hidden(False, 8.0)
    assert session.observe(seen(), 8.1).verdict.is_focused
    assert session.metrics.focused_time == pytest.approx(5.0, abs=0.1)
    assert session.metrics.unfocused_time == pytest.approx(3.1, abs=0.1)


def test_a_page_hidden_before_the_first_frame_counts_nothing() -> None:
    session = new_session()
    session.set_hidden(True, 1.0)
    assert session.metrics.to_dict()["unfocus_sessions"] == 0


def test_calibration_takes_where_the_learner_looks_as_the_middle() -> None:
    session = new_session()
    watch(session, seen(pitch=20.0), 0.0, 2.0)
    assert not session.observe(seen(pitch=20.0), 2.1).verdict.is_focused
    samples, neutral = session.calibrate(2.1)
    assert samples >= 10
    assert neutral == pytest.approx((0.0, 20.0))
    watch(session, seen(pitch=20.0), 2.2, 3.0)
    assert session.observe(seen(pitch=20.0), 3.1).verdict.is_focused


def test_calibration_without_a_face_is_an_error() -> None:
    with pytest.raises(InvalidPayload):
        new_session().calibrate(1.0)


def test_calibration_on_a_head_turned_far_away_is_an_error() -> None:
    session = new_session()
    watch(session, AWAY, 0.0, 1.0)
    with pytest.raises(InvalidPayload):
        session.calibrate(1.0)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((1, 2, 3), ("1", "2", "3"), True),
        ((1, 2, None), (1, 2, None), True),
        ((1, 2, None), (1, 2, "None"), False),
        ((1, 2, 3), (1, 2, 4), False),
    ],
)
def test_ids_are_compared_as_strings(one: tuple, other: tuple, same: bool) -> None:
    assert LearnerIds(*one).same_as(LearnerIds(*other)) is same


@pytest.mark.parametrize("pitch", [-14.0, 12.0], ids=["camera above", "camera below"])
def test_where_the_camera_stands_is_learned_without_asking(pitch: float) -> None:
    session = new_session()
    watch(session, seen(pitch=pitch), 0.0, 60.0)
    assert session.observe(seen(pitch=pitch - 8.0), 60.1).verdict.is_focused
    watch(session, seen(pitch=pitch - 8.0), 60.2, 65.0)
    assert session.observe(seen(pitch=pitch - 8.0), 65.1).verdict.is_focused
    watch(session, seen(pitch=pitch - 24.0), 65.2, 70.0)
    assert not session.observe(seen(pitch=pitch - 24.0), 70.1).verdict.is_focused


def test_who_looks_away_all_the_time_does_not_become_focused() -> None:
    session = new_session()
    watch(session, seen(yaw=25.0), 0.0, 600.0)
    assert session.metrics.focused_time == 0.0


def test_what_is_seen_while_the_page_is_hidden_teaches_nothing() -> None:
    session = new_session()
    session.set_hidden(True, 0.0)
    watch(session, seen(yaw=10.0), 0.0, 60.0)
    assert session.neutral.value == (0.0, 0.0)


@pytest.mark.parametrize("fps", [3, 5, 15, 30])
def test_the_same_minute_gives_the_same_focused_share_at_any_frame_rate(fps: int) -> None:
    session = new_session()
    for n in range(60 * fps):
        away = (n / fps) % 10 >= 7.0
        session.observe(AWAY if away else seen(), n / fps)
    share = session.metrics.to_dict()["focus_percentage"]
    assert share == pytest.approx(72.0, abs=2.0)


def test_one_frame_of_jitter_moves_the_judged_angles_little() -> None:
    session = new_session()
    watch(session, seen(), 0.0, 2.0)
    score = session.observe(seen(), 2.1).score
    assert session.observe(seen(yaw=12.0), 2.13).score > score - 0.1


def test_the_hint_says_what_would_help() -> None:
    session = new_session()
    assert session.observe(seen(), 0.0).hint is None
    assert session.observe(seen(brightness=10.0), 0.1).hint == "more_light"
    assert session.observe(seen(size=0.05), 0.2).hint == "come_closer"
    assert session.observe(seen(visible=0.5), 0.3).hint == "center_your_face"
