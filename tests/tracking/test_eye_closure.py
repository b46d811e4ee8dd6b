from __future__ import annotations

import math
import random
from collections.abc import Iterable

import pytest

from eyelearn.tracking.eye_closure import EyeClosure

OPEN, SHUT = 0.3, 0.05
SETTING = 0.15


class Watch:
    """Eyes and a clock; patterns are (openness, seconds), one after another."""

    def __init__(self, pattern: Iterable[tuple[float, float]] = (), fps: float = 15.0) -> None:
        self.eyes = EyeClosure(closed_openness=SETTING, max_gap_seconds=2.0)
        self.now = 0.0
        self.see(pattern, fps)

    def see(self, pattern: Iterable[tuple[float, float]], fps: float = 15.0) -> EyeClosure:
        for openness, seconds in pattern:
            for _ in range(round(seconds * fps)):
                self.eyes.observe(openness, self.now)
                self.now += 1 / fps
        return self.eyes

    def counts_as_closed(self, openness: float) -> bool:
        self.eyes.observe(openness, self.now)
        return self.eyes.closed


def watch(pattern: Iterable[tuple[float, float]], fps: float = 15.0) -> EyeClosure:
    return Watch(pattern, fps).eyes


def test_each_short_closure_is_a_blink() -> None:
    eyes = watch([(OPEN, 2.0), (SHUT, 0.2), (OPEN, 2.0), (SHUT, 0.3), (OPEN, 1.0)])
    assert eyes.blink_count == 2


def test_a_long_closure_is_not_a_blink() -> None:
    assert watch([(OPEN, 2.0), (SHUT, 1.0), (OPEN, 2.0)]).blink_count == 0


@pytest.mark.parametrize("fps", [12, 15, 20, 30])
def test_a_blink_lasts_less_than_four_tenths_of_a_second_give_or_take_a_frame(fps: int) -> None:
    for phase in range(10):
        start = 5.0 + phase / 10 / fps
        for seconds, is_blink in [(0.15, True), (0.4, True), (0.4 + 2.1 / fps, False)]:
            eyes = EyeClosure(closed_openness=SETTING, max_gap_seconds=2.0)
            for n in range(7 * fps):
                now = n / fps
                eyes.observe(SHUT if start <= now < start + seconds else OPEN, now)
            assert eyes.blink_count == int(is_blink), (phase, seconds)


def test_what_a_late_frame_may_hide_is_not_a_blink() -> None:
    sitting = Watch([(OPEN, 5.0), (SHUT, 0.2)])
    sitting.now += 0.5
    assert sitting.see([(OPEN, 5.0)]).blink_count == 0


def test_eyes_still_closed_are_not_a_blink_yet() -> None:
    eyes = watch([(OPEN, 2.0), (SHUT, 0.2)])
    assert eyes.closed
    assert eyes.blink_count == 0


def test_noise_around_the_threshold_is_not_a_row_of_blinks() -> None:
    eyes = watch([(OPEN, 2.0)] + [(0.149, 0.1), (0.155, 0.1)] * 10 + [(OPEN, 2.0)])
    assert eyes.blink_count is not None
    assert eyes.blink_count <= 1


def test_a_face_that_left_did_not_blink() -> None:
    sitting = Watch([(OPEN, 2.0), (SHUT, 0.1)])
    sitting.eyes.lost(sitting.now)
    sitting.now += 0.1
    assert sitting.see([(OPEN, 1.0)]).blink_count == 0


@pytest.mark.parametrize("fps", [2, 5, 10, 11])
def test_below_twelve_frames_a_second_blinks_are_unknown(fps: int) -> None:
    eyes = watch([(OPEN, 5.0), (SHUT, 0.2), (OPEN, 5.0)], fps)
    assert (eyes.blink_count, eyes.blinks_per_minute()) == (None, None)
    assert 0.0 <= eyes.perclos() < 0.1


@pytest.mark.parametrize("fps", [12, 15, 30])
def test_from_twelve_frames_a_second_on_blinks_are_counted(fps: int) -> None:
    assert watch([(OPEN, 5.0), (SHUT, 0.2), (OPEN, 5.0)], fps).blink_count == 1


