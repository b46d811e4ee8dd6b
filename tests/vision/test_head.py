import numpy as np
import pytest

from eyelearn.vision.face_mesh import FaceModels
from eyelearn.vision.head import head_of
from pictures import face_frame

HAIRLINE, CHIN = 10, 152


@pytest.fixture(scope="module")
def models():
    made = FaceModels()
    yield made
    made.close()


def face_mesh():
    """A face of which chin, eyes and outline are told: level, 0.2 wide and 0.3 high."""
    mesh = np.full((478, 3), 0.5, np.float32)
    mesh[[133, 362], :2] = (0.47, 0.45), (0.53, 0.45)
    mesh[CHIN, :2], mesh[HAIRLINE, :2] = (0.5, 0.65), (0.5, 0.35)
    mesh[234, :2], mesh[454, :2] = (0.4, 0.5), (0.6, 0.5)
    return mesh


def test_the_crown_is_as_far_above_the_eyes_as_the_chin_is_below():
    assert head_of(face_mesh()) == pytest.approx((0.4, 0.25, 0.6, 0.65), abs=1e-6)


def test_the_crown_of_a_head_that_lies_on_its_side_is_aside():
    mesh = face_mesh()[:, [1, 0, 2]]
    assert head_of(mesh) == pytest.approx((0.25, 0.4, 0.65, 0.6), abs=1e-6)


def test_a_head_holds_its_face_and_has_hair_above_it(models):
    rgb = face_frame()
    mesh = models.mesh(rgb, models.regions(rgb)[0]).mesh
    head = head_of(mesh)
    face_top, face_bottom = mesh[HAIRLINE, 1], mesh[CHIN, 1]
    assert 0.1 < (face_top - head.top) / (face_bottom - face_top) < 0.4
    assert head.bottom >= face_bottom
    assert (head.left, head.right) == pytest.approx((mesh[:, 0].min(), mesh[:, 0].max()))
