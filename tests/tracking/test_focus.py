from __future__ import annotations

import itertools

import pytest

from eyelearn.session_service import session_rules
from eyelearn.settings import Settings
from eyelearn.tracking.focus import FocusState, Verdict, attention_score, deviations, gaze_verdict
from eyelearn.tracking.neutral import STRAIGHT_AHEAD, Neutral
from eyelearn.vision.observation import Face, Observation
from tracking.faces import AWAY, CLOSED, NOBODY, face, seen

LIMITS = session_rules(Settings(_env_file=None)).limits
LOOKING = seen()


def test_a_face_straight_ahead_meets_all_four_criteria() -> None:
    assert all(deviations(face(), LIMITS).within(1.0))


@pytest.mark.parametrize(
    ("changes", "criterion"),
    [
        ({"eye_yaw": 20.0}, "horizontally_centred"),
        ({"yaw": 10.0, "eye_yaw": 10.0}, "horizontally_centred"),
        ({"eye_pitch": 15.0}, "vertically_centred"),
        ({"eye_pitch": -20.0}, "vertically_centred"),
        ({"yaw": -30.0, "eye_yaw": 30.0}, "face_frontal"),
        ({"pitch": 20.0, "eye_pitch": -20.0}, "face_frontal"),
        ({"pitch": -30.0, "eye_pitch": 30.0}, "face_frontal"),
        ({"roll": 35.0}, "eyes_aligned"),
    ],
)
def test_each_criterion_fails_alone(changes: dict[str, float], criterion: str) -> None:
    met = deviations(face(**changes), LIMITS).within(1.0)
    assert [name for name, value in met._asdict().items() if not value] == [criterion]


@pytest.mark.parametrize(
    ("looking", "direction"),
    [
        (face(yaw=40.0), "face_turned"),
        (face(yaw=-40.0), "face_turned"),
        (face(pitch=30.0), "looking_up"),
        (face(pitch=-30.0), "looking_down"),
        (face(eye_yaw=25.0), "looking_left"),
        (face(eye_yaw=-25.0), "looking_right"),
        (face(eye_pitch=20.0), "looking_up"),
        (face(eye_pitch=-25.0), "looking_down"),
        (face(eye_yaw=30.0, eye_pitch=12.0), "looking_left"),
        (face(roll=40.0), "distracted"),
        (face(visible=0.4), "no_face"),
        (face(brightness=5.0), "no_face"),
        (face(), "centered"),
    ],
)
def test_every_direction_has_its_face(looking: Face, direction: str) -> None:
    verdict = gaze_verdict(looking, LIMITS)
    assert verdict == Verdict(direction == "centered", direction)


def test_eyes_on_the_screen_make_up_for_a_turned_head() -> None:
    assert not gaze_verdict(face(yaw=20.0), LIMITS).is_focused
    assert gaze_verdict(face(yaw=20.0, eye_yaw=-18.0), LIMITS).is_focused


def test_gaze_is_judged_from_the_neutral() -> None:
    camera_below = face(pitch=20.0)
    assert not gaze_verdict(camera_below, LIMITS).is_focused
    assert gaze_verdict(camera_below, LIMITS, Neutral(yaw=0.0, pitch=18.0)).is_focused


@pytest.mark.parametrize(
    "worse",
    [
        [seen(yaw=angle) for angle in (0, 5, 15, 40)],
        [seen(eye_yaw=-angle) for angle in (0, 5, 15, 35)],
        [seen(pitch=-angle) for angle in (0, 5, 15, 40)],
        [seen(eye_pitch=angle) for angle in (0, 5, 15, 35)],
        [seen(roll=angle) for angle in (0, 5, 15, 40)],
        [seen(openness=(x, x)) for x in (0.3, 0.1, 0.05, 0.0)],
        [seen(), seen(face_count=2), NOBODY],
    ],
    ids=["yaw", "eyes to the side", "pitch", "eyes up", "roll", "openness", "faces"],
)
def test_the_score_falls_as_any_criterion_gets_worse(worse: list[Observation]) -> None:
    scores = [attention_score(observation, LIMITS) for observation in worse]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)
    assert all(0.0 <= score <= 1.0 for score in scores)


def test_the_score_never_rises_while_one_deviation_grows_whatever_the_others_are() -> None:
    angles = (0.0, 4.0, 9.0, 14.0, 19.0, 27.0)
    for yaw, pitch, roll in itertools.product(angles, angles, (0.0, 10.0, 20.0)):
        here = attention_score(seen(yaw=yaw, pitch=-pitch, roll=roll), LIMITS)
        for more in ((yaw + 1, pitch, roll), (yaw, pitch + 1, roll), (yaw, pitch, roll + 1)):
            there = attention_score(seen(yaw=more[0], pitch=-more[1], roll=more[2]), LIMITS)
            assert there <= here


def test_the_score_is_one_half_where_a_single_criterion_reaches_its_limit() -> None:
    assert attention_score(seen(roll=LIMITS.head_roll), LIMITS) == pytest.approx(0.5)


def test_a_small_step_is_a_small_change_of_the_score() -> None:
    steps = [attention_score(seen(yaw=n / 10), LIMITS) for n in range(-400, 400)]
    assert max(abs(a - b) for a, b in itertools.pairwise(steps)) < 0.02