def test_blinks_are_unknown_in_the_first_second() -> None:
    sitting = Watch()
    assert (sitting.eyes.blink_count, sitting.eyes.blinks_per_minute()) == (None, None)
    assert sitting.see([(OPEN, 0.9)]).blink_count is None
    assert sitting.see([(OPEN, 0.3)]).blink_count == 0


def test_the_count_goes_on_after_a_slow_phase() -> None:
    blink = [(OPEN, 2.0), (SHUT, 0.2), (OPEN, 2.0)]
    sitting = Watch(blink)
    assert sitting.eyes.blink_count == 1
    assert sitting.see(blink * 2, fps=6).blink_count is None
    assert sitting.see([(OPEN, 4.0), *blink]).blink_count == 2


def test_slow_phases_do_not_thin_out_the_blinks_per_minute() -> None:
    sitting = Watch([(OPEN, 1.8), (SHUT, 0.2)] * 10)
    sitting.see([(OPEN, 20.0)], fps=5)
    assert sitting.see([(OPEN, 1.8), (SHUT, 0.2)] * 10).blinks_per_minute() == pytest.approx(
        30, 0.2
    )


def test_a_late_frame_makes_no_rate_slow() -> None:
    sitting = Watch([(OPEN, 5.0)])
    sitting.now += 0.3
    for _ in range(60):
        assert sitting.see([(OPEN, 0.07)]).blink_count == 0


def test_frames_that_arrive_in_bursts_are_counted_as_what_they_are() -> None:
    for per_burst, seconds, known in [(5, 0.33, True), (5, 1.0, False)]:
        sitting = Watch()
        for _ in range(30):
            for _ in range(per_burst):
                sitting.eyes.observe(OPEN, sitting.now)
                sitting.now += 0.001
            sitting.now += seconds - per_burst * 0.001
        assert (sitting.eyes.blink_count is not None) == known


def test_the_rate_is_unknown_again_after_a_gap() -> None:
    sitting = Watch([(OPEN, 5.0)])
    sitting.now += 10.0
    assert sitting.see([(OPEN, 0.5)]).blink_count is None
    assert sitting.see([(OPEN, 1.0)]).blink_count == 0


def test_perclos_is_the_share_of_closed_time() -> None:
    assert watch([(OPEN, 30.0), (SHUT, 10.0)]).perclos() == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("fps", [0.6, 3, 12, 30])
def test_perclos_is_the_same_at_any_rate(fps: float) -> None:
    eyes = watch([(OPEN, 20.0), (SHUT, 10.0)] * 4, fps)
    assert eyes.perclos() == pytest.approx(1 / 3, abs=0.06)


def test_perclos_forgets_after_a_minute() -> None:
    eyes = watch([(SHUT, 10.0), (OPEN, 61.0)])
    assert eyes.perclos() == pytest.approx(0.0, abs=0.001)


def test_time_without_a_face_is_not_in_perclos() -> None:
    eyes = watch([(OPEN, 10.0), (SHUT, 0.2)])
    eyes.lost(10.2)
    eyes.observe(OPEN, 11.5)
    eyes.observe(OPEN, 12.0)
    assert eyes.perclos() < 0.03


def test_blinks_are_told_per_minute_of_the_last_minute() -> None:
    eyes = watch([(OPEN, 1.8), (SHUT, 0.2)] * 60)
    assert eyes.blinks_per_minute() == pytest.approx(30.0, abs=1.5)


def test_the_first_blink_is_not_told_as_sixty_per_minute() -> None:
    eyes = watch([(OPEN, 1.2), (SHUT, 0.2), (OPEN, 0.3)])
    assert eyes.blinks_per_minute() == 6.0


def test_the_last_minute_passes_without_a_face_too() -> None:
    sitting = Watch([(OPEN, 1.8), (SHUT, 0.2)] * 20)
    assert (sitting.eyes.blinks_per_minute() or 0.0) > 20
    for _ in range(1500):
        sitting.now += 1 / 15
        sitting.eyes.lost(sitting.now)
    assert (sitting.eyes.blinks_per_minute(), sitting.eyes.perclos()) == (0.0, 0.0)


def test_until_enough_was_seen_the_setting_says_what_is_closed() -> None:
    assert watch([]).threshold == pytest.approx(SETTING)
    assert watch([(0.2, 5.0)]).threshold == pytest.approx(SETTING)


