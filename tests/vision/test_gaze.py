import numpy as np
import pytest
from on_sequences.posed_face import HEIGHT, WIDTH, Pose, landmarks

from eyelearn.vision.eyes import eye, eye_vectors
from eyelearn.vision.gaze import HALF_AGREED_HEIGHT, MAX_EYE_DEGREES, eye_gaze
from eyelearn.vision.head_pose import head_rotation
from eyelearn.vision.landmarks import LANDMARK_INDICES, in_pixels

RIGHT_IRIS, LEFT_IRIS = LANDMARK_INDICES.index(468), LANDMARK_INDICES.index(473)


def gaze(points, width=WIDTH, height=HEIGHT):
    pixels = in_pixels(points, width, height)
    left, right = eye_vectors(pixels).tolist()
    return eye_gaze(eye(left), eye(right), head_rotation(pixels).tolist())


@pytest.mark.parametrize("degrees", [-25, -10, 0, 10, 25])
def test_eye_angles_are_those_of_a_ball_that_was_turned(degrees):
    assert gaze(landmarks(Pose(eye_yaw=degrees))).yaw == pytest.approx(degrees, abs=2)
    assert gaze(landmarks(Pose(eye_pitch=degrees))).pitch == pytest.approx(degrees, abs=2)


@pytest.mark.parametrize("head", [(20, 0, 0), (-20, 10, 0), (0, -20, 0), (5, 5, 30)])
def test_eyes_that_stay_on_the_camera_make_up_for_a_turned_head(head):
    yaw, pitch, roll = head
    back = gaze(landmarks(Pose(yaw, pitch, roll, eye_yaw=-yaw, eye_pitch=-pitch)))
    if roll == 0:
        assert (yaw + back.yaw, pitch + back.pitch) == pytest.approx((0, 0), abs=3)
    straight = gaze(landmarks(Pose(yaw, pitch, roll)))
    assert (straight.yaw, straight.pitch) == pytest.approx((0, 0), abs=1.5)


def test_a_blink_does_not_turn_the_eyes():
    before = gaze(landmarks(Pose(eye_yaw=10, eye_pitch=-5)))
    half_closed = gaze(landmarks(Pose(eye_yaw=10, eye_pitch=-5, openness=0.2)))
    assert half_closed.yaw == pytest.approx(before.yaw, abs=0.5)
    assert half_closed.pitch == pytest.approx(before.pitch, abs=0.5)


def test_behind_closed_lids_there_is_no_gaze():
    closed = gaze(landmarks(Pose(eye_yaw=20, openness=0.05)))
    assert closed.certainty == pytest.approx(0, abs=1e-9)
    assert (closed.yaw, closed.pitch) == pytest.approx((0, 0))


def test_irises_that_disagree_in_height_are_not_believed():
    points = landmarks(Pose(eye_yaw=20))
    eye_width = 2.6 * 12 / HEIGHT
    points[LEFT_IRIS, 1] += 2 * HALF_AGREED_HEIGHT * eye_width
    disagreeing, agreeing = gaze(points), gaze(landmarks(Pose(eye_yaw=20)))
    assert disagreeing.certainty < 0.3 * agreeing.certainty
    assert abs(disagreeing.yaw) < 0.3 * agreeing.yaw


def test_a_closed_eye_leaves_the_word_to_the_open_one():
    wink, both = landmarks(Pose(eye_yaw=20)), landmarks(Pose(eye_yaw=20))
    right_eye = slice(0, RIGHT_IRIS + 1)
    wink[right_eye] = landmarks(Pose(eye_yaw=-20, openness=0.05))[right_eye]
    assert gaze(wink).yaw == pytest.approx(gaze(both).yaw, abs=1)


def test_the_smaller_the_eyes_in_the_picture_the_less_they_say():
    points = landmarks(Pose(eye_yaw=20))
    sizes = [gaze(points, WIDTH / n, HEIGHT / n) for n in (1, 2, 4, 8)]
    certainties = [size.certainty for size in sizes]
    assert certainties == sorted(certainties, reverse=True)
    assert certainties[0] > 0.9
    assert certainties[-1] < 0.5


def test_no_noise_turns_an_eye_further_than_eyes_turn():
    noisy = np.random.default_rng(0).normal(
        landmarks(Pose()), 0.05, (200, *landmarks(Pose()).shape)
    )
    for points in noisy:
        measured = gaze(points)
        assert max(abs(measured.yaw), abs(measured.pitch)) <= MAX_EYE_DEGREES
