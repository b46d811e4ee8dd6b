from __future__ import annotations

import pytest

from eyelearn.tracking.lasting import MAX_UNSEEN_SECONDS, Lasting


def test_what_is_not_so_has_lasted_no_time() -> None:
    assert Lasting().observe(False, 1.0) == 0.0


def test_what_was_seen_once_may_be_a_slip() -> None:
    lasting = Lasting()
    lasting.observe(False, 0.0)
    assert lasting.observe(True, 1.0) == 0.0


@pytest.mark.parametrize("fps", [3, 10, 30])
def test_a_beginning_lies_midway_between_two_frames(fps: int) -> None:
    lasting = Lasting()
    lasting.observe(False, 0.0)
    lasting.observe(True, 1 / fps)
    assert lasting.observe(True, 2 / fps) == pytest.approx(1.5 / fps)


def test_a_long_pause_before_it_was_seen_counts_little() -> None:
    lasting = Lasting()
    lasting.observe(False, 0.0)
    lasting.observe(True, 60.0)
    assert lasting.observe(True, 60.1) == pytest.approx(MAX_UNSEEN_SECONDS + 0.1)


def test_it_begins_anew_after_it_was_gone() -> None:
    lasting = Lasting()
    for now in (0.0, 1.0, 2.0):
        lasting.observe(True, now)
    lasting.observe(False, 2.1)
    lasting.observe(True, 2.2)
    assert lasting.observe(True, 2.3) == pytest.approx(0.15)
