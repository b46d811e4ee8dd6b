from __future__ import annotations

import pytest

from eyelearn.camera.pace import Pace


@pytest.mark.parametrize(
    ("camera_fps", "limit", "taken"), [(30, 10, 100), (25, 10, 100), (5, 10, 50), (30, 60, 300)]
)
def test_the_rate_is_kept_whatever_the_camera_gives(
    camera_fps: int, limit: int, taken: int
) -> None:
    pace = Pace(limit)
    times = [100.0 + number / camera_fps for number in range(camera_fps * 10)]
    assert sum(pace.take(now) for now in times) == pytest.approx(taken, abs=2)


def test_a_pause_is_not_made_up_for() -> None:
    pace = Pace(10)
    pace.take(0.0)
    assert sum(pace.take(60.0 + number / 1000) for number in range(90)) <= 2
