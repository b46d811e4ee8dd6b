from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from eyelearn.saving.delivery import Acknowledged, Owed
from eyelearn.saving.payload import added, cumulative, delta, payload
from saving.records import record

NOTHING = Acknowledged()


def owed(has: Acknowledged = NOTHING, **values: Any) -> Owed:
    return Owed(record(**values), has)


def test_a_save_has_the_fields_that_the_platform_knows() -> None:
    kept = record(4, session_id="s", user_id="123", focused_time=125.30049)
    assert payload(kept, cumulative(Owed(kept)), "cumulative") == {
        "user_id": "123",
        "module_id": 22,
        "section_id": 82,
        "focused_time": 125.3,
        "unfocused_time": 12.7,
        "total_time": 138.0,
        "focus_percentage": 90.8,
        "focus_sessions": 5,
        "unfocus_sessions": 2,
        "session_type": "websocket_cv_tracking",
        "timestamp": "2025-01-15T10:30:49.123Z",
        "session_id": "s",
        "revision": 4,
    }


def test_cumulative_values_are_whole_whatever_was_acknowledged() -> None:
    has = Acknowledged(1, 100.0, 10.0, 3, 1)
    assert cumulative(owed(has)) == Acknowledged(1, 125.3, 12.7, 5, 2)


def test_a_delta_is_what_is_new_in_whole_seconds() -> None:
    has = Acknowledged(1, 100.0, 10.0, 3, 1)
    assert delta(owed(has)) == Acknowledged(1, 25, 2, 2, 1)


def test_the_last_delta_is_rounded() -> None:
    has = Acknowledged(1, 100.0, 10.0, 3, 1)
    assert delta(owed(has, ended_at=1.0, focused_time=125.5)) == Acknowledged(1, 26, 3, 2, 1)


def test_total_and_share_of_a_delta_are_those_of_what_is_sent() -> None:
    each = owed(focused_time=3.9, unfocused_time=1.9)
    body = payload(each.record, delta(each), "delta")
    assert (body["focused_time"], body["unfocused_time"], body["total_time"]) == (3, 1, 4)
    assert body["focus_percentage"] == 75.0
    assert body["save_mode"] == "delta"
    assert all(isinstance(body[name], int) for name in ("focused_time", "unfocused_time"))


def test_a_session_that_goes_on_after_a_rounded_end_is_not_counted_twice() -> None:
    has = added(NOTHING, delta(owed(focused_time=10.6, unfocused_time=0.0, ended_at=1.0)))
    assert has.focused_time == 11
    assert delta(owed(has, focused_time=10.9, unfocused_time=0.0)).focused_time == 0
    assert delta(owed(has, focused_time=12.2, unfocused_time=0.0)).focused_time == 1


@pytest.mark.parametrize("seed", range(20))
def test_deltas_add_up_to_the_truth_rounded(seed: int) -> None:
    chance = random.Random(seed)
    has, state = NOTHING, record(focused_time=0.0, unfocused_time=0.0)
    for _ in range(chance.randrange(1, 40)):
        state = replace(
            state,
            focused_time=state.focused_time + chance.random() * 30,
            unfocused_time=state.unfocused_time + chance.random(),
        )
        if chance.random() < 0.7:  # else the flush was overtaken by the next
            has = added(has, delta(Owed(state, has)))
    has = added(has, delta(Owed(replace(state, ended_at=1.0), has)))
    assert has.focused_time == pytest.approx(state.focused_time, abs=0.5)
    assert has.unfocused_time == pytest.approx(state.unfocused_time, abs=0.5)
