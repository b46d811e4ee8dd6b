import numpy as np
import pytest
from on_sequences.posed_face import (
    HEIGHT,
    PIXELS_PER_CM,
    WIDTH,
    Pose,
    landmarks,
    normalised,
    rotation,
)

from eyelearn.vision.head_pose import CANONICAL_FACE, MESH_DEPTH, head_angles, head_rotation
from eyelearn.vision.landmarks import STABLE_POINTS, in_pixels, positions

NOSE_AND_CHEEKS = positions((4, 116, 345))


def head(yaw=0.0, pitch=0.0, roll=0.0):
    return landmarks(Pose(yaw, pitch, roll))


def angles(points):
    return head_angles(head_rotation(in_pixels(points, WIDTH, HEIGHT)).tolist())


POSES = pytest.mark.parametrize(
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


@POSES
def test_the_head_is_measured_as_it_was_turned(yaw, pitch, roll):
    # The canonical face that is posed here is deeper than the mesh that MediaPipe finds.
    assert np.allclose(angles(head(yaw, pitch, roll)), (yaw, pitch, roll), atol=2.5)


@POSES
def test_a_head_as_deep_as_the_mesh_is_measured_exactly(yaw, pitch, roll):
    vertices = np.array([CANONICAL_FACE[index] for index in STABLE_POINTS]) * (1, 1, MESH_DEPTH)
    turned = vertices @ rotation(yaw, pitch, roll).T * PIXELS_PER_CM * (1, -1, -1)
    points = head(yaw, pitch, roll)
    middle = np.array((WIDTH / 2, HEIGHT / 2, 0))
    points[list(positions(STABLE_POINTS))] = normalised(turned + middle)
    assert np.allclose(angles(points), (yaw, pitch, roll), atol=0.01)


def test_their_own_left_is_to_the_right_in_the_picture():
    points = head(yaw=30)
    nose, right_cheek, left_cheek = points[NOSE_AND_CHEEKS, 0]
    assert nose > (right_cheek + left_cheek) / 2
    assert angles(points)[0] > 0


def test_upwards_brings_the_nose_above_the_cheekbones():
    points = head(pitch=30)
    nose, right_cheek, left_cheek = points[NOSE_AND_CHEEKS, 1]
    assert nose < (right_cheek + left_cheek) / 2
    assert angles(points)[1] > 0


def test_a_tilt_to_their_right_shoulder_lowers_their_right_eye():
    points = head(roll=20)
    right_corner, left_corner = points[positions((33, 263)), 1]
    assert right_corner > left_corner
    assert angles(points)[2] > 0


def test_a_batch_of_any_shape_is_measured_like_its_members():
    batch = np.stack([head(yaw, pitch) for yaw in (-20, 0, 20) for pitch in (-10, 10)])
    batch = in_pixels(batch.reshape(3, 2, *batch.shape[1:]), WIDTH, HEIGHT)
    together = head_rotation(batch)
    for at in np.ndindex(3, 2):
        assert np.allclose(together[at], head_rotation(batch[at]))


def test_each_picture_of_a_batch_may_have_its_own_size():
    wide = head(25, 10, 5)
    narrow = wide * (WIDTH / 400, HEIGHT / 700, WIDTH / 400)
    pixels = in_pixels(np.stack([wide, narrow]), np.array([640, 400]), np.array([480, 700]))
    assert np.allclose(pixels[0], pixels[1], atol=1e-3)


def test_a_mirrored_face_gives_a_rotation_and_no_reflection():
    rotation = head_rotation(in_pixels(head(10) * (-1, 1, 1), WIDTH, HEIGHT))
    assert np.linalg.det(rotation) == pytest.approx(1)
    assert np.allclose(rotation @ rotation.T, np.eye(3))


def test_eyes_that_move_do_not_turn_the_head():
    still, moved = landmarks(Pose(10, -5, 3)), landmarks(Pose(10, -5, 3, 25, -20, openness=0.1))
    assert np.allclose(angles(still), angles(moved))


def test_points_that_the_head_hides_do_not_count():
    points = head(yaw=45)
    hidden = list(positions((345, 352, 376)))
    points[hidden] += 0.02
    assert np.allclose(angles(points), (45, 0, 0), atol=3)
