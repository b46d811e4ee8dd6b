from __future__ import annotations

import pytest

from eyelearn.tracking.metrics import Metrics


def test_time_belongs_to_the_state_at_its_start() -> None:
    metrics = Metrics(max_gap_seconds=2.0)
    metrics.observe(True, 10.0)
    metrics.observe(False, 11.0)
    metrics.observe(True, 11.5)
    assert (metrics.focused_time, metrics.unfocused_time) == (1.0, 0.5)


def test_a_gap_counts_nothing() -> None:
    metrics = Metrics(max_gap_seconds=2.0)
    metrics.observe(True, 0.0)
    metrics.observe(True, 2.0)
    metrics.observe(True, 3600.0)
    metrics.observe(True, 3601.0)
    assert metrics.focused_time == pytest.approx(3.0)


def test_intervals_are_counted_as_they_begin() -> None:
    metrics = Metrics(max_gap_seconds=2.0)
    for now, focused in enumerate([True, True, False, False, True]):
        metrics.observe(focused, now)
    assert (metrics.focus_sessions, metrics.unfocus_sessions) == (2, 1)


def test_an_observation_from_before_the_last_adds_nothing_and_takes_nothing() -> None:
    metrics = Metrics(max_gap_seconds=2.0)
    metrics.observe(True, 1.0)
    metrics.observe(True, 2.0)
    metrics.observe(True, 1.5)
    metrics.observe(True, 2.5)
    assert metrics.focused_time == pytest.approx(1.5)


def test_nothing_seen_is_zero_of_everything() -> None:
    assert Metrics(max_gap_seconds=2.0).to_dict() == {
        "focused_time": 0.0,
        "unfocused_time": 0.0,
        "total_time": 0.0,
        "focus_percentage": 0.0,
        "focus_sessions": 0,
        "unfocus_sessions": 0,
        "current_state": "unfocused",
    }


def test_the_total_is_the_sum_of_what_is_told() -> None:
    metrics = Metrics(max_gap_seconds=2.0)
    metrics.focused_time, metrics.unfocused_time = 1.00049, 2.00049
    told = metrics.to_dict()
    assert told["total_time"] == told["focused_time"] + told["unfocused_time"]
    assert told["focus_percentage"] == 33.3


@pytest.mark.parametrize("fps", [3, 5, 15, 30])
def test_the_frame_rate_does_not_change_the_sum(fps: int) -> None:
    metrics = Metrics(max_gap_seconds=2.0)
    for n in range(60 * fps + 1):
        metrics.observe(n < 30 * fps, n / fps)
    assert metrics.focused_time == pytest.approx(30.0)
    assert metrics.unfocused_time == pytest.approx(30.0)
