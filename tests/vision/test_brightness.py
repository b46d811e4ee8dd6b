import numpy as np
import pytest

from eyelearn.vision.brightness import brightness
from pictures import face_frame


def test_brightness_is_that_of_the_face_and_not_of_the_room():
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[20:60, 20:60] = 200
    corners = np.array([[0.2, 0.2, 0], [0.6, 0.6, 0]])
    assert brightness(picture, corners) == pytest.approx(200)


def test_green_is_brighter_than_blue():
    corners = np.array([[0.0, 0.0, 0], [1.0, 1.0, 0]])
    green, blue = (np.full((8, 8, 3), colour, np.uint8) for colour in ((0, 99, 0), (0, 0, 99)))
    assert brightness(green, corners) > brightness(blue, corners)


def test_a_face_outside_the_picture_has_no_brightness():
    assert brightness(face_frame(), np.array([[1.1, 0.2, 0], [1.3, 0.6, 0]])) is None
