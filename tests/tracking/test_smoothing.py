from __future__ import annotations

import math

import pytest

from eyelearn.tracking.smoothing import MAX_PAUSE_SECONDS, SmoothedFace
from tracking.faces import face

TIME_CONSTANT = 0.2


@pytest.mark.parametrize("fps", [5, 15, 30])
def test_a_step_is_through_by_63_percent_after_the_time_constant_at_any_rate(fps: int) -> None:
    smoothed = SmoothedFace(TIME_CONSTANT)
    smoothed.observe(face(yaw=0.0), 0.0)
    for n in range(1, round(TIME_CONSTANT * fps) + 1):
        seen = smoothed.observe(face(yaw=10.0), n / fps)
    assert seen.yaw == pytest.approx(10 * (1 - math.exp(-1)), abs=1e-6)


def test_only_angles_are_smoothed() -> None:
    smoothed = SmoothedFace(TIME_CONSTANT)
    smoothed.observe(face(openness=(0.3, 0.3)), 0.0)
    assert smoothed.observe(face(openness=(0.05, 0.05)), 0.03).openness == (0.05, 0.05)


def test_a_face_that_comes_back_begins_anew() -> None:
    smoothed = SmoothedFace(TIME_CONSTANT)
    smoothed.observe(face(yaw=30.0), 0.0)
    smoothed.lost()
    assert smoothed.observe(face(yaw=0.0), 0.1).yaw == 0.0


def test_after_a_long_pause_the_old_angles_say_nothing() -> None:
    smoothed = SmoothedFace(TIME_CONSTANT)
    smoothed.observe(face(yaw=30.0), 0.0)
    assert smoothed.observe(face(yaw=0.0), MAX_PAUSE_SECONDS + 0.1).yaw == 0.0


def test_without_a_time_constant_nothing_is_smoothed() -> None:
    smoothed = SmoothedFace(0.0)
    smoothed.observe(face(yaw=30.0), 0.0)
    assert smoothed.observe(face(yaw=0.0), 0.1).yaw == 0.0


def test_behind_a_blink_the_eyes_look_where_they_looked() -> None:
    smoothed = SmoothedFace(TIME_CONSTANT)
    smoothed.observe(face(eye_yaw=20.0), 0.0)
    for n in range(1, 5):
        blinking = smoothed.observe(face(eye_yaw=0.0, eye_certainty=0.0, yaw=10.0), n / 15)
    assert blinking.eye_yaw == 20.0
    assert blinking.yaw > 5.0


def test_without_smoothing_nothing_is_held_either() -> None:
    smoothed = SmoothedFace(0.0)
    smoothed.observe(face(eye_yaw=20.0), 0.0)
    assert smoothed.observe(face(eye_yaw=0.0, eye_certainty=0.0), 0.1).eye_yaw == 0.0
