import subprocess
import sys

import numpy as np

from eyelearn.vision.landmarks import LANDMARK_INDICES, eyes_of, in_pixels, positions, select


def test_at_most_36_points_are_asked_of_a_browser_and_none_twice():
    assert len(LANDMARK_INDICES) == len(set(LANDMARK_INDICES)) <= 36
    assert all(0 <= index < 478 for index in LANDMARK_INDICES)


def test_select_takes_the_needed_points_in_their_order_from_any_batch():
    mesh = np.arange(2 * 478 * 3, dtype=np.float32).reshape(2, 478, 3)
    selected = select(mesh)
    assert selected.shape == (2, len(LANDMARK_INDICES), 3)
    assert (selected[1, positions((473,))[0]] == mesh[1, 473]).all()


def test_the_left_eye_comes_first_and_each_point_is_the_named_one():
    mesh = np.repeat(np.arange(478.0)[:, None], 3, axis=1)
    eyes = eyes_of(select(mesh).astype(float))
    assert eyes.iris[:, 0].tolist() == [473, 468]
    assert eyes.first[:, 0].tolist() == [362, 33]
    assert eyes.last[:, 0].tolist() == [263, 133]
    assert eyes.upper[..., 0].tolist() == [[385, 387], [160, 158]]
    assert eyes.lower[..., 0].tolist() == [[380, 373], [144, 153]]


def test_pixels_have_one_scale_in_all_directions():
    point = np.array([[0.5, 0.5, 0.1]])
    assert in_pixels(point, 640, 480).tolist() == [[320, -240, -64]]


def test_the_event_loops_process_needs_neither_mediapipe_nor_opencv_for_it():
    code = (
        "import sys, eyelearn.vision.landmarks, eyelearn.vision.measurement, "
        "eyelearn.vision.encoded; sys.exit('mediapipe' in sys.modules or 'cv2' in sys.modules)"
    )
    environment = {"PYTHONPATH": ":".join(sys.path)}
    assert (
        subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
    )
