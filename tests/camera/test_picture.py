from __future__ import annotations

import pytest
import simplejpeg
from numbered_video import number_of, numbered_picture

from eyelearn.camera.picture import as_jpeg


@pytest.mark.parametrize(
    ("size", "sent"),
    [
        ((640, 480), (640, 480)),
        ((320, 240), (320, 240)),
        ((1920, 1080), (640, 360)),
        ((1280, 3), (640, 2)),
    ],
)
def test_a_wider_picture_is_made_smaller(size: tuple[int, int], sent: tuple[int, int]) -> None:
    height, width, *_ = simplejpeg.decode_jpeg_header(as_jpeg(numbered_picture(5, *size)))
    assert (width, height) == sent


def test_it_shows_what_the_camera_saw() -> None:
    assert number_of(as_jpeg(numbered_picture(0b10110010, 1280, 960))) == 0b10110010
