"""docs/privacy.md says what is kept and how it is deleted: compared with the real tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_migration import MIGRATION, OLD_ANALYTICS, OLD_TABLES

from databases import MariadbServer
from eyelearn.saving.tables import metadata
from eyelearn.settings import ROOT
from php_platform import SCHEMA, Platform

DOCUMENT = (ROOT / "docs" / "privacy.md").read_text()
SQL = re.findall(r"```sql\n(.*?)```", DOCUMENT, flags=re.DOTALL)
TABLES = ("eye_tracking_sessions", "eye_tracking_analytics")
LEARNERS = ("123", "1234", "12")


@pytest.fixture(params=["new", "migrated"])
def platform(
    request: pytest.FixtureRequest, mariadb_server: MariadbServer, tmp_path: Path
) -> Iterator[Platform]:
    """Tables in which three learners have a row each, of today."""
    old = tmp_path / "old.sql"
    old.write_text(OLD_TABLES + OLD_ANALYTICS)
    platform = Platform(mariadb_server, SCHEMA if request.param == "new" else old)
    if request.param == "migrated":
        platform.run_script(MIGRATION)
    for table in TABLES:
        platform.query(f"DELETE FROM {table}")
    for learner in LEARNERS:
        platform.query(
            "INSERT INTO eye_tracking_sessions (user_id, module_id) VALUES (%s, 22)", learner
        )
        platform.query(
            "INSERT INTO eye_tracking_analytics (user_id, module_id, date)"
            " VALUES (%s, 22, CURRENT_DATE)",
            learner,
        )
    yield platform
    platform.remove()


def statements(beginning: str, *tables: str) -> list[str]:
    """Those of the document that begin so, on these tables."""
    found = [line.strip() for block in SQL for line in block.strip().splitlines()]
    return [line for line in found if line.startswith(beginning) and any(t in line for t in tables)]


def learners(platform: Platform, table: str) -> set[str]:
    return {str(row["user_id"]) for row in platform.rows(table)}


def test_the_platform_s_statements_delete_one_learner_and_no_other(platform: Platform) -> None:
    deletes = [line for line in statements("DELETE", *TABLES) if "user_id" in line]
    assert len(deletes) == len(TABLES)
    for line in deletes:
        platform.query(line)
    for table in TABLES:
        assert learners(platform, table) == {"1234", "12"}


def test_the_platform_s_statements_show_one_learner(platform: Platform) -> None:
    selects = statements("SELECT", *TABLES)
    assert len(selects) == len(TABLES)
    for line in selects:
        assert [str(row["user_id"]) for row in platform.query(line)] == ["123"]


def test_the_platform_s_statements_delete_what_is_old(platform: Platform) -> None:
    for table, column in zip(TABLES, ("last_updated", "date"), strict=True):
        old = f"UPDATE {table} SET {column} = NOW() - INTERVAL 366 DAY WHERE user_id = '12'"
        platform.query(old)
    deletes = [line for line in statements("DELETE", *TABLES) if "INTERVAL" in line]
    assert len(deletes) == len(TABLES)
    for line in deletes:
        platform.query(line)
    for table in TABLES:
        assert learners(platform, table) == {"123", "1234"}


def test_every_column_is_told_of(mariadb_server: MariadbServer) -> None:
    platform = Platform(mariadb_server)
    kept = {table: list(platform.query(f"SHOW COLUMNS FROM {table}")) for table in TABLES}
    platform.remove()
    names = {(table, row["Field"]) for table, rows in kept.items() for row in rows}
    names |= {(table.name, column.name) for table in metadata.sorted_tables for column in table.c}
    chapter = DOCUMENT.split("## What the databases hold")[1].split("\n## ")[0]
    untold = {(table, name) for table, name in names if f"`{name}`" not in chapter}
    assert untold == set()
    assert all(f"`{table}`" in chapter for table, _ in names)
