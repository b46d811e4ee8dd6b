from pathlib import Path

import pytest

from eyelearn.vision.expressions import (
    BROAD_MOUTH,
    CENTER_DOWN,
    CENTER_UP,
    CENTER_YAW,
    CLOSED_EYES,
    CLOSED_LAUGHING_EYES,
    EXPRESSIONS,
    PARTED,
    SEEN_EYES,
    SHOCKED_EYES,
    SMILING,
    WIDE_EYES,
    WIDE_MOUTH,
    expression,
    face_expression,
)
from eyelearn.vision.hand_gestures import HAND_PRIORITY
from eyelearn.vision.mouth import Mouth
from eyelearn.vision.observation import Face

# As little as noise moves a measure, in each one's unit.
LITTLE, LITTLE_DEGREES = 0.005, 0.5
NEUTRAL = Mouth(breadth=0.35, smile=0.26, openness=0.04)
SMILE = Mouth(breadth=0.44, smile=SMILING + 0.05, openness=0.1)
SLACK = NEUTRAL._replace(openness=PARTED + 0.02)
DROPPED = NEUTRAL._replace(openness=WIDE_MOUTH + 0.1)
SHUT = 0.06


def face(openness=0.3, yaw=0.0, eye_yaw=0.0, eye_pitch=0.0, certainty=0.9):
    return Face(
        yaw=yaw,
        pitch=0.0,
        roll=0.0,
        eye_yaw=eye_yaw,
        eye_pitch=eye_pitch,
        eye_certainty=certainty,
        openness=openness if isinstance(openness, tuple) else (openness, openness),
        size=0.4,
        visible=1.0,
        brightness=None,
    )


OPEN, CLOSED, HIDDEN = face(), face(SHUT, certainty=0.0), face(certainty=0.1)
LEFT, RIGHT, UP = face(eye_yaw=22.0), face(eye_yaw=-22.0), face(eye_pitch=20.0)
NAMED = {
    "eyes_open": (UP, NEUTRAL),
    "eyes_closed": (CLOSED, SLACK),
    "looking_left": (LEFT, NEUTRAL),
    "looking_right": (RIGHT, NEUTRAL),
    "looking_center": (OPEN, NEUTRAL),
    "smiling": (HIDDEN, SMILE),
    "shocked": (face(0.4), DROPPED),
    "eyes_closed_smiling": (CLOSED, SMILE),
    "eyes_open_smiling": (UP, SMILE),
    "looking_left_smiling": (LEFT, SMILE),
    "looking_right_smiling": (RIGHT, SMILE),
    "looking_center_smiling": (OPEN, SMILE),
    "eyes_closed_neutral": (CLOSED, NEUTRAL),
}


def test_there_are_27_names_and_no_other_is_told():
    assert len(EXPRESSIONS) == len(set(EXPRESSIONS)) == 27
    assert set(NAMED) | set(HAND_PRIORITY) == set(EXPRESSIONS)


def test_the_page_about_expressions_has_a_row_for_each():
    page = Path(__file__).parents[2].joinpath("docs", "expressions.md").read_text("utf-8")
    assert [name for name in EXPRESSIONS if f"| `{name}` |" not in page] == []


@pytest.mark.parametrize("name", NAMED)
def test_each_name_of_a_face_is_told_by_some_face(name):
    assert face_expression(*NAMED[name]) == name


def test_hands_come_before_faces():
    assert expression(face(0.4), DROPPED, "fist") == "fist"
    assert expression(None, None, "fist") == "fist"


def test_without_a_face_or_a_gesture_there_is_no_expression():
    assert expression(None, None, None) is None


def test_a_smile_is_told_from_its_limit_on():
    assert face_expression(OPEN, NEUTRAL._replace(smile=SMILING)) == "looking_center_smiling"
    assert face_expression(OPEN, NEUTRAL._replace(smile=SMILING - LITTLE)) == "looking_center"


@pytest.mark.parametrize(
    ("eyes", "lips"),
    [
        (face(0.4), DROPPED._replace(openness=WIDE_MOUTH - LITTLE)),
        (face(0.4), DROPPED._replace(breadth=BROAD_MOUTH)),
        (face(SHOCKED_EYES - LITTLE), DROPPED),
        (CLOSED, DROPPED),
    ],
    ids=["a mouth not wide enough", "a laugh", "narrow eyes", "a yawn"],
)
def test_nearly_shocked_is_something_else(eyes, lips):
    assert face_expression(eyes, lips) != "shocked"


def test_a_dropped_jaw_is_no_smile_however_far_its_corners_are_from_the_lower_lip():
    assert face_expression(face(0.4), DROPPED._replace(smile=SMILING + LITTLE)) == "shocked"


def test_one_open_eye_is_no_closed_eyes():
    assert face_expression(face((0.3, SHUT)), NEUTRAL) == "looking_center"


def test_eyes_close_further_before_they_count_as_closed_in_a_smile():
    narrowed = face((CLOSED_EYES + CLOSED_LAUGHING_EYES) / 2)
    assert face_expression(narrowed, NEUTRAL) == "eyes_closed_neutral"
    assert face_expression(narrowed, SMILE) == "looking_center_smiling"


@pytest.mark.parametrize("head", [0.0, 10.0, -10.0])
def test_head_and_eyes_together_look_aside(head):
    at_limit = face(yaw=head, eye_yaw=CENTER_YAW - head)
    beyond = face(yaw=head, eye_yaw=CENTER_YAW - head + LITTLE_DEGREES)
    assert face_expression(at_limit, NEUTRAL) == "looking_center"
    assert face_expression(beyond, NEUTRAL) == "looking_left"


def test_a_turned_head_looks_aside_behind_sunglasses_too():
    assert face_expression(face(yaw=-30.0, certainty=0.0), NEUTRAL) == "looking_right"


@pytest.mark.parametrize("eye_pitch", [CENTER_UP + LITTLE_DEGREES, -CENTER_DOWN - LITTLE_DEGREES])
def test_eyes_that_look_up_or_down_are_told_as_open_alone(eye_pitch):
    assert face_expression(face(eye_pitch=eye_pitch), NEUTRAL) == "eyes_open"


def test_eyes_opened_wide_are_told_as_open_alone():
    assert face_expression(face(WIDE_EYES), NEUTRAL) == "eyes_open"
    assert face_expression(face(WIDE_EYES), SMILE) == "eyes_open_smiling"
    assert face_expression(face((WIDE_EYES, WIDE_EYES - LITTLE)), NEUTRAL) == "looking_center"


def test_where_eyes_cannot_be_made_out_nothing_is_told_of_their_gaze():
    hidden = face(certainty=SEEN_EYES - LITTLE)
    assert face_expression(hidden, NEUTRAL) == "eyes_open"
    assert face_expression(hidden, SMILE) == "smiling"
