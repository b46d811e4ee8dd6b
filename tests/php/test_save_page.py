"""What the save page keeps, and what it refuses."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
import requests
from saves import a_save, post

from php_platform import Platform


def kept(platform: Platform) -> list[tuple[Any, ...]]:
    """(user, module, section, revision, focused, unfocused, total) of each session."""
    columns = ("user_id", "module_id", "section_id", "revision")
    times = ("focused_time_seconds", "unfocused_time_seconds", "total_time_seconds")
    return [tuple(row[name] for name in (*columns, *times)) for row in platform.sessions()]


def day_sums(platform: Platform) -> list[tuple[Any, ...]]:
    """(date, total, focused, unfocused, percent, sessions) of each day's row."""
    names = (
        "total_time",
        "total_focused_time",
        "total_unfocused_time",
        "focus_percentage",
        "session_count",
    )
    return [(str(day["date"]), *(day[name] for name in names)) for day in platform.days()]


def test_a_session_is_kept_to_the_millisecond(platform: Platform) -> None:
    save = a_save(focused=125.301, unfocused=12.702)
    answer = post(platform, save)
    assert answer.status_code == 200
    assert answer.json() == {"success": True, "revision": 4, "session_id": save["session_id"]}
    times = (Decimal("125.301"), Decimal("12.702"), Decimal("138.003"))
    assert kept(platform) == [("123", "22", "82", 4, *times)]
    (row,) = platform.sessions()
    assert row["session_uid"] == save["session_id"]
    assert row["session_type"] == "websocket_cv_tracking"
    told = ("focus_percentage", "focus_sessions", "unfocus_sessions", "session_type", "timestamp")
    assert json.loads(row["session_data"]) == {name: save[name] for name in told}


def test_a_newer_revision_replaces_and_adds_nothing(platform: Platform) -> None:
    save = a_save(focused=10.0, unfocused=0.0, revision=1)
    post(platform, save)
    newer = a_save(focused=30.0, unfocused=10.0, revision=2, session_id=save["session_id"])
    assert post(platform, newer).json()["revision"] == 2
    assert kept(platform) == [("123", "22", "82", 2, 30, 10, 40)]
    assert day_sums(platform) == [("2026-01-15", 40, 30, 10, 75, 1)]


@pytest.mark.parametrize("revision", [1, 3, 4])
def test_an_older_or_repeated_revision_changes_nothing(platform: Platform, revision: int) -> None:
    save = a_save(revision=4)
    post(platform, save)
    before = platform.sessions(), platform.days()
    other = a_save(focused=1.0, unfocused=1.0, revision=revision, session_id=save["session_id"])
    for _ in range(3):
        answer = post(platform, other)
        assert answer.status_code == 200
        assert answer.json()["success"] is True
        assert answer.json()["revision"] == 4
    assert (platform.sessions(), platform.days()) == before


def test_a_day_is_the_sum_of_its_sessions(platform: Platform) -> None:
    for focused in (10.0, 20.0, 30.5):
        post(platform, a_save(focused=focused, unfocused=5.0))
    post(platform, a_save(user_id=124))
    sums = ("2026-01-15", Decimal("75.5"), Decimal("60.5"), 15, Decimal("80.13"), 3)
    assert day_sums(platform)[0] == sums
    assert len(platform.days()) == 2


def test_sessions_without_a_section_share_one_day(platform: Platform) -> None:
    for _ in range(2):
        post(platform, a_save(focused=10.0, unfocused=0.0, section_id=None))
    assert kept(platform) == [("123", "22", None, 4, 10, 0, 10)] * 2
    assert day_sums(platform) == [("2026-01-15", 20, 20, 0, 100, 2)]


def test_a_session_over_midnight_stays_on_the_day_it_began(platform: Platform) -> None:
    evening = a_save(60.0, 0.0, revision=1, timestamp="2026-01-15T23:59:50.000Z")
    night = {**a_save(700.0, 0.0), "session_id": evening["session_id"], "revision": 2}
    post(platform, evening)
    post(platform, {**night, "timestamp": "2026-01-16T00:20:00.000Z"})
    late_alone = a_save(100.0, 0.0, timestamp="2026-01-16T00:01:00.000Z")
    post(platform, late_alone)
    assert day_sums(platform) == [("2026-01-15", 800, 800, 0, 100, 2)]


def test_a_session_in_which_nothing_was_seen_is_kept(platform: Platform) -> None:
    assert post(platform, a_save(focused=0.0, unfocused=0.0)).status_code == 200
    assert day_sums(platform) == [("2026-01-15", 0, 0, 0, 0, 1)]


