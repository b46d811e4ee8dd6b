import numpy as np
import pytest
from on_sequences.posed_face import HEIGHT, WIDTH, Pose, landmarks

from eyelearn.vision.eyes import eye, eye_vectors
from eyelearn.vision.landmarks import LANDMARK_INDICES, in_pixels


def openness_of(points):
    vectors = eye_vectors(in_pixels(points, WIDTH, HEIGHT)).tolist()
    return tuple(eye(each).openness for each in vectors)


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


def test_corners_in_one_place_are_no_eye():
    nowhere = eye_vectors(np.ones((len(LANDMARK_INDICES), 3)))
    assert [eye(vectors) for vectors in nowhere.tolist()] == [None, None]


def test_a_batch_of_any_shape_is_measured_like_its_members():
    batch = np.stack([landmarks(Pose(yaw)) for yaw in (-20, -10, 0, 10, 20, 30)])
    batch = batch.reshape(3, 2, *batch.shape[1:])
    together = eye_vectors(batch)
    for at in np.ndindex(3, 2):
        assert np.allclose(together[at], eye_vectors(batch[at]))
