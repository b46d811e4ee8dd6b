import json

import numpy as np
import pytest
from on_sequences.posed_face import HEIGHT, WIDTH, Pose, landmarks

from eyelearn.vision.landmarks import LANDMARK_INDICES
from eyelearn.vision.measurement import face, faces
from eyelearn.vision.observation import Observation

STRAIGHT = landmarks(Pose())


def test_every_measure_lands_in_its_field():
    measured = face(landmarks(Pose(20, 10, -5, eye_yaw=15, openness=0.25)), WIDTH, HEIGHT, 120.0)
    assert (measured.yaw, measured.pitch, measured.roll) == pytest.approx((20, 10, -5), abs=1)
    assert measured.eye_yaw > 10
    assert measured.eye_certainty > 0.9
    assert measured.openness == pytest.approx((0.25, 0.25), abs=1e-3)
    assert measured.visible == 1.0
    assert measured.brightness == 120.0


def test_size_is_the_faces_share_of_the_pictures_height():
    measured = face(STRAIGHT, WIDTH, HEIGHT, None)
    assert measured.size == pytest.approx((8.261778 + 9.403378) * 12 / HEIGHT, abs=1e-4)


def test_a_face_at_the_edge_is_partly_visible():
    assert 0.3 < face(STRAIGHT - (0.5, 0, 0), WIDTH, HEIGHT, None).visible < 0.7


def test_a_batch_is_measured_like_its_members_with_none_where_no_face_was():
    samples = [landmarks(Pose(10)), np.full_like(STRAIGHT, np.nan), landmarks(Pose(0, 10))]
    together = faces(np.stack(samples), WIDTH, HEIGHT)
    assert together[1] is None
    for at in (0, 2):
        alone = face(samples[at], WIDTH, HEIGHT, None)
        assert together[at].yaw == pytest.approx(alone.yaw)
        assert together[at].pitch == pytest.approx(alone.pitch)


def test_an_empty_batch_has_no_faces():
    assert faces(np.empty((0, len(LANDMARK_INDICES), 3), np.float32), WIDTH, HEIGHT) == []


def one_point_missing():
    points = STRAIGHT.copy()
    points[4] = np.nan
    return points


@pytest.mark.parametrize(
    "points",
    [
        pytest.param(np.zeros((len(LANDMARK_INDICES), 3), np.float32), id="all in one place"),
        pytest.param(np.full((len(LANDMARK_INDICES), 3), np.inf, np.float32), id="infinite"),
        pytest.param(one_point_missing(), id="one point missing"),
    ],
)
def test_points_that_are_no_face_are_none(points):
    assert face(points, WIDTH, HEIGHT, None) is None


def test_absurdly_large_points_give_finite_numbers_or_none():
    absurd = (np.random.default_rng(0).normal(size=(50, len(LANDMARK_INDICES), 3)) * 1e30).astype(
        np.float32
    )
    for measured in faces(absurd, WIDTH, HEIGHT):
        json.dumps(Observation(1, measured).to_dict(), allow_nan=False)
