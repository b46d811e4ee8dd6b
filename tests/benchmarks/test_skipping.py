"""Steady learners are judged less often, and are told the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from on_sequences.learner_script import Script
from on_sequences.sitting_scripts import lesson, steady
from skipping import away_for_a_break, compare, same


@pytest.mark.parametrize("fps", [15, 20])
@pytest.mark.parametrize("script", [lesson, steady, away_for_a_break])
def test_fewer_frames_change_nothing_that_is_told_by_more_than_a_fifth_of_a_second(
    script: Callable[[int], Script], fps: int
) -> None:
    figures = compare([script(seed) for seed in range(2)], fps)
    assert same(figures)
    assert figures["judged_share"] < 1.0
    assert abs(figures["share_difference"]) <= 0.5


def test_blinks_of_a_reader_are_counted_with_fewer_frames_too() -> None:
    figures = compare([steady(seed) for seed in range(4)], 20)
    assert figures["blinks_all_frames"] >= 40
    assert figures["blinks_skipping"] == pytest.approx(figures["blinks_all_frames"], rel=0.05)
