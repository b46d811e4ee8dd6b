from __future__ import annotations

import pytest

from eyelearn.session_service import session_rules
from eyelearn.settings import Settings
from eyelearn.tracking import focus
from eyelearn.tracking.focus import FocusState, Neutral, Verdict, attention_score, criteria, judge
from eyelearn.vision.observation import Observation
from tracking.faces import AWAY, CLOSED, NOBODY, face, seen

LIMITS = session_rules(Settings(_env_file=None)).limits
FOCUSED = Verdict(True, focus.CENTERED)
TURNED = Verdict(False, focus.FACE_TURNED)


def test_a_face_straight_ahead_meets_all_four_criteria() -> None:
    assert all(criteria(face(), LIMITS))


@pytest.mark.parametrize(
    ("changes", "criterion"),
    [
        ({"iris_horizontal": (0.2, 0.5)}, "horizontally_centred"),
        ({"iris_horizontal": (0.5, 0.8)}, "horizontally_centred"),
        ({"iris_vertical": (0.5, 0.95)}, "vertically_centred"),
        ({"yaw": -30.0}, "face_frontal"),
        ({"pitch": 25.0}, "face_frontal"),
        ({"roll": 35.0}, "eyes_aligned"),
    ],
)
def test_each_criterion_fails_alone(changes: dict[str, object], criterion: str) -> None:
    met = criteria(face(**changes), LIMITS)
    assert [name for name, value in met._asdict().items() if not value] == [criterion]


@pytest.mark.parametrize(
    ("observation", "direction"),
    [
        (NOBODY, "no_face"),
        (seen(face_count=2), "multiple_faces"),
        (CLOSED, "eyes_closed"),
        (seen(yaw=40.0), "face_turned"),
        (seen(yaw=-40.0), "face_turned"),
        (seen(pitch=30.0), "looking_up"),
        (seen(pitch=-30.0), "looking_down"),
        (seen(iris_horizontal=(0.85, 0.8)), "looking_left"),
        (seen(iris_horizontal=(0.15, 0.2)), "looking_right"),
        (seen(iris_vertical=(0.05, 0.05)), "looking_up"),
        (seen(iris_vertical=(0.95, 0.95)), "looking_down"),
        (seen(roll=40.0), "distracted"),
        (seen(iris_horizontal=(0.25, 0.75)), "distracted"),
        (seen(), "centered"),
    ],
)
def test_every_direction_has_its_face(observation: Observation, direction: str) -> None:
    verdict = judge(observation, LIMITS)
    assert verdict == Verdict(direction == "centered", direction)


def test_a_wink_is_not_closed_eyes() -> None:
    assert judge(seen(openness=(0.05, 0.3)), LIMITS).is_focused


def test_the_head_is_judged_from_its_neutral() -> None:
    camera_below = seen(pitch=20.0)
    assert not judge(camera_below, LIMITS).is_focused
    assert judge(camera_below, LIMITS, Neutral(yaw=0.0, pitch=18.0)).is_focused


@pytest.mark.parametrize(
    "worse",
    [
        [seen(yaw=angle) for angle in (0, 5, 15, 40)],
        [seen(pitch=-angle) for angle in (0, 5, 15, 40)],
        [seen(roll=angle) for angle in (0, 5, 15, 40)],
        [seen(iris_horizontal=(x, x)) for x in (0.5, 0.6, 0.75, 1.0)],
        [seen(iris_vertical=(x, x)) for x in (0.5, 0.4, 0.25, 0.0)],
        [seen(openness=(x, x)) for x in (0.3, 0.1, 0.05, 0.0)],
        [seen(), seen(face_count=2), NOBODY],
    ],
    ids=["yaw", "pitch", "roll", "horizontal", "vertical", "openness", "faces"],
)
def test_the_score_falls_as_any_criterion_gets_worse(worse: list[Observation]) -> None:
    scores = [attention_score(observation, LIMITS) for observation in worse]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)
    assert all(0.0 <= score <= 1.0 for score in scores)


def told(verdicts: list[Verdict], fps: float) -> list[bool]:
    state = FocusState(LIMITS)
    return [state.observe(verdict, n / fps).is_focused for n, verdict in enumerate(verdicts)]


def test_the_first_observation_is_believed_at_once() -> None:
    assert told([TURNED], fps=15) == [False]
    assert told([FOCUSED], fps=15) == [True]


@pytest.mark.parametrize("fps", [1, 3, 5, 15, 30])
def test_a_single_bad_frame_does_not_end_focus(fps: float) -> None:
    assert all(told([FOCUSED] * 5 + [TURNED] + [FOCUSED] * 5, fps))


@pytest.mark.parametrize("fps", [5, 15, 30])
def test_a_blink_does_not_end_focus(fps: int) -> None:
    blink = [judge(CLOSED, LIMITS)] * round(0.4 * fps)
    assert all(told([FOCUSED] * fps + blink + [FOCUSED] * fps, fps))


@pytest.mark.parametrize("fps", [3, 5, 15, 30])
def test_looking_away_ends_focus_within_a_second(fps: int) -> None:
    states = told([FOCUSED] * fps + [TURNED] * fps * 2, fps)
    assert (states.index(False) - fps) / fps <= 1.0


def test_closed_eyes_end_focus_later_than_a_turned_head() -> None:
    states = told([FOCUSED] * 15 + [judge(CLOSED, LIMITS)] * 45, fps=15)
    assert (states.index(False) - 15) / 15 == pytest.approx(LIMITS.eyes_closed_seconds, abs=0.1)


def test_focus_comes_back_after_it_was_lost() -> None:
    states = told([FOCUSED] * 5 + [TURNED] * 15 + [FOCUSED] * 15, fps=15)
    assert [states[0], states[19], states[-1]] == [True, False, True]


def test_what_is_told_is_of_one_piece() -> None:
    state = FocusState(LIMITS)
    for n, verdict in enumerate([FOCUSED, TURNED, FOCUSED] + [TURNED] * 20 + [FOCUSED] * 20):
        told_now = state.observe(verdict, n / 15)
        assert told_now.is_focused == (told_now.gaze_direction == "centered")


def test_while_away_the_direction_follows_at_once() -> None:
    state = FocusState(LIMITS)
    state.observe(TURNED, 0.0)
    assert state.observe(judge(NOBODY, LIMITS), 0.1).gaze_direction == "no_face"


def test_away_is_not_focused() -> None:
    assert not judge(AWAY, LIMITS).is_focused
