from __future__ import annotations

import json

import pytest

from eyelearn.redaction import hashed, shared_key, use_key
from eyelearn.saving.record import SessionRecord
from eyelearn.saving.retry import RetryPolicy
from saving.records import record


def test_a_record_survives_a_message() -> None:
    original = record(user_id="123", section_id=None, ended_at=1.5, end_reason="idle")
    assert SessionRecord.from_dict(json.loads(json.dumps(original.to_dict()))) == original
    new = record(neutral=None)
    assert SessionRecord.from_dict(json.loads(json.dumps(new.to_dict()))) == new


@pytest.mark.parametrize(
    ("focused", "unfocused", "percentage"), [(0.0, 0.0, 0.0), (3.0, 1.0, 75.0), (0.0, 9.0, 0.0)]
)
def test_the_focus_percentage_is_of_the_observed_time(
    focused: float, unfocused: float, percentage: float
) -> None:
    kept = record(focused_time=focused, unfocused_time=unfocused)
    assert kept.total_time == focused + unfocused
    assert kept.focus_percentage == percentage


def test_an_id_is_hashed_alike_whatever_its_type_and_process() -> None:
    before = hashed(123)
    assert before == hashed("123") != hashed(124)
    assert "123" not in before
    key = shared_key()
    use_key("00" * 32)
    assert hashed(123) != before
    use_key(key)
    assert hashed(123) == before


def test_waits_double_up_to_the_longest_and_jitter_covers_all_of_them() -> None:
    policy = RetryPolicy(first_seconds=1.0, longest_seconds=300.0)
    longest = [policy.delay(failures, lambda: 1.0) for failures in (1, 2, 3, 9, 10, 5000)]
    assert longest == [1.0, 2.0, 4.0, 256.0, 300.0, 300.0]
    assert policy.delay(10, lambda: 0.0) == 0.0
