import cv2
import numpy as np
import pytest

from eyelearn.vision.face_alignment import aligned, largest_face, whole
from eyelearn.vision.face_mesh import FaceModels
from pictures import empty_frame, face_frame, turned_frame

LEFT_EYE, RIGHT_EYE = (33, 133), (362, 263)


@pytest.fixture(scope="module")
def faces():
    made = FaceModels()
    yield made
    made.close()


def aligned_face(faces, rgb):
    found = largest_face(faces, rgb)
    assert found is not None
    return aligned(rgb, found.mesh)


def likeness(one, other):
    """1 where two pictures are the same but for their brightness."""
    return np.corrcoef(one.ravel().astype(float), other.ravel().astype(float))[0, 1]


def eyes(faces, crop):
    """The middle of each eye in the crop, in pixels."""
    mesh = largest_face(faces, np.repeat(np.repeat(crop, 4, 0), 4, 1)).mesh
    return [96 * mesh[list(eye), :2].mean(axis=0) for eye in (LEFT_EYE, RIGHT_EYE)]


def test_a_face_becomes_a_small_grey_square(faces):
    crop = aligned_face(faces, face_frame())
    assert crop.shape == (96, 96, 3)
    assert crop.dtype == np.uint8
    assert (crop == crop[..., :1]).all()
    assert crop.std() > 20


def test_a_head_that_lies_on_its_side_is_turned_upright(faces):
    upright, turned = (aligned_face(faces, frame) for frame in (face_frame(), turned_frame()))
    assert likeness(turned, upright) > 0.7
    assert likeness(turned, np.rot90(upright)) < 0.3


def test_the_eyes_are_level_and_at_a_third_of_the_height(faces):
    for frame in (face_frame(), turned_frame()):
        left, right = eyes(faces, aligned_face(faces, frame))
        assert left[1] == pytest.approx(right[1], abs=2)
        assert (left[0] + right[0]) / 2 == pytest.approx(48, abs=6)
        assert (left[1] + right[1]) / 2 == pytest.approx(96 * 0.38, abs=8)


@pytest.mark.parametrize("size", [(160, 120), (320, 240), (1920, 1440)], ids=str)
def test_near_and_far_look_alike(faces, size):
    frame = cv2.resize(face_frame(), size, interpolation=cv2.INTER_AREA)
    assert likeness(aligned_face(faces, frame), aligned_face(faces, face_frame())) > 0.97


def test_the_largest_face_is_taken_not_the_surest(faces):
    near, far = face_frame(), cv2.resize(face_frame(), (320, 240))
    for halves in ([near, np.tile(far, (2, 1, 1))], [np.tile(far, (2, 1, 1)), near]):
        crop = aligned_face(faces, np.hstack(halves))
        assert likeness(crop, aligned_face(faces, near)) > 0.97
        found = largest_face(faces, np.hstack(halves))
        assert np.ptp(found.mesh[:, 1]) > 0.3


def test_a_face_that_fills_the_picture_is_found(faces):
    crop = aligned_face(faces, face_frame())
    small = cv2.resize(crop, (48, 48), interpolation=cv2.INTER_AREA)
    assert likeness(aligned_face(faces, small), crop) > 0.9


def test_nobody_is_no_face(faces):
    assert largest_face(faces, empty_frame()) is None


def test_a_face_at_the_border_is_continued_beyond_it(faces):
    frame = np.ascontiguousarray(face_frame()[140:])
    assert aligned_face(faces, frame).shape == (96, 96, 3)


@pytest.mark.parametrize("size", [(1, 1), (48, 48), (640, 480), (7, 300)], ids=str)
def test_a_whole_picture_of_any_size_becomes_a_small_grey_square(size):
    width, height = size
    picture = np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)
    small = whole(picture)
    assert small.shape == (96, 96, 3)
    assert (small == small[..., :1]).all()
    assert small.mean() == pytest.approx(picture.mean(), abs=80)
