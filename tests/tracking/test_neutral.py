from __future__ import annotations

import json
import math

import pytest

from eyelearn.tracking.neutral import Neutral, NeutralEstimate
from tracking.faces import face

BOUND = 12.0
FPS = 10


def watch(estimate: NeutralEstimate, seconds: float, **changes: float) -> None:
    for _ in range(round(seconds * FPS)):
        estimate.observe(face(**changes), 1 / FPS)


def learned(seconds: float, **changes: float) -> Neutral:
    estimate = NeutralEstimate(BOUND)
    watch(estimate, seconds, **changes)
    return estimate.value


def test_a_camera_above_the_screen_is_learned_within_half_a_minute() -> None:
    assert learned(30.0, pitch=-9.0, yaw=4.0) == pytest.approx((4.0, -9.0), abs=2.0)


def test_a_few_seconds_say_little() -> None:
    assert learned(1.0, pitch=-9.0).pitch > -3.0


def test_gaze_counts_and_not_the_head_alone() -> None:
    assert learned(30.0, yaw=12.0, eye_yaw=-12.0).yaw == pytest.approx(0.0, abs=0.5)


@pytest.mark.parametrize("away", [{"yaw": 25.0}, {"yaw": -60.0}, {"pitch": -25.0}, {"pitch": 20.0}])
def test_who_looks_away_for_an_hour_moves_nothing(away: dict[str, float]) -> None:
    assert learned(3600.0, **away) == (0.0, 0.0)


def test_glances_away_do_not_pull_it_along() -> None:
    estimate = NeutralEstimate(BOUND)
    for _ in range(30):
        watch(estimate, 2.0, pitch=-8.0)
        watch(estimate, 1.0, pitch=-30.0)
        watch(estimate, 1.0, yaw=35.0)
    assert estimate.value == pytest.approx((0.0, -8.0), abs=1.0)


def test_it_is_never_learned_beyond_its_bound() -> None:
    estimate = NeutralEstimate(BOUND)
    for drift in range(60):
        watch(estimate, 60.0, pitch=-float(drift))
    assert abs(estimate.value.pitch) <= BOUND


def test_a_bound_of_nothing_learns_nothing() -> None:
    estimate = NeutralEstimate(0.0)
    watch(estimate, 60.0, yaw=5.0)
    assert estimate.value == (0.0, 0.0)


@pytest.mark.parametrize("fps", [5, 30])
def test_it_is_learned_by_seconds_and_not_by_frames(fps: int) -> None:
    estimate = NeutralEstimate(BOUND)
    for _ in range(10 * fps):
        estimate.observe(face(yaw=6.0), 1 / fps)
    assert estimate.value.yaw == pytest.approx(learned(10.0, yaw=6.0).yaw, abs=0.1)


def test_calibration_counts_at_once_and_lasts() -> None:
    estimate = NeutralEstimate(BOUND)
    watch(estimate, 60.0, yaw=8.0)
    estimate.calibrate(Neutral(-20.0, 5.0))
    assert estimate.value == (-20.0, 5.0)
    watch(estimate, 5.0, yaw=-14.0, pitch=5.0)
    assert estimate.value == pytest.approx((-20.0, 5.0), abs=0.6)


def test_it_survives_json() -> None:
    estimate = NeutralEstimate(BOUND)
    estimate.calibrate(Neutral(-20.0, 5.0))
    watch(estimate, 20.0, yaw=-17.0, pitch=2.0)
    again = NeutralEstimate.from_dict(json.loads(json.dumps(estimate.to_dict())), BOUND)
    assert again.to_dict() == estimate.to_dict()
    watch(estimate, 5.0, yaw=-15.0)
    watch(again, 5.0, yaw=-15.0)
    assert again.value == estimate.value


@pytest.mark.parametrize(
    "spoiled",
    [
        {"yaw": None},
        {"yaw": math.nan},
        {"origin_pitch": 1e9},
        {"seconds": "long"},
        {"yaw": []},
        {"yaw": 10**400},
    ],
)
def test_what_is_no_neutral_is_an_error(spoiled: dict[str, object]) -> None:
    values = {**NeutralEstimate(BOUND).to_dict(), **spoiled}
    with pytest.raises(ValueError, match="no"):
        NeutralEstimate.from_dict(values, BOUND)


def test_a_number_that_is_missing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no neutral"):
        NeutralEstimate.from_dict({"yaw": 0.0}, BOUND)