@pytest.mark.parametrize("fps", [0.6, 3, 12, 30])
@pytest.mark.parametrize("own", [0.18, 0.25, 0.32, 0.42])
def test_closed_is_a_share_of_the_learner_s_own_open_eye(own: float, fps: float) -> None:
    threshold = watch([(own, 30.0)], fps).threshold
    assert 0.43 * own < threshold < 0.51 * own


@pytest.mark.parametrize("strange", [0.6, 0.42, 0.17])
def test_a_strange_beginning_is_outgrown(strange: float) -> None:
    own = 0.25
    sitting = Watch([(strange, 12.0), (own, 150.0)])
    assert sitting.eyes.threshold == watch([(own, 60.0)]).threshold


def test_frames_of_a_face_turned_far_change_nothing() -> None:
    usual = watch([(OPEN, 60.0)]).threshold
    assert watch([(OPEN, 19.0), (0.5, 1.0)] * 10).threshold == usual


@pytest.mark.parametrize("closed", [0.05, 0.08, 0.12])
@pytest.mark.parametrize("seconds", [20.0, 600.0])
def test_who_begins_with_closed_eyes_has_closed_eyes(closed: float, seconds: float) -> None:
    sitting = Watch([(closed, seconds)])
    assert sitting.counts_as_closed(closed)
    assert sitting.see([(OPEN, 30.0)]).threshold == watch([(OPEN, 30.0)]).threshold


@pytest.mark.parametrize("lowered", [0.1, 0.13, 0.16, 0.2])
def test_lids_lowered_for_long_move_nothing(lowered: float) -> None:
    sitting = Watch([(OPEN, 120.0)])
    open_at = sitting.eyes.threshold
    sitting.see([(lowered, 900.0), (OPEN, 1.0)])
    assert sitting.eyes.threshold == open_at


def test_a_shut_eye_is_closed_even_after_hours_of_lowered_lids() -> None:
    sitting = Watch([(OPEN, 60.0), (0.17, 7200.0)], fps=2)
    assert sitting.counts_as_closed(0.07)


@pytest.mark.parametrize("own", [0.18, 0.42])
def test_the_threshold_told_is_the_one_judged_by(own: float) -> None:
    noise = random.Random(4)
    eyes = EyeClosure(closed_openness=SETTING, max_gap_seconds=2.0)
    for n in range(3000):
        openness = own * (0.6 + 0.4 * math.cos(n / 40)) + noise.gauss(0.0, 0.01)
        eyes.observe(openness, n / 15)
        assert eyes.closed == (openness < eyes.threshold)


def blinking(own: float, fps: float, noise: random.Random) -> tuple[list[float], int]:
    """Openness frame by frame of five minutes, with landmark noise, and how many blinks it has.

    Each closes within a third of its time and opens again in the second half, as in Stern and
    others (1984).
    """
    frames = [own + noise.gauss(0.0, 0.01) for _ in range(round(300 * fps))]
    blinks, start = 0, 12.0
    while start < 298.0:
        seconds = noise.uniform(0.2, 0.4)
        for n in range(math.ceil(start * fps), math.ceil((start + seconds) * fps)):
            passed = (n / fps - start) / seconds
            shut = min(1.0, 3.0 * passed) if passed < 0.5 else 2.0 * (1.0 - passed)
            frames[n] -= shut * (own - SHUT)
        blinks, start = blinks + 1, start + noise.uniform(2.0, 6.0)
    return frames, blinks


@pytest.mark.parametrize("fps", [12, 15, 30])
@pytest.mark.parametrize("own", [0.18, 0.25, 0.32, 0.42])
def test_natural_blinks_of_narrow_and_of_wide_eyes_are_counted(own: float, fps: int) -> None:
    frames, blinks = blinking(own, fps, random.Random(round(1000 * own) + fps))
    eyes = EyeClosure(closed_openness=SETTING, max_gap_seconds=2.0)
    for n, openness in enumerate(frames):
        eyes.observe(openness, n / fps)
    assert eyes.blink_count == pytest.approx(blinks, rel=0.03)
    assert eyes.perclos() < 0.12
