"""One frame by itself: eyes counted, and whether they look elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from eyelearn.session_service import session_rules
from eyelearn.settings import Settings
from eyelearn.tracking.looking_away import NOBODY, Look, look_of
from eyelearn.tracking.neutral import STRAIGHT_AHEAD, Neutral
from eyelearn.vision.observation import NO_FACE, Observation
from tracking.faces import AWAY, CLOSED, seen

LIMITS = session_rules(Settings(_env_file=None)).limits


def look(observation: Observation, neutral: Neutral = STRAIGHT_AHEAD) -> Look:
    return look_of(observation, LIMITS, neutral, LIMITS.eye_closed_openness)


def test_nobody_looks_away_and_that_is_not_sure() -> None:
    assert look(NO_FACE) == NOBODY == Look(False, 0, True, 0.0)


def test_a_face_too_dark_to_be_judged_is_nobody() -> None:
    assert look(seen(brightness=3.0)) == NOBODY


def test_who_looks_at_the_screen_does_not_look_away() -> None:
    told = look(seen())
    assert told[:3] == (True, 2, False)
    assert told.confidence > 0.95


def test_who_turns_looks_away() -> None:
    told = look(AWAY)
    assert told.looking_away
    assert told.confidence > 0.95


@pytest.mark.parametrize("eyes", [{"eye_yaw": 25.0}, {"eye_pitch": -25.0}])
def test_the_eyes_alone_can_look_away(eyes: dict[str, Any]) -> None:
    assert look(seen(**eyes)).looking_away


def test_a_blink_is_no_look_away_and_no_less_sure() -> None:
    told = look(CLOSED)
    assert (told.eye_count, told.looking_away) == (0, False)
    assert told.confidence == look(seen()).confidence


def test_a_wink_is_one_eye() -> None:
    assert look(seen(openness=(0.05, 0.3))).eye_count == 1


def test_eyes_behind_dark_glasses_are_not_counted() -> None:
    assert look(seen(eye_certainty=0.1)).eye_count == 0


def test_somebody_beside_them_changes_nothing() -> None:
    assert look(seen(face_count=2)) == look(seen())


def test_away_is_away_from_this_persons_screen() -> None:
    aside = seen(yaw=20.0)
    assert look(aside).looking_away
    assert not look(aside, Neutral(yaw=20.0, pitch=0.0)).looking_away
