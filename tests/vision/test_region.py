import math

import numpy as np
import pytest

from eyelearn.vision.region import Region, around, crop, in_picture

SIZE = 192
SHAPE = (480, 640, 3)


def gradient():
    """A picture whose colours tell where a pixel is: red grows to the right, green downwards."""
    picture = np.zeros(SHAPE, np.uint8)
    picture[..., 0] = np.linspace(0, 255, SHAPE[1])
    picture[..., 1] = np.linspace(0, 255, SHAPE[0])[:, None]
    return picture


@pytest.mark.parametrize("rotation", [0.0, 0.3, -2.0, math.pi / 2])
@pytest.mark.parametrize("side", [0.1, 0.4])
def test_a_point_of_the_crop_is_where_its_colour_says(rotation, side):
    region = Region(0.55, 0.45, side, rotation)
    upright = crop(gradient(), region, SIZE)
    for x, y in [(10, 10), (180, 20), (96, 96), (30, 170)]:
        ((u, v, _),) = in_picture(np.array([[x, y, 0]], np.float32), region, SIZE, SHAPE)
        assert upright[y, x, 0] == pytest.approx(255 * u, abs=2)
        assert upright[y, x, 1] == pytest.approx(255 * v, abs=2)


def test_depth_is_in_the_scale_of_x():
    region = Region(0.5, 0.5, 0.4, 0.7)
    ((_, _, z),) = in_picture(np.array([[0, 0, SIZE / 2]], np.float32), region, SIZE, SHAPE)
    assert z == pytest.approx(0.2)


def test_outside_the_picture_its_border_goes_on():
    upright = crop(gradient(), Region(0.0, 0.5, 0.2, 0.0), SIZE)
    assert (upright[:, :90, 0] == 0).all()
    assert upright[:, -1, 0].min() > 20


def test_a_crop_beside_the_picture_is_no_error():
    assert crop(gradient(), Region(5.0, -3.0, 0.2, 0.0), SIZE).shape == (SIZE, SIZE, 3)


def test_the_next_region_is_half_as_large_again_as_the_face_and_turned_with_it():
    mesh = np.full((478, 3), (0.5, 0.5, 0), np.float32)
    mesh[0], mesh[1] = (0.4, 0.3, 0), (0.5, 0.6, 0)
    mesh[33], mesh[263] = (0.42, 0.4, 0), (0.48, 0.4 + 0.06 * 640 / 480, 0)
    region = around(mesh, SHAPE)
    assert region.x == pytest.approx(0.45)
    assert region.y == pytest.approx(0.45)
    assert region.side * 640 == pytest.approx(1.5 * 0.3 * 480)
    assert region.rotation == pytest.approx(math.pi / 4)


def test_a_pictures_size_may_change_between_frames():
    mesh = np.random.default_rng(0).random((478, 3), np.float32)
    assert around(mesh, (480, 640)) == pytest.approx(around(mesh, (960, 1280)))
