import numpy as np
import pytest
from samples import HEIGHT, WIDTH, head

from eyelearn.vision.head_pose import head_angles, head_rotation
from eyelearn.vision.landmarks import in_pixels, positions


def angles(points):
    return head_angles(head_rotation(in_pixels(points, WIDTH, HEIGHT)))


@pytest.mark.parametrize(
    ("yaw", "pitch", "roll"),
    [
        pytest.param(0, 0, 0, id="straight ahead"),
        pytest.param(30, 0, 0, id="turned to their left"),
        pytest.param(-30, 0, 0, id="turned to their right"),
        pytest.param(0, 25, 0, id="turned up"),
        pytest.param(0, -25, 0, id="turned down"),
        pytest.param(0, 0, 40, id="tilted to their right shoulder"),
        pytest.param(-50, 20, -35, id="all at once"),
    ],
)
def test_the_head_is_measured_as_it_was_turned(yaw, pitch, roll):
    assert np.allclose(angles(head(yaw, pitch, roll)), (yaw, pitch, roll), atol=0.01)


def test_their_own_left_is_to_the_right_in_the_picture():
    points = head(yaw=30)
    nose, right_ear, left_ear = points[positions((4, 234, 454)), 0]
    assert nose > (right_ear + left_ear) / 2
    assert angles(points)[0] > 0


def test_upwards_brings_the_nose_above_the_ears():
    points = head(pitch=30)
    nose, right_ear, left_ear = points[positions((4, 234, 454)), 1]
    assert nose < (right_ear + left_ear) / 2
    assert angles(points)[1] > 0


def test_a_tilt_to_their_right_shoulder_lowers_their_right_eye():
    points = head(roll=20)
    right_corner, left_corner = points[positions((33, 263)), 1]
    assert right_corner > left_corner
    assert angles(points)[2] > 0


def test_a_batch_of_any_shape_is_measured_like_its_members():
    batch = np.stack([head(yaw, pitch) for yaw in (-20, 0, 20) for pitch in (-10, 10)])
    batch = batch.reshape(3, 2, *batch.shape[1:])
    together = angles(batch)
    for at in np.ndindex(3, 2):
        assert np.allclose([angle[at] for angle in together], angles(batch[at]))


def test_each_picture_of_a_batch_may_have_its_own_size():
    wide = head(25, 10, 5)
    narrow = wide * (WIDTH / 400, HEIGHT / 700, WIDTH / 400)
    pixels = in_pixels(np.stack([wide, narrow]), np.array([640, 400]), np.array([480, 700]))
    assert np.allclose(pixels[0], pixels[1], atol=1e-3)


def test_where_there_is_no_face_there_are_no_angles():
    batch = np.stack([head(), np.full_like(head(), np.nan)])
    for angle in angles(batch):
        assert np.isfinite(angle[0])
        assert np.isnan(angle[1])


def test_a_mirrored_face_gives_a_rotation_and_no_reflection():
    rotation = head_rotation(in_pixels(head(10) * (-1, 1, 1), WIDTH, HEIGHT))
    assert np.linalg.det(rotation) == pytest.approx(1)
