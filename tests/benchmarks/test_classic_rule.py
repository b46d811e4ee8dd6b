"""The classic rule on faces of four drawn features, and on a real one."""

from __future__ import annotations

import numpy as np
import pytest
from on_pictures.classic_rule import (
    eyes_tilt,
    iris_horizontal,
    iris_vertical,
    is_focused,
    nose_symmetry,
)
from on_pictures.picture_verdicts import Viewer

from pictures import face_frame, turned_frame

# Mesh indices to pixels: a face 100 wide, eyes 20 wide and 6 high, all in the middle.
MIDDLE = {
    33: (20, 50),
    133: (40, 50),
    159: (30, 47),
    145: (30, 53),
    468: (30, 50),
    362: (60, 50),
    263: (80, 50),
    386: (70, 47),
    374: (70, 53),
    473: (70, 50),
    1: (50, 70),
    234: (0, 60),
    454: (100, 60),
}


def points(**moved: tuple[float, float]) -> np.ndarray:
    """moved: mesh index, as `p468`, to its place."""
    result = np.zeros((478, 2))
    for index, place in {**MIDDLE, **{int(k[1:]): v for k, v in moved.items()}}.items():
        result[index] = place
    return result


def mesh(**moved: tuple[float, float]) -> np.ndarray:
    """As MediaPipe would normalise it in a picture of 200 × 100 pixels."""
    places = points(**moved) / (200, 100)
    return np.hstack([places, np.zeros((478, 1))]).astype(np.float32)


def test_a_face_with_everything_in_its_middle_is_focused() -> None:
    assert is_focused(mesh(), 200, 100)


def test_ratios_run_from_the_right_corner_and_from_the_upper_lid() -> None:
    moved = points(p468=(26, 48.5), p473=(78, 53))
    assert iris_horizontal(moved) == pytest.approx([0.3, 0.9])
    assert iris_vertical(moved) == pytest.approx([0.25, 1.0])


def test_ratios_do_not_depend_on_the_heads_tilt() -> None:
    angle = np.radians(25)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    upright = points(p468=(26, 48.5))
    assert iris_horizontal(upright @ turn) == pytest.approx(iris_horizontal(upright))
    assert iris_vertical(upright @ turn) == pytest.approx(iris_vertical(upright))
    assert eyes_tilt(upright @ turn) == pytest.approx(25)


def test_one_eye_that_looks_aside_is_enough_not_to_be_focused() -> None:
    assert not is_focused(mesh(p468=(25, 50)), 200, 100)
    assert not is_focused(mesh(p473=(70, 52)), 200, 100)


def test_a_closed_eye_is_not_focused() -> None:
    assert not is_focused(mesh(p159=(30, 50), p145=(30, 50)), 200, 100)


def test_a_nose_off_the_middle_is_not_focused() -> None:
    assert nose_symmetry(points(p1=(34, 70))) == pytest.approx(0.16)
    assert not is_focused(mesh(p1=(34, 70)), 200, 100)
    assert is_focused(mesh(p1=(36, 70)), 200, 100)


def test_of_real_faces_the_frontal_one_is_focused_and_the_tilted_is_not() -> None:
    viewer = Viewer()
    frontal, tilted = viewer.see(face_frame()), viewer.see(turned_frame())
    viewer.close()
    assert frontal.mesh is not None
    assert tilted.mesh is not None
    assert is_focused(frontal.mesh, frontal.width, frontal.height)
    assert not is_focused(tilted.mesh, tilted.width, tilted.height)