HOSTILE_IDS = [
    "'; DROP TABLE eye_tracking_sessions; -- ",
    "1 OR 1=1",
    '\\" \\\\ %s ? :name',
    "ünï 学生 😀",
    "zero\0byte",
    "ends with a space ",
    "x" * 64,
    "😀" * 64,
    "10000000000000000000000000000000000000000000000000",
]


@pytest.mark.parametrize("learner", HOSTILE_IDS, ids=range(len(HOSTILE_IDS)))
def test_an_id_is_kept_as_it_is_whatever_it_says(platform: Platform, learner: str) -> None:
    ids = {"user_id": learner, "module_id": learner, "section_id": learner}
    answer = post(platform, a_save(**ids))
    assert answer.status_code == 200, answer.text
    assert [row[:3] for row in kept(platform)] == [(learner,) * 3]
    assert platform.days()[0]["user_id"] == learner


def test_ids_that_differ_a_little_are_different_learners(platform: Platform) -> None:
    learners = ["a", "A", "á", "a ", "a\0", 7, -7]
    for learner in learners:
        post(platform, a_save(user_id=learner))
    assert [day["user_id"] for day in platform.days()] == [str(learner) for learner in learners]


def test_a_number_and_its_text_are_the_same_learner(platform: Platform) -> None:
    save = a_save(user_id=7)
    post(platform, save)
    assert post(platform, {**save, "user_id": "7", "revision": 5}).status_code == 200
    assert len(platform.sessions()) == len(platform.days()) == 1


BAD_FIELDS = [
    ("user_id", None),
    ("user_id", ""),
    ("user_id", "x" * 65),
    ("user_id", 1.5),
    ("user_id", True),
    ("module_id", [22]),
    ("module_id", {"id": 22}),
    ("section_id", ""),
    ("section_id", False),
    ("focused_time", -0.001),
    ("focused_time", "12"),
    ("focused_time", None),
    ("unfocused_time", 1e12),
    ("total_time", 139.0),
    ("total_time", 1e300),
    ("focus_percentage", 100.1),
    ("focus_percentage", -1),
    ("focus_sessions", -1),
    ("focus_sessions", 2.5),
    ("unfocus_sessions", 2**32),
    ("session_type", "viewing"),
    ("session_type", None),
    ("save_mode", "delta"),
    ("timestamp", "2026-02-30T10:30:45.123Z"),
    ("timestamp", "2026-01-15T10:30:45+02:00"),
    ("timestamp", "1970-01-01T00:00:00.000Z"),
    ("timestamp", "2026-01-15T10:30:45.123Z\0"),
    ("timestamp", 1736937045),
    ("session_id", "42"),
    ("session_id", None),
    ("session_id", "64616e3f-273c-4d62-8635-fe2c633ed3cb\n"),
    ("revision", 0),
    ("revision", "4"),
    ("revision", 2**32),
]


def test_a_wrong_field_is_refused_by_its_name(platform: Platform) -> None:
    for field, value in BAD_FIELDS:
        answer = post(platform, a_save(**{field: value}))
        assert answer.status_code == 422, (field, value, answer.text)
        assert answer.json()["success"] is False
        assert answer.json()["code"] == "invalid_field"
        assert answer.json()["error"].startswith(field), answer.text
    for field in set(a_save()) - {"section_id"}:
        save = a_save()
        del save[field]
        assert post(platform, save).status_code == 422, field
    assert platform.sessions() == platform.days() == []


def test_a_time_without_end_is_refused(platform: Platform) -> None:
    text = json.dumps(a_save()).replace("125.3", "1e999").encode()
    assert post(platform, text).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no",
        b"[]",
        b"3",
        b"null",
        b'"text"',
        b'{"focused_time": NaN}',
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b"[" * 5000,
    ],
)
def test_what_is_no_json_object_is_refused(platform: Platform, body: bytes) -> None:
    answer = post(platform, body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "not_json"


def test_a_body_too_large_is_refused(platform: Platform) -> None:
    answer = post(platform, json.dumps({"user_id": "x" * 20_000}).encode())
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_only_post_saves(platform: Platform, method: str) -> None:
    answer = requests.request(method, platform.save_url, timeout=60)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert answer.json()["code"] == "method_not_allowed"


def test_no_browser_of_another_origin_may_read_an_answer(platform: Platform) -> None:
    answer = post(platform, a_save(), Origin="https://evil.example")
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_a_session_does_not_change_its_learner(platform: Platform) -> None:
    save = a_save()
    post(platform, save)
    for field in ("user_id", "module_id", "section_id"):
        answer = post(platform, {**save, field: 9, "revision": 9})
        assert (answer.status_code, answer.json()["code"]) == (409, "session_conflict")
        assert answer.json()["error"].startswith(field)
    assert [row[:4] for row in kept(platform)] == [("123", "22", "82", 4)]
