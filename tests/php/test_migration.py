"""A platform whose tables hold rows already takes the migration, and then the posts."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from saves import a_save, post

from databases import MariadbServer
from eyelearn.settings import ROOT
from php_platform import Platform, running_platform

MIGRATION = ROOT / "user" / "database" / "migrate_existing_tables.sql"
# As they are in the field: one day's row twice where the section is NULL.
OLD_TABLES = """
CREATE TABLE eye_tracking_sessions (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id INT NOT NULL,
    module_id INT NOT NULL,
    section_id INT NULL,
    total_time_seconds INT DEFAULT 0,
    focused_time_seconds INT DEFAULT 0,
    unfocused_time_seconds INT DEFAULT 0,
    session_type ENUM('viewing', 'pause', 'resume') DEFAULT 'viewing',
    session_data JSON,
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    last_updated TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
INSERT INTO eye_tracking_sessions VALUES
    (1, 123, 22, 82, 1000, 900, 100, 'viewing', '{"a": 1}', '2026-01-15 08:00:00', '2026-01-15 09:00:00'),
    (2, 123, 22, NULL, 50, 20, 30, 'pause', NULL, '2026-01-15 10:00:00', '2026-01-15 10:00:00'),
    (3, 9, 22, 82, 7, NULL, 7, 'resume', NULL, '2025-12-31 23:00:00', '2026-01-01 00:30:00');
"""  # noqa: E501
OLD_ANALYTICS = """
CREATE TABLE eye_tracking_analytics (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id INT NOT NULL,
    module_id INT NOT NULL,
    section_id INT NULL,
    date DATE NOT NULL,
    total_focus_time INT DEFAULT 0,
    total_focused_time INT DEFAULT 0,
    total_unfocused_time INT DEFAULT 0,
    focus_percentage DECIMAL(5, 2) DEFAULT 0,
    session_count INT DEFAULT 0,
    average_session_time INT DEFAULT 0,
    max_continuous_time INT DEFAULT 0,
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    UNIQUE KEY user_module_section_date (user_id, module_id, section_id, date)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
INSERT INTO eye_tracking_analytics VALUES
    (1, 123, 22, 82, '2026-01-15', 900, 900, 100, 90, 1, 1000, 60, '2026-01-15 09:00:00', '2026-01-15 09:00:00'),
    (2, 123, 22, NULL, '2026-01-15', 1, 1, 0, 100, 1, 1, 1, '2026-01-15 09:00:00', '2026-01-15 09:00:00'),
    (3, 123, 22, NULL, '2026-01-15', 2, 2, 0, 100, 1, 2, 2, '2026-01-15 10:00:00', '2026-01-15 10:00:00'),
    (4, 9, 22, 82, '2025-12-31', 5, 5, 5, 50, 3, 3, 3, '2025-12-31 23:00:00', '2026-01-01 00:30:00');
"""  # noqa: E501


@pytest.fixture(params=["with analytics", "without analytics"])
def old_platform(
    mariadb_server: MariadbServer, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Platform]:
    tables = tmp_path / "old.sql"
    with_analytics = request.param == "with analytics"
    tables.write_text(OLD_TABLES + (OLD_ANALYTICS if with_analytics else ""))
    with running_platform(mariadb_server, tables) as platform:
        yield platform


@pytest.fixture
def migrated(old_platform: Platform) -> Platform:
    old_platform.run_script(MIGRATION)
    return old_platform


def has_analytics(platform: Platform) -> bool:
    return bool(platform.query("SHOW TABLES LIKE 'eye_tracking_analytics'"))


def day_of(platform: Platform, **wanted: Any) -> dict[str, Any]:
    """The one row of a day that the page keeps; others are copies from before."""
    found = [
        day
        for day in platform.days()
        if day["day_key"] and all(day[name] == value for name, value in wanted.items())
    ]
    assert len(found) == 1, platform.days()
    return found[0]


def test_every_old_row_and_value_stays_also_when_it_runs_twice(old_platform: Platform) -> None:
    sessions = old_platform.sessions()
    days = old_platform.days() if has_analytics(old_platform) else []
    for _ in range(2):
        old_platform.run_script(MIGRATION)
        for old, new in zip(sessions, old_platform.sessions(), strict=True):
            assert {name: new[name] for name in old} == old
            assert new["session_uid"] is None
        for old, new in zip(days, old_platform.days(), strict=True):
            assert {name: new[name] for name in old} == old


def test_posts_before_the_migration_are_kept_for_later(old_platform: Platform) -> None:
    # 500: the service posts them again, so nothing is lost by migrating late.
    assert post(old_platform, a_save()).status_code == 500
    old_platform.run_script(MIGRATION)
    assert post(old_platform, a_save()).status_code == 200


def test_a_day_with_old_and_new_sessions_is_the_sum_of_both(migrated: Platform) -> None:
    save = a_save(focused=10.25, unfocused=0.25)
    for revision in (1, 2):
        assert post(migrated, {**save, "revision": revision}).status_code == 200
    post(migrated, a_save(focused=5.0, unfocused=5.0, section_id=None))
    day = day_of(migrated, user_id=day_id(migrated, 123), section_id=day_id(migrated, 82))
    assert day["total_time"] == Decimal("1010.5")
    assert day["total_focused_time"] == Decimal("910.25")
    assert day["session_count"] == 2
    day = day_of(migrated, user_id=day_id(migrated, 123), section_id=None)
    assert (day["total_time"], day["total_focused_time"]) == (60, 25)
    assert day["session_count"] == 2


def day_id(platform: Platform, number: int) -> int | str:
    """Analytics that the migration made hold texts; those that were there, integers."""
    (column,) = platform.query("SHOW COLUMNS FROM eye_tracking_analytics LIKE 'user_id'")
    return number if column["Type"].startswith("int") else str(number)


def test_days_without_a_new_session_stay_as_they_were(migrated: Platform) -> None:
    before = [day for day in migrated.days() if int(day["user_id"]) == 9]
    post(migrated, a_save())
    assert [day for day in migrated.days() if int(day["user_id"]) == 9] == before


@pytest.mark.parametrize("old_platform", ["with analytics"], indirect=True)
def test_a_day_that_another_page_began_goes_on_in_its_row(migrated: Platform) -> None:
    insert = "INSERT INTO eye_tracking_analytics (user_id, module_id, section_id, date)"
    migrated.query(f"{insert} VALUES (55, 22, 82, '2026-01-15')")
    for focused in (3.0, 4.0):
        post(migrated, a_save(focused=focused, unfocused=0.0, user_id=55))
    (day,) = (day for day in migrated.days() if day["user_id"] == 55)
    assert (day["total_time"], day["session_count"]) == (7, 2)


def test_other_pages_of_the_platform_go_on_writing(migrated: Platform) -> None:
    insert = "INSERT INTO eye_tracking_sessions (user_id, module_id, section_id, session_type)"
    migrated.query(f"{insert} VALUES (1, 2, 3, 'resume')")
    row = migrated.sessions()[-1]
    assert row["session_date"] == row["created_at"].date()
    assert row["session_uid"] is None


@pytest.mark.parametrize("field", ["user_id", "module_id", "section_id"])
@pytest.mark.parametrize("value", ["learner-1", "12abc", 2**40, "ünï"])
def test_an_id_that_an_integer_column_cannot_hold_is_refused(
    migrated: Platform, field: str, value: int | str
) -> None:
    answer = post(migrated, a_save(**{field: value}))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_field")
    assert answer.json()["error"].startswith(field)
    assert len(migrated.sessions()) == 3


@pytest.mark.parametrize("value", ["007", " 7", "1.5", "1e3"])
def test_an_id_that_an_integer_column_would_change_is_refused(
    migrated: Platform, value: str
) -> None:
    assert post(migrated, a_save(user_id=value)).status_code in (409, 422)
    assert len(migrated.sessions()) == 3
