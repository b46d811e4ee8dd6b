from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eyelearn.protocols.pace import (
    BURST_SECONDS,
    PACE,
    STRANGERS_MESSAGES_PER_SECOND,
    Pace,
    welcome,
)
from eyelearn.settings import Settings

SETTINGS = Settings(_env_file=None)
FRAME_BYTES = SETTINGS.max_frame_kb * 1024 * 4 // 3


def seconds_to_send(sizes: list[int], pace: Pace) -> float:
    """For a client that sends as fast as it is read."""
    now = 0.0
    for size in sizes:
        now += pace.spend(size, now)
    return now


def test_a_client_at_all_its_limits_is_not_made_to_wait() -> None:
    pace = Pace.of_learner(SETTINGS)
    fps, events = round(SETTINGS.max_client_fps), round(SETTINGS.max_events_per_second)
    for second in range(60):
        for n in range(fps):
            assert pace.spend(100, second + n / fps) == 0.0
            assert pace.spend(FRAME_BYTES, second + n / fps) == 0.0
        for n in range(events):
            assert pace.spend(100, second + n / events) == 0.0


def test_who_has_no_session_is_read_as_fast_as_events_come_and_a_learner_faster() -> None:
    events = round(SETTINGS.max_events_per_second)
    stranger, learner = (Pace.of_stranger(SETTINGS, Pace.of_all_strangers()) for _ in range(2))
    welcome({PACE: learner}, SETTINGS)
    sent = [100] * 60 * events
    assert seconds_to_send(sent, stranger) > 30 - BURST_SECONDS - 1
    assert seconds_to_send(sent, learner) < 0.5 * 30


def test_all_without_a_session_share_what_one_loop_reads_beside_its_learners() -> None:
    everyone = Pace.of_all_strangers()
    strangers = [Pace.of_stranger(SETTINGS, everyone) for _ in range(500)]
    waits = [stranger.spend(100, 0.0) for stranger in strangers for _ in range(4)]
    assert waits[0] == 0.0
    assert waits == sorted(waits)
    assert waits[-1] == pytest.approx(len(waits) / STRANGERS_MESSAGES_PER_SECOND, rel=0.1)
    learner = Pace.of_stranger(SETTINGS, everyone)
    welcome({PACE: learner}, SETTINGS)
    assert learner.spend(100, 0.0) == 0.0


def test_a_connection_that_is_not_paced_can_be_welcomed() -> None:
    welcome({}, SETTINGS)


def test_messages_are_read_as_fast_as_was_said() -> None:
    assert seconds_to_send([0] * 1000, Pace(100.0, 1e9)) == pytest.approx(10.0 - BURST_SECONDS)


def test_bytes_are_read_as_fast_as_was_said() -> None:
    assert seconds_to_send([1000] * 1000, Pace(1e9, 1e5)) == pytest.approx(10.0 - BURST_SECONDS)


def test_who_was_quiet_has_a_burst_and_no_more() -> None:
    pace = Pace(8.0, 1e9)
    assert [pace.spend(0, 1000.0) for _ in range(24)] == [0.0] * 24
    assert pace.spend(0, 1000.0) == pytest.approx(0.125)


@given(st.lists(st.tuples(st.integers(0, 10**7), st.floats(0, 10)), max_size=50))
def test_no_wait_is_longer_than_what_the_message_costs(sent: list[tuple[int, float]]) -> None:
    pace, now = Pace.of_learner(SETTINGS), 0.0
    costs = [Pace.of_learner(SETTINGS) for _ in sent]
    for (size, idle), alone in zip(sent, costs, strict=True):
        now += idle
        cost = BURST_SECONDS + alone.spend(size, 0.0)
        wait = pace.spend(size, now)
        assert 0.0 <= wait <= cost
        now += wait
