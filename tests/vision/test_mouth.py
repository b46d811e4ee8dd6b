import numpy as np
import pytest
from on_sequences.posed_face import HEIGHT, PIXELS_PER_CM, WIDTH, Pose, landmarks, rotation

from eyelearn.vision.face_mesh import MESH_POINTS, FaceModels
from eyelearn.vision.landmarks import LANDMARK_INDICES
from eyelearn.vision.mouth import mouth
from pictures import face_frame, turned_frame

# A face's width between the sides, in centimetres.
FACE_WIDTH = 14.0
TURNED = [(0, 0, 0), (25, 0, 0), (-25, 0, 0), (0, 20, 0), (0, -20, 0), (15, -10, 30)]


def posed(turned=(0, 0, 0), breadth=5.0, up=0.0, back=1.5, gap=0.2):
    """A mesh (478, 3) of a face whose mouth is this, in centimetres.

    up, back: of its corners, from midway between the lips; gap: between those.
    """
    y, z, side = -4.0, 6.0, breadth / 2
    lower, upper = y - gap / 2, y + gap / 2
    points = {14: (0, lower, z), 178: (-0.8, lower, z), 402: (0.8, lower, z)}
    points |= {13: (0, upper, z), 81: (-0.8, upper, z), 311: (0.8, upper, z)}
    points |= {78: (-2, y, z), 308: (2, y, z)}
    points |= {61: (-side, y + up, z - back), 291: (side, y + up, z - back)}
    points |= {234: (-FACE_WIDTH / 2, 0, -2), 454: (FACE_WIDTH / 2, 0, -2)}
    mesh = np.zeros((MESH_POINTS, 3))
    mesh[list(LANDMARK_INDICES)] = landmarks(Pose(*turned))
    placed = np.array(list(points.values())) @ rotation(*turned).T * PIXELS_PER_CM
    pixels = placed * (1, -1, -1) + (WIDTH / 2, HEIGHT / 2, 0)
    mesh[list(points)] = pixels / (WIDTH, HEIGHT, WIDTH)
    return mesh.astype(np.float32)


def measured(**pose):
    return mouth(posed(**pose), WIDTH, HEIGHT)


def test_breadth_is_a_share_of_the_faces_width():
    assert measured(breadth=4.9).breadth == pytest.approx(4.9 / FACE_WIDTH, abs=1e-3)


def test_a_smile_is_how_far_the_corners_are_out_and_up_and_back():
    measures = measured(breadth=5.0, up=0.5, back=1.2).smile
    assert measures == pytest.approx((5.0 / 2 + 0.5 + 1.2) / FACE_WIDTH, abs=0.01)


@pytest.mark.parametrize("pulled", [{"breadth": 6.0}, {"up": 0.5}, {"back": 2.0}])
def test_corners_pulled_any_of_these_ways_smile_more(pulled):
    assert measured(**pulled).smile > measured().smile + 0.02


def test_a_mouth_that_opens_smiles_no_more():
    assert measured(gap=1.5).smile == pytest.approx(measured().smile, abs=0.001)


def test_openness_is_the_lips_distance_over_their_length():
    assert measured(gap=1.2).openness == pytest.approx(1.2 / 4.0, abs=1e-3)


@pytest.mark.parametrize("turned", TURNED)
def test_a_turned_head_has_the_same_mouth(turned):
    frontal = measured(breadth=5.5, up=0.3, gap=0.8)
    assert measured(turned=turned, breadth=5.5, up=0.3, gap=0.8) == pytest.approx(frontal, abs=0.01)


def test_a_face_without_width_has_no_mouth():
    mesh = posed()
    mesh[454] = mesh[234]
    assert mouth(mesh, WIDTH, HEIGHT) is None
    assert mouth(np.full((MESH_POINTS, 3), 0.5, np.float32), WIDTH, HEIGHT) is None


@pytest.fixture(scope="module")
def models():
    made = FaceModels()
    yield made
    made.close()


def real(models, picture):
    found = models.mesh(picture, models.regions(picture)[0], exact_lips=True)
    height, width = picture.shape[:2]
    return mouth(models.mesh(picture, found.region, exact_lips=True).mesh, width, height)


def test_a_tilted_and_a_mirrored_face_smile_as_much(models):
    upright = real(models, face_frame())
    mirrored = np.ascontiguousarray(face_frame()[:, ::-1])
    assert real(models, mirrored) == pytest.approx(upright, abs=0.02)
    assert real(models, turned_frame()) == pytest.approx(upright, abs=0.02)


def test_a_small_face_smiles_as_much_as_a_large_one(models):
    small = face_frame(width=213, height=160)
    assert real(models, small) == pytest.approx(real(models, face_frame()), abs=0.02)
