import numpy as np
import pytest
from mediapipe.framework.formats.landmark_pb2 import NormalizedLandmarkList

from eyelearn.vision.face_mesh import FaceDetector, FaceMesh, landmark_array
from pictures import empty_frame, face_frame, two_faces_frame


@pytest.fixture(scope="module")
def detector():
    made = FaceDetector()
    yield made
    made.close()


@pytest.fixture
def mesh():
    made = FaceMesh()
    yield made
    made.close()


def test_a_face_has_478_landmarks_inside_the_picture(mesh):
    landmarks = mesh.landmarks(face_frame())
    assert landmarks.shape == (478, 3)
    assert landmarks.dtype == np.float32
    assert (landmarks[:, :2] > 0).all()
    assert (landmarks[:, :2] < 1).all()


def test_an_empty_picture_has_none(mesh):
    assert mesh.landmarks(empty_frame()) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 2000), (2000, 1), (8, 8)])
def test_a_tiny_picture_has_no_face_even_while_one_is_followed(mesh, shape):
    mesh.landmarks(face_frame())
    assert mesh.landmarks(np.zeros((*shape, 3), np.uint8)) is None


def test_a_mesh_that_forgot_sees_the_next_learner_like_a_new_one(mesh):
    other_learner = np.ascontiguousarray(face_frame(1.0)[::, 60:500])
    expected = mesh.landmarks(other_learner)
    used = FaceMesh()
    for t in (0.0, 0.1, 0.2):
        used.landmarks(face_frame(t))
    following = used.landmarks(other_learner)
    for t in (0.0, 0.1, 0.2):
        used.landmarks(face_frame(t))
    used.forget()
    forgotten = used.landmarks(other_learner)
    used.close()
    assert not np.array_equal(following, expected)
    assert np.array_equal(forgotten, expected)


def test_faces_are_counted(detector):
    counts = [detector.count(frame()) for frame in (empty_frame, face_frame, two_faces_frame)]
    assert counts == [0, 1, 2]


def points(with_depth):
    random = np.random.default_rng(0)
    message = NormalizedLandmarkList()
    for x, y, z in random.normal(size=(478, 3)):
        message.landmark.add(x=x, y=y, **({"z": z} if with_depth else {}))
    return message


@pytest.mark.parametrize("with_depth", [True, False], ids=["uniform records", "other records"])
def test_landmarks_are_read_from_the_message_as_its_fields_say(with_depth):
    message = points(with_depth)
    expected = np.array([(p.x, p.y, p.z) for p in message.landmark], np.float32)
    assert np.array_equal(landmark_array(message), expected)


def test_records_of_the_same_length_with_another_field_are_not_misread():
    message = points(with_depth=False)
    for point in message.landmark:
        point.presence = 0.5
    expected = np.array([(p.x, p.y, p.z) for p in message.landmark], np.float32)
    assert np.array_equal(landmark_array(message), expected)
