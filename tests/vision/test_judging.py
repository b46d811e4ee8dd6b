import numpy as np
import pytest

from eyelearn.vision.face_mesh import FaceModels
from eyelearn.vision.judging import Judge
from eyelearn.vision.observation import NO_FACE
from pictures import empty_frame, face_frame, turned_frame, two_faces_frame

INTERVAL = 1.0
GONE_AND_BACK = [face_frame(), empty_frame(), empty_frame(), face_frame()]


@pytest.fixture(scope="module")
def models():
    made = FaceModels()
    yield made
    made.close()


@pytest.fixture
def judge(models):
    return Judge(models, INTERVAL)


@pytest.mark.parametrize("t", [0.0, 1.0, 2.0, 3.0])
def test_a_learner_who_faces_the_camera_is_well_inside_all_limits(judge, t):
    observation = judge.judge(face_frame(t), t)
    face = observation.face
    assert observation.face_count == 1
    assert abs(face.yaw) < 5
    assert abs(face.pitch) < 12
    assert abs(face.roll) < 8
    assert abs(face.gaze_yaw) < 8
    assert abs(face.gaze_pitch) < 12
    assert face.eye_certainty > 0.6
    assert min(face.openness) > 0.25
    assert face.visible == 1.0


def test_a_head_on_their_left_shoulder_has_a_negative_roll(judge):
    assert -60 < judge.judge(turned_frame(), 0.0).face.roll < -35


def test_a_mirrored_picture_turns_the_signs_of_yaw_and_roll(models):
    pictures = turned_frame(), np.ascontiguousarray(turned_frame()[:, ::-1])
    seen, mirrored = (Judge(models, INTERVAL).judge(each, 0.0).face for each in pictures)
    assert mirrored.roll == pytest.approx(-seen.roll, abs=3)
    assert mirrored.yaw == pytest.approx(-seen.yaw, abs=4)


def test_nobody_is_no_face(judge):
    assert judge.judge(empty_frame(), 0.0) == NO_FACE


def test_a_second_person_is_noticed_once_an_interval_and_leaves_again(judge):
    both = two_faces_frame()
    alone = np.hstack([both[:, :320], empty_frame()[:, 320:]])
    seen = [(alone, 0.0), (both, 0.5), (both, 1.0), (alone, 1.5), (alone, 2.0)]
    counts = [judge.judge(picture, now).face_count for picture, now in seen]
    assert counts == [1, 1, 2, 2, 1]


def test_a_face_that_comes_back_is_found_again(judge):
    seen = [judge.judge(picture, t).face_count for t, picture in enumerate(GONE_AND_BACK)]
    assert seen == [1, 0, 0, 1]


def moved(pixels: int):
    return np.ascontiguousarray(np.roll(face_frame(), pixels, axis=1))


@pytest.mark.parametrize("since", [0.05, 0.5, 1.5])
def test_a_face_that_jumps_is_found_where_it_is(judge, since):
    seen = [judge.judge(moved(-200), 0.0), judge.judge(moved(200), since)]
    assert [each.face_count for each in seen] == [1, 1]
    assert seen[1].face.yaw == pytest.approx(seen[0].face.yaw, abs=4)


def test_a_picture_by_itself_is_judged_as_if_it_were_the_first(models, judge):
    judge.judge(face_frame(), 0.0)
    after_another = judge.judge(turned_frame(), 0.05, alone=True)
    assert after_another == Judge(models, INTERVAL).judge(turned_frame(), 0.0)


def test_an_empty_picture_is_looked_through_once(models, monkeypatch):
    looks = []
    monkeypatch.setattr(models, "regions", lambda rgb: looks.append(rgb) or [])
    Judge(models, INTERVAL).judge(empty_frame(), 0.0)
    assert len(looks) == 1
