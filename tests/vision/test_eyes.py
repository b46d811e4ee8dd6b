import pytest
from on_sequences.posed_face import HEIGHT, WIDTH, Pose, landmarks

from eyelearn.vision.eyes import openness
from eyelearn.vision.landmarks import LANDMARK_INDICES, eyes_of, in_pixels


def openness_of(points):
    return openness(eyes_of(in_pixels(points, WIDTH, HEIGHT)))


@pytest.mark.parametrize("ratio", [0.05, 0.3, 0.4])
def test_openness_is_the_lids_distance_over_the_eyes_width(ratio):
    assert openness_of(landmarks(Pose(openness=ratio))) == pytest.approx((ratio, ratio), abs=1e-4)


def test_an_eye_does_not_seem_to_open_when_the_head_turns():
    assert openness_of(landmarks(Pose(yaw=50))) == pytest.approx((0.3, 0.3), abs=1e-4)


def test_the_left_eye_comes_first():
    points = landmarks(Pose())
    open_left, _ = openness_of(points)
    closed_right = landmarks(Pose(openness=0.0))
    right_eye = LANDMARK_INDICES.index(468) + 1
    points[:right_eye] = closed_right[:right_eye]
    left, right = openness_of(points)
    assert left == pytest.approx(open_left)
    assert right == pytest.approx(0.0, abs=1e-4)
