import numpy as np
import pytest
from samples import HEIGHT, WIDTH, head

from eyelearn.vision.gaze import (
    EYEBALL_RADIUS,
    IRIS_HEIGHT_AHEAD,
    eye_angles,
    iris_horizontal,
    iris_vertical,
)
from eyelearn.vision.head_pose import head_rotation
from eyelearn.vision.landmarks import eyes_of, in_pixels


def eyes(points):
    return eyes_of(in_pixels(points, WIDTH, HEIGHT))


def angles(points):
    pixels = in_pixels(points, WIDTH, HEIGHT)
    return eye_angles(eyes_of(pixels), head_rotation(pixels))


def test_an_iris_in_the_middle_is_at_one_half_both_ways():
    assert iris_horizontal(eyes(head())) == pytest.approx((0.5, 0.5), abs=0.01)
    assert iris_vertical(eyes(head())) == pytest.approx((0.5, 0.5), abs=0.01)


def test_the_iris_moves_towards_one_when_they_look_to_their_left():
    assert iris_horizontal(eyes(head(eye_left=0.25))) == pytest.approx((0.75, 0.75), abs=0.02)
    assert iris_horizontal(eyes(head(eye_left=-0.25))) == pytest.approx((0.25, 0.25), abs=0.02)


def test_the_iris_moves_towards_one_when_they_look_down():
    assert iris_vertical(eyes(head(eye_up=-0.075))) == pytest.approx((0.75, 0.75), abs=0.02)
    assert iris_vertical(eyes(head(eye_up=0.075))) == pytest.approx((0.25, 0.25), abs=0.02)


def test_a_tilted_head_does_not_move_the_iris_in_the_eye():
    assert iris_horizontal(eyes(head(roll=30))) == pytest.approx((0.5, 0.5), abs=0.01)
    assert iris_vertical(eyes(head(roll=30))) == pytest.approx((0.5, 0.5), abs=0.01)


def test_the_iris_of_a_narrowed_eye_still_has_a_place():
    narrowed = iris_vertical(eyes(head(openness=0.02, eye_up=0.02)))
    assert ((narrowed > 0.3) & (narrowed < 0.5)).all()


@pytest.mark.parametrize("degrees", [-25, 0, 25])
def test_eye_angles_are_those_of_a_ball_that_was_turned(degrees):
    shift = EYEBALL_RADIUS * np.sin(np.radians(degrees))
    yaw, _ = angles(head(eye_left=shift))
    _, pitch = angles(head(eye_up=shift + IRIS_HEIGHT_AHEAD))
    assert yaw == pytest.approx(degrees, abs=0.1)
    assert pitch == pytest.approx(degrees, abs=0.5)


def test_eye_angles_are_relative_to_the_head():
    straight = angles(head(eye_left=0.1, eye_up=0.1))
    turned = angles(head(30, 15, 10, eye_left=0.1, eye_up=0.1))
    assert np.allclose(straight, turned, atol=0.1)
