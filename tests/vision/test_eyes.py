import pytest
from samples import HEIGHT, WIDTH, head

from eyelearn.vision.eyes import openness
from eyelearn.vision.landmarks import eyes_of, in_pixels


def openness_of(points):
    return openness(eyes_of(in_pixels(points, WIDTH, HEIGHT)))


@pytest.mark.parametrize("ratio", [0.05, 0.3, 0.4])
def test_openness_is_the_lids_distance_over_the_eyes_width(ratio):
    assert openness_of(head(openness=ratio)) == pytest.approx((ratio, ratio), abs=1e-4)


def test_an_eye_does_not_seem_to_open_when_the_head_turns():
    assert openness_of(head(yaw=50)) == pytest.approx((0.3, 0.3), abs=1e-4)


def test_the_left_eye_comes_first():
    points = head()
    open_left, _ = openness_of(points)
    closed_right = head(openness=0.0)
    points[:9] = closed_right[:9]
    left, right = openness_of(points)
    assert left == pytest.approx(open_left)
    assert right == pytest.approx(0.0, abs=1e-4)
