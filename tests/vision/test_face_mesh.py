import mediapipe
import numpy as np
import pytest
from mediapipe.python import packet_creator, packet_getter

from eyelearn.vision.face_mesh import FaceModels, Region
from eyelearn.vision.graph import Graph, picture_packet
from eyelearn.vision.mesh_model import lips_points
from pictures import empty_frame, face_frame, two_faces_frame
from vision.normalized_rect import rectangle

WIDTH, HEIGHT = 640, 480
# What a picture may be sampled differently, in pixels: the graph of mediapipe.solutions warps it
# with another build of OpenCV, and its lips take part in finding the face in the next picture.
AGREEMENT_PIXELS = 0.3
# The same where a region has little to do with the face: its features are steeper.
ODD_AGREEMENT_PIXELS = 0.5
LIPS = lips_points()
OWN_LANDMARKS = """
input_stream: "picture" input_stream: "region" input_side_packet: "with_attention"
output_stream: "landmarks"
node {
  calculator: "FaceLandmarkCpu"
  input_stream: "IMAGE:picture" input_stream: "ROI:region"
  input_side_packet: "WITH_ATTENTION:with_attention"
  output_stream: "LANDMARKS:landmarks"
}
"""


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


def oddly_placed(region, chance):
    """Shifted, turned, and of another size: often the face does not fit."""
    x, y, turn = chance.normal(0, (0.08, 0.08, 0.4))
    side = region.side * chance.uniform(0.5, 1.8)
    return Region(region.x + x, region.y + y, side, region.rotation + turn)


def test_a_face_has_478_landmarks_inside_the_picture(models):
    (landmarks,) = followed(models, [face_frame()])
    assert landmarks.shape == (478, 3)
    assert landmarks.dtype == np.float32
    assert (landmarks[:, :2] > 0).all()
    assert (landmarks[:, :2] < 1).all()


def test_the_landmarks_are_those_of_mediapipes_own_face_mesh_but_for_the_lips(models):
    frames = [face_frame(n / 5) for n in range(15)]
    with mediapipe.solutions.face_mesh.FaceMesh(refine_landmarks=True) as solution:
        faces = [solution.process(frame).multi_face_landmarks[0].landmark for frame in frames]
    own = np.array([[(point.x, point.y, point.z) for point in face] for face in faces])
    apart = np.abs(followed(models, frames) - own) * (WIDTH, HEIGHT, WIDTH)
    assert np.delete(apart, LIPS, axis=1).max() < AGREEMENT_PIXELS


def test_the_landmarks_are_mediapipes_wherever_a_face_is_looked_for(models):
    own = Graph(OWN_LANDMARKS, ("landmarks",), {"with_attention": packet_creator.create_bool(True)})
    chance = np.random.default_rng(7)
    found = []
    for n in range(60):
        picture = face_frame(n / 7)
        region = oddly_placed(models.regions(picture)[0], chance)
        theirs = own.run(picture=picture_packet(picture), region=rectangle(region, picture.shape))
        ours = models.mesh(picture, region)
        assert (ours is None) == ("landmarks" not in theirs)
        if ours is not None:
            points = packet_getter.get_proto(theirs["landmarks"]).landmark
            apart = np.abs(ours.mesh - [(p.x, p.y, p.z) for p in points]) * (WIDTH, HEIGHT, WIDTH)
            found.append(np.delete(apart, LIPS, axis=0).max())
    own.close()
    assert len(found) > 20
    assert max(found) < ODD_AGREEMENT_PIXELS


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_head_that_lies_on_its_side_has_the_same_mesh(models, turns):
    picture = np.ascontiguousarray(face_frame()[:, 80:560])
    region = models.regions(picture)[0]
    upright = models.mesh(picture, region).mesh
    for _ in range(turns):
        picture = np.ascontiguousarray(np.rot90(picture))
        region = Region(region.y, 1 - region.x, region.side, region.rotation - np.pi / 2)
    mesh = models.mesh(picture, region).mesh
    for _ in range(turns):
        mesh = np.stack([1 - mesh[:, 1], mesh[:, 0], mesh[:, 2]], axis=1)
    # Not the same pixels: a crop begins at a corner of its region.
    assert np.abs(mesh - upright).max() * HEIGHT < 4


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


def test_faces_are_counted(models):
    counts = [len(models.regions(frame())) for frame in (empty_frame, face_frame, two_faces_frame)]
    assert counts == [0, 1, 2]


def test_the_lips_are_mediapipes_own_where_they_are_asked_for(models):
    own = Graph(OWN_LANDMARKS, ("landmarks",), {"with_attention": packet_creator.create_bool(True)})
    for n in range(10):
        picture = face_frame(n / 7)
        region = models.regions(picture)[0]
        theirs = own.run(picture=picture_packet(picture), region=rectangle(region, picture.shape))[
            "landmarks"
        ]
        points = packet_getter.get_proto(theirs).landmark
        ours = models.mesh(picture, region, exact_lips=True).mesh
        apart = np.abs(ours - [(p.x, p.y, p.z) for p in points]) * (WIDTH, HEIGHT, WIDTH)
        assert apart.max() < ODD_AGREEMENT_PIXELS
    own.close()
