from __future__ import annotations

import pytest

from eyelearn.session_service import session_rules
from eyelearn.settings import Settings
from eyelearn.tracking.eye_closure import BLINK_MIN_FPS
from eyelearn.tracking.frame_rate import CALM_SECONDS, EVERY, STEADY, UNSEEN, Rate
from eyelearn.tracking.session import LearnerIds, WebSocketEyeTrackingSession
from eyelearn.vision.observation import Observation
from tracking.faces import AWAY, CLOSED, NOBODY, seen

FPS = 20
RULES = session_rules(Settings(_env_file=None))
NEAR = seen(yaw=0.9 * RULES.limits.gaze_yaw)


class Sitting:
    """A real session, watched at 20 frames a second."""

    def __init__(self) -> None:
        self.now = 0.0
        self.session = WebSocketEyeTrackingSession("s", LearnerIds(1, 2, None), RULES, 0.0, 0.0)

    def watch(self, observation: Observation, seconds: float) -> Rate:
        """The rate that is needed after so long."""
        for _ in range(round(seconds * FPS)):
            self.now += 1 / FPS
            self.session.observe(observation, self.now)
        return self.session.needed.rate


@pytest.fixture
def steady() -> Sitting:
    sitting = Sitting()
    assert sitting.watch(seen(), 3.0) == STEADY
    return sitting


def test_at_first_every_frame_is_needed() -> None:
    assert Sitting().watch(seen(), CALM_SECONDS / 2) == EVERY


def test_who_looks_calmly_at_the_screen_needs_fewer_but_enough_for_blinks(steady: Sitting) -> None:
    assert BLINK_MIN_FPS < steady.session.needed.rate.asked < FPS


def test_who_looks_far_away_needs_fewer(steady: Sitting) -> None:
    assert steady.watch(AWAY, 3.0) == STEADY


@pytest.mark.parametrize("change", [AWAY, NEAR, CLOSED, NOBODY, seen(visible=0.5)], ids=str)
def test_the_first_frame_of_a_change_asks_for_all(steady: Sitting, change: Observation) -> None:
    assert steady.watch(change, 1 / FPS) == EVERY


def test_near_a_limit_every_frame_is_needed(steady: Sitting) -> None:
    # Far inside a widened limit is near enough to where it is otherwise.
    assert steady.watch(NEAR, 3.0) == EVERY


def test_closed_eyes_are_watched_as_closely_as_can_be(steady: Sitting) -> None:
    assert steady.watch(CLOSED, 10.0) == EVERY


def test_after_a_blink_the_rate_falls_again_when_all_is_calm(steady: Sitting) -> None:
    assert steady.watch(CLOSED, 0.2) == EVERY
    assert steady.watch(seen(), CALM_SECONDS / 2) == EVERY
    assert steady.watch(seen(), CALM_SECONDS) == STEADY


def test_an_empty_chair_needs_what_notices_a_return_in_time(steady: Sitting) -> None:
    assert steady.watch(NOBODY, 3.0) == UNSEEN
    assert steady.watch(seen(), 1 / FPS) == EVERY


def test_a_hidden_page_needs_as_little_until_it_is_back(steady: Sitting) -> None:
    steady.session.set_hidden(True, steady.now)
    assert steady.watch(seen(), 3.0) == UNSEEN
    steady.session.set_hidden(False, steady.now)
    assert steady.session.needed.rate == EVERY
    assert steady.session.attention is None


def test_a_session_that_goes_on_needs_every_frame(steady: Sitting) -> None:
    steady.session.end("disconnected", steady.now, 0.0)
    steady.session.resume(steady.now + 1.0)
    assert steady.session.needed.rate == EVERY