@pytest.mark.parametrize(
    "hidden",
    [{"eye_certainty": 0.0}, {"brightness": 20.0}, {"size": 0.06}, {"visible": 0.7}],
    ids=["sunglasses", "dark", "far away", "half out of the picture"],
)
def test_the_score_is_less_sure_of_a_face_that_is_badly_seen(hidden: dict[str, float]) -> None:
    looking, looking_badly_seen = seen(yaw=5.0), seen(yaw=5.0, **hidden)
    assert attention_score(looking_badly_seen, LIMITS) < attention_score(looking, LIMITS)
    assert attention_score(looking_badly_seen, LIMITS) > 0.8
    away, away_badly_seen = seen(yaw=20.0), seen(yaw=20.0, **hidden)
    assert attention_score(away_badly_seen, LIMITS) > attention_score(away, LIMITS)


def test_the_score_falls_with_the_lids_by_the_learners_own_eyes() -> None:
    narrow = seen(openness=(0.13, 0.13))
    assert attention_score(narrow, LIMITS) < attention_score(narrow, LIMITS, closed_openness=0.09)


def told(observations: list[Observation], fps: float) -> list[Verdict]:
    state = FocusState(LIMITS)
    return [
        state.observe(observation, observation == CLOSED, STRAIGHT_AHEAD, n / fps)
        for n, observation in enumerate(observations)
    ]


def focused(observations: list[Observation], fps: float) -> list[bool]:
    return [verdict.is_focused for verdict in told(observations, fps)]


def test_the_first_observation_is_believed_at_once() -> None:
    assert focused([AWAY], fps=15) == [False]
    assert focused([LOOKING], fps=15) == [True]


@pytest.mark.parametrize("fps", [1, 3, 5, 15, 30])
@pytest.mark.parametrize("bad", [AWAY, NOBODY, CLOSED], ids=["away", "nobody", "closed"])
def test_a_single_bad_frame_does_not_end_focus(bad: Observation, fps: float) -> None:
    assert all(focused([LOOKING] * 5 + [bad] + [LOOKING] * 5, fps))


@pytest.mark.parametrize("fps", [5, 15, 30])
def test_a_blink_does_not_end_focus(fps: int) -> None:
    assert all(focused([LOOKING] * fps + [CLOSED] * round(0.4 * fps) + [LOOKING] * fps, fps))


@pytest.mark.parametrize("fps", [3, 5, 10, 15, 30])
def test_looking_away_ends_focus_within_a_second(fps: int) -> None:
    states = focused([LOOKING] * fps + [AWAY] * fps * 2, fps)
    # The gaze may have left right after the last frame that saw it.
    assert (states.index(False) - (fps - 1)) / fps <= 1.0


@pytest.mark.parametrize("fps", [3, 5, 10, 15, 30])
def test_looking_away_ends_focus_as_late_at_any_frame_rate(fps: int) -> None:
    states = focused([LOOKING] * fps + [AWAY] * fps * 2, fps)
    left_on_average = fps - 0.5
    delay = (states.index(False) - left_on_average) / fps
    assert delay == pytest.approx(LIMITS.loss_seconds, abs=1.01 / fps)


def test_closed_eyes_end_focus_later_than_a_turned_head() -> None:
    verdicts = told([LOOKING] * 15 + [CLOSED] * 45, fps=15)
    ended = [verdict.is_focused for verdict in verdicts].index(False)
    assert (ended - 15) / 15 == pytest.approx(LIMITS.eyes_closed_seconds, abs=0.1)
    assert verdicts[ended].gaze_direction == "eyes_closed"


def test_somebody_who_passes_behind_the_learner_does_not_end_focus() -> None:
    assert all(focused([LOOKING] * 15 + [seen(face_count=2)] * 22 + [LOOKING] * 15, fps=15))


def test_a_second_person_who_stays_ends_focus() -> None:
    verdicts = told([LOOKING] * 15 + [seen(face_count=2)] * 45, fps=15)
    ended = [verdict.is_focused for verdict in verdicts].index(False)
    assert (ended - 15) / 15 == pytest.approx(LIMITS.second_face_seconds, abs=0.1)
    assert verdicts[ended].gaze_direction == "multiple_faces"


def test_a_blink_after_a_passer_by_is_still_a_blink() -> None:
    passing = [seen(face_count=2)] * 25
    assert all(focused([LOOKING] * 15 + passing + [CLOSED] * 5 + [LOOKING] * 15, fps=15))


def test_one_bad_thing_after_another_ends_focus_all_the_same() -> None:
    assert not all(focused([LOOKING] * 15 + [AWAY, NOBODY] * 8, fps=15))


def test_focus_comes_back_after_it_was_lost() -> None:
    states = focused([LOOKING] * 5 + [AWAY] * 15 + [LOOKING] * 15, fps=15)
    assert [states[0], states[19], states[-1]] == [True, False, True]


@pytest.mark.parametrize("axis", ["yaw", "eye_pitch", "roll"])
def test_a_learner_who_wavers_at_a_limit_does_not_flicker(axis: str) -> None:
    limit = {"yaw": LIMITS.gaze_yaw, "eye_pitch": LIMITS.gaze_up, "roll": LIMITS.head_roll}[axis]
    inside, outside = seen(**{axis: limit * 0.95}), seen(**{axis: limit * 1.1})
    assert all(focused(([inside] * 20 + [outside] * 20) * 5, fps=15))


def test_what_is_told_is_of_one_piece() -> None:
    seconds = [LOOKING, AWAY, LOOKING] + [AWAY] * 20 + [LOOKING] * 20
    for verdict in told(seconds, fps=15):
        assert verdict.is_focused == (verdict.gaze_direction == "centered")


def test_while_away_the_direction_follows_at_once() -> None:
    assert told([AWAY, NOBODY], fps=15)[-1].gaze_direction == "no_face"
