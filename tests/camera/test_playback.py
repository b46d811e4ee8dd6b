from __future__ import annotations

import pytest

from eyelearn.camera.playback import USUAL_FRAMES_PER_SECOND, Playback

USUAL = 1 / USUAL_FRAMES_PER_SECOND


def test_a_picture_is_due_when_its_timestamp_says() -> None:
    playback = Playback(10.0, position=0.0, now=100.0)
    assert [playback.due(at, 100.0) for at in (0.1, 0.5, 0.6)] == pytest.approx(
        [100.1, 100.5, 100.6]
    )
    assert playback.end() == pytest.approx(100.7)


@pytest.mark.parametrize("positions", [(0.0, 0.0), (-1.0, -2.0), (900.0, 5000.0)])
def test_timestamps_that_can_not_be_are_replaced_by_the_rate(
    positions: tuple[float, float],
) -> None:
    playback = Playback(10.0, position=0.0, now=0.0)
    assert [playback.due(at, 0.0) for at in positions] == pytest.approx([0.1, 0.2])


@pytest.mark.parametrize("rate", [0.0, -1.0, 90_000.0, float("nan")])
def test_a_rate_that_can_not_be_is_replaced_by_the_usual_one(rate: float) -> None:
    assert Playback(rate, position=0.0, now=0.0).due(0.0, 0.0) == pytest.approx(USUAL)


def test_a_short_delay_is_caught_up_with() -> None:
    playback = Playback(10.0, position=0.0, now=0.0)
    assert playback.due(0.1, now=0.9) == pytest.approx(0.1)


def test_after_a_long_delay_it_goes_on_from_where_it_is() -> None:
    playback = Playback(10.0, position=0.0, now=0.0)
    assert playback.due(0.1, now=60.0) == 60.0
    assert playback.due(0.2, now=60.0) == pytest.approx(60.1)
