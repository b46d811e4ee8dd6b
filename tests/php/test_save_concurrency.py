"""Posts that arrive at once."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from saves import a_save, post

from php_platform import Platform

POSTERS = 8


def post_all(platform: Platform, saves: Sequence[dict[str, Any]]) -> None:
    with ThreadPoolExecutor(POSTERS) as posters:
        answers = list(posters.map(lambda save: post(platform, save), saves))
    assert [answer.status_code for answer in answers] == [200] * len(saves)


def test_of_parallel_posts_of_one_session_the_newest_is_kept(platform: Platform) -> None:
    first = a_save()
    saves = [
        a_save(float(n), 1.0, revision=n, session_id=first["session_id"]) for n in range(1, 65)
    ]
    random.Random(3).shuffle(saves)
    post_all(platform, saves)
    (row,) = platform.sessions()
    assert (row["revision"], row["focused_time_seconds"]) == (64, 64)
    (day,) = platform.days()
    assert (day["total_focused_time"], day["session_count"]) == (64, 1)


def test_parallel_sessions_of_one_day_are_all_in_its_sum(platform: Platform) -> None:
    post_all(platform, [a_save(10.0, 1.0, section_id=None) for _ in range(64)])
    (day,) = platform.days()
    assert (day["total_focused_time"], day["session_count"]) == (640, 64)


def test_parallel_revisions_of_several_sessions_of_one_day_add_up(platform: Platform) -> None:
    sessions = [a_save()["session_id"] for _ in range(8)]
    saves = [
        a_save(float(revision), 0.0, revision=revision, session_id=session)
        for revision in range(1, 9)
        for session in sessions
    ]
    post_all(platform, saves)
    (day,) = platform.days()
    assert (day["total_time"], day["session_count"]) == (64, 8)


def test_first_posts_on_both_sides_of_midnight_leave_one_session_on_one_day(
    platform: Platform,
) -> None:
    saves = []
    for _ in range(16):
        before = a_save(1.0, 0.0, revision=1, timestamp="2026-01-15T23:59:59.900Z")
        after = {**before, "revision": 2, "timestamp": "2026-01-16T00:00:30.000Z"}
        saves += [before, after]
    post_all(platform, saves)
    assert sum(day["session_count"] for day in platform.days()) == 16
    assert sum(day["total_time"] for day in platform.days()) == 16
