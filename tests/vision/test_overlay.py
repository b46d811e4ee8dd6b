import cv2
import numpy as np
import pytest
import simplejpeg

from eyelearn.vision.face_mesh import FaceModels
from eyelearn.vision.hands import Hand
from eyelearn.vision.overlay import overlay
from pictures import face_frame

LONGEST = "looking_center_smiling"
# What a JPEG of a plain grey may differ by, of 255.
NOISE = 12


@pytest.fixture(scope="module")
def mesh():
    models = FaceModels()
    made = models.mesh(face_frame(), models.regions(face_frame())[0], exact_lips=True).mesh
    models.close()
    return made


def grey(width=640, height=480):
    return np.full((height, width, 3), 128, np.uint8)


def drawn(picture, mesh=None, hands=(), label=""):
    """Where something was drawn: (height, width), true or false."""
    told = simplejpeg.decode_jpeg(overlay(picture, mesh, hands, label))
    assert told.shape == picture.shape
    return (np.abs(told.astype(int) - picture) > NOISE).any(axis=2)


def hand(x, y, is_left=False):
    """Its wrist at x, y, and four fingers up from there, as shares of the picture."""
    points = np.zeros((21, 3), np.float32)
    points[:, 0] = x + np.repeat((0, -0.06, -0.03, 0, 0.03, 0.06), (1, 4, 4, 4, 4, 4))
    points[:, 1] = y - np.append(0, np.tile((0.05, 0.1, 0.15, 0.2), 5))
    return Hand(points, is_left, 1.0)


def place(points, index, width=640, height=480):
    x, y = points[index, :2] * (width, height)
    return slice(round(float(y)) - 2, round(float(y)) + 3), slice(round(x) - 2, round(x) + 3)


def test_with_nothing_seen_the_picture_stays_as_it_is():
    assert not drawn(grey()).any()


FOREHEAD_AND_CHIN, EYES, BROWS, LIPS, IRISES = (
    (10, 152),
    (33, 263),
    (105, 334),
    (61, 291, 13, 17),
    (469, 477),
)


@pytest.mark.parametrize("index", [*FOREHEAD_AND_CHIN, *EYES, *BROWS, *LIPS, *IRISES])
def test_contours_irises_and_lips_are_drawn_where_they_are(mesh, index):
    assert drawn(grey(), mesh)[place(mesh, index)].any()


def test_the_middle_of_a_cheek_stays_free(mesh):
    assert not drawn(grey(), mesh)[place(mesh, 50)].any()


def test_hands_are_drawn_from_the_wrist_to_each_tip_each_side_in_its_colour():
    left, right = hand(0.3, 0.9, is_left=True), hand(0.7, 0.9)
    seen = drawn(grey(), hands=[left, right])
    for each in (left, right):
        assert all(seen[place(each.points, index)].any() for index in (0, 4, 8, 12, 16, 20))
    told = simplejpeg.decode_jpeg(overlay(grey(), None, [left, right], "")).astype(int)
    colours = [told[place(each.points, 8)].mean(axis=(0, 1)) for each in (left, right)]
    assert np.abs(colours[0] - colours[1]).max() > 50


def test_the_picture_that_was_given_is_not_drawn_on(mesh):
    picture = grey()
    overlay(picture, mesh, [hand(0.5, 0.9)], LONGEST)
    assert (picture == 128).all()


def test_a_picture_that_nobody_may_write_on_is_drawn_on_too(mesh):
    assert not face_frame().flags.writeable
    assert drawn(face_frame(), mesh, label="smiling").any()


@pytest.mark.parametrize("background", [0, 255])
def test_a_name_can_be_read_on_black_and_on_white(background):
    picture = np.full((480, 640, 3), background, np.uint8)
    told = simplejpeg.decode_jpeg(overlay(picture, None, [], "fist"))[:40, :80]
    assert told.min() < 60
    assert told.max() > 200


def test_a_long_name_is_broken_into_rows_where_the_picture_is_narrow():
    wide, narrow = drawn(grey(), label=LONGEST), drawn(grey(96, 96), label=LONGEST)
    row_height = 8
    assert wide[:, -1].sum() == narrow[:, -1].sum() == 0
    assert narrow.any(axis=1).sum() > 2 * row_height


def test_lines_grow_with_the_picture(mesh):
    once, four_times = (drawn(grey(4 * n, 3 * n), mesh).mean() for n in (120, 480))
    # Lines that stay as thick would cover a quarter of that share.
    assert four_times > once / 2


@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (2000, 1), (8, 8), (16, 2)])
def test_a_picture_of_any_size_can_be_drawn_on(mesh, size):
    drawn(grey(*size), mesh, [hand(0.5, 0.9)], LONGEST)


@pytest.mark.parametrize("far", [-1e9, -1.5, 1.5, 1e9])
def test_what_is_outside_the_picture_is_left_out(mesh, far):
    drawn(grey(), mesh * np.float32(far), [hand(far, far)], LONGEST)


def test_a_letter_that_opencv_has_not_is_drawn_as_another():
    assert drawn(grey(), label="mañana").any()


def test_a_drawn_picture_is_a_jpeg_that_opencv_reads_as_well(mesh):
    told = overlay(face_frame(), mesh, [], "smiling")
    assert cv2.imdecode(np.frombuffer(told, np.uint8), cv2.IMREAD_COLOR).shape == (480, 640, 3)
