from __future__ import annotations

import pytest

from eyelearn.tracking.eye_closure import EyeClosure

OPEN, SHUT = 0.3, 0.05


def watch(pattern: list[tuple[float, float]], fps: float = 15.0) -> EyeClosure:
    """pattern: (openness, seconds), one after another."""
    eyes = EyeClosure(closed_openness=0.15, max_gap_seconds=2.0)
    now = 0.0
    for openness, seconds in pattern:
        for _ in range(round(seconds * fps)):
            eyes.observe(openness, now)
            now += 1 / fps
    return eyes


def test_each_short_closure_is_a_blink() -> None:
    eyes = watch([(OPEN, 2.0), (SHUT, 0.2), (OPEN, 2.0), (SHUT, 0.3), (OPEN, 1.0)])
    assert eyes.blink_count == 2


def test_a_long_closure_is_not_a_blink() -> None:
    assert watch([(OPEN, 2.0), (SHUT, 1.0), (OPEN, 2.0)]).blink_count == 0


def test_eyes_still_closed_are_not_a_blink_yet() -> None:
    eyes = watch([(OPEN, 2.0), (SHUT, 0.2)])
    assert eyes.closed
    assert eyes.blink_count == 0


def test_noise_around_the_threshold_is_not_a_row_of_blinks() -> None:
    eyes = watch([(OPEN, 1.0)] + [(0.149, 0.1), (0.155, 0.1)] * 10 + [(OPEN, 1.0)])
    assert eyes.blink_count <= 1


def test_perclos_is_the_share_of_closed_time() -> None:
    assert watch([(OPEN, 30.0), (SHUT, 10.0)]).perclos() == pytest.approx(0.25, abs=0.01)


def test_perclos_forgets_after_a_minute() -> None:
    eyes = watch([(SHUT, 10.0), (OPEN, 61.0)])
    assert eyes.perclos() == pytest.approx(0.0, abs=0.001)


def test_blinks_are_told_per_minute_of_the_last_minute() -> None:
    eyes = watch([(OPEN, 1.8), (SHUT, 0.2)] * 60)
    assert eyes.blinks_per_minute() == pytest.approx(30.0, abs=1.5)


def test_the_first_blink_is_not_told_as_sixty_per_minute() -> None:
    eyes = watch([(OPEN, 0.5), (SHUT, 0.2), (OPEN, 0.3)])
    assert eyes.blinks_per_minute() == 6.0


def test_a_face_that_left_did_not_blink() -> None:
    eyes = watch([(OPEN, 1.0), (SHUT, 0.1)])
    eyes.lost(1.1)
    eyes.observe(OPEN, 1.3)
    assert eyes.blink_count == 0


def test_time_without_a_face_is_not_in_perclos() -> None:
    eyes = watch([(OPEN, 10.0), (SHUT, 0.2)])
    eyes.lost(10.2)
    eyes.observe(OPEN, 11.5)
    eyes.observe(OPEN, 12.0)
    assert eyes.perclos() < 0.03


def test_the_last_minute_passes_without_a_face_too() -> None:
    eyes = watch([(OPEN, 1.8), (SHUT, 0.2)] * 20)
    assert eyes.blinks_per_minute() > 20
    eyes.lost(200.0)
    assert (eyes.blinks_per_minute(), eyes.perclos()) == (0.0, 0.0)
