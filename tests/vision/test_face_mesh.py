import mediapipe
import numpy as np
import pytest
from mediapipe.framework.formats.landmark_pb2 import NormalizedLandmarkList
from mediapipe.python import packet_creator

from eyelearn.vision.face_mesh import FaceModels, landmark_array
from pictures import empty_frame, face_frame, two_faces_frame


@pytest.fixture(scope="module")
def models():
    made = FaceModels()
    yield made
    made.close()


def followed(models, frames):
    """The meshes of one learner's frames, each looked for where the one before was."""
    region, meshes = models.regions(frames[0])[0], []
    for frame in frames:
        mesh, region = models.mesh(frame, region)
        meshes.append(mesh)
    return meshes


def test_a_face_has_478_landmarks_inside_the_picture(models):
    (landmarks,) = followed(models, [face_frame()])
    assert landmarks.shape == (478, 3)
    assert landmarks.dtype == np.float32
    assert (landmarks[:, :2] > 0).all()
    assert (landmarks[:, :2] < 1).all()


def test_the_landmarks_are_those_of_mediapipes_own_face_mesh(models):
    frames = [face_frame(n / 5) for n in range(8)]
    with mediapipe.solutions.face_mesh.FaceMesh(refine_landmarks=True) as solution:
        own = [landmark_array(solution.process(frame).multi_face_landmarks[0]) for frame in frames]
    assert np.array_equal(followed(models, frames), own)


def test_two_learners_who_share_the_models_are_seen_as_if_alone(models):
    one = [face_frame(n / 5) for n in range(5)]
    other = [np.ascontiguousarray(face_frame(1 + n / 5)[:, 60:500]) for n in range(5)]
    alone = followed(models, one), followed(models, other)
    regions = [models.regions(frames[0])[0] for frames in (one, other)]
    for n in range(5):
        for learner, frames in enumerate((one, other)):
            mesh, regions[learner] = models.mesh(frames[n], regions[learner])
            assert np.array_equal(mesh, alone[learner][n])


def test_where_no_face_is_there_is_no_mesh(models):
    region = models.regions(face_frame())[0]
    assert models.mesh(empty_frame(), region) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 2000), (2000, 1), (8, 8)])
def test_a_tiny_picture_has_no_face_wherever_one_is_looked_for(models, shape):
    tiny = np.zeros((*shape, 3), np.uint8)
    assert models.regions(tiny) == []
    assert models.mesh(tiny, models.regions(face_frame())[0]) is None


def test_a_picture_that_breaks_the_graph_harms_no_other(models):
    region = models.regions(face_frame())[0]
    expected = models.mesh(face_frame(), region).mesh
    with pytest.raises(ValueError, match="type mismatch"):
        models.mesh(face_frame(), packet_creator.create_int(1))
    assert np.array_equal(models.mesh(face_frame(), region).mesh, expected)


def test_faces_are_counted(models):
    counts = [len(models.regions(frame())) for frame in (empty_frame, face_frame, two_faces_frame)]
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
