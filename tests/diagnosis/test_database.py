"""Where sessions are kept, looked at and left as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from databases import DatabaseServer
from eyelearn.diagnosis.check import FAILURE, OK, WARNING, Check
from eyelearn.diagnosis.database import look
from eyelearn.saving.database import open_engine
from eyelearn.saving.migrations import VERSION_TABLE, migrate
from faults.small_disk import small_disk

Look = Callable[[str], list[Check]]
NEWEST = max(
    path.name[:4]
    for path in Path(__file__)
    .parents[2]
    .glob("python_services/eyelearn/saving/migrations/versions/0*.py")
)


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> Look:
    """A function: what is found of a DATABASE_URL."""

    def look_at(url: str) -> list[Check]:
        monkeypatch.setenv("DATABASE_URL", url)
        return list(look("Database"))

    return look_at


def set_revision(url: str, revision: str) -> None:
    engine = open_engine(url)
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '{revision}'"))
    engine.dispose()


def test_an_empty_database_is_ok_and_stays_empty(database_url: str, looked: Look) -> None:
    (check,) = looked(database_url)
    assert check.status == OK
    assert "first start" in check.found or "which a start makes" in check.found
    if database_url.startswith("sqlite"):
        assert not Path(database_url.removeprefix("sqlite:///")).exists()
    else:
        engine = open_engine(database_url)
        assert inspect(engine).get_table_names() == []
        engine.dispose()


def test_the_tables_revision_is_told(database_url: str, looked: Look) -> None:
    set_revision(database_url, NEWEST)
    assert looked(database_url)[0].found.endswith(f": tables at {NEWEST}")


def test_older_tables_are_told_and_left(database_url: str, looked: Look) -> None:
    set_revision(database_url, "0001")
    for _ in range(2):
        (check,) = looked(database_url)
        assert check.status == OK
        assert check.found.endswith(f"tables at 0001, which a start brings to {NEWEST}")


def test_tables_of_a_newer_version_are_a_failure(database_url: str, looked: Look) -> None:
    set_revision(database_url, "9999")
    (check,) = looked(database_url)
    assert check.status == FAILURE
    assert "9999" in check.found


def test_a_wrong_password_is_a_failure_and_not_told(
    postgres_server: DatabaseServer, mariadb_server: DatabaseServer, looked: Look
) -> None:
    for server in (postgres_server, mariadb_server):
        url = f"{server.scheme}://{server.user}:hunter2@{server.host}:{server.port}/x"
        (check,) = looked(url)
        assert check.status == FAILURE
        assert "hunter2" not in str(check)
        assert "user, password" in check.mend


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nonsense:hunter2", "not the URL of a database"),
        ("oracle://ann:hunter2@db/x", "must begin with sqlite, postgresql or mysql"),
        ("postgres://ann:hunter2@2@db/x", "more than one @"),
        ("postgres://ann:hunter2@127.0.0.1:1/x", "refused"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
def test_an_address_that_leads_nowhere_is_a_failure(url: str, told: str, looked: Look) -> None:
    (check,) = looked(url)
    assert check.status == FAILURE
    assert told in check.found
    assert "hunter2" not in str(check)


def test_an_sqlite_uri_is_not_looked_at_since_that_would_make_it(
    tmp_path: Path, looked: Look
) -> None:
    (check,) = looked(f"sqlite:///file:{tmp_path}/x.db?uri=true")
    assert check.status == WARNING
    assert not list(tmp_path.iterdir())


def test_no_folder_is_made_for_a_file(tmp_path: Path, looked: Look) -> None:
    (check,) = looked(f"sqlite:///{tmp_path}/deep/down/x.db")
    assert check.status == OK
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_database_is_a_failure(tmp_path: Path, looked: Look) -> None:
    file = tmp_path / "x.db"
    file.write_text("something else, and long enough to be read as a header" * 10)
    (check,) = looked(f"sqlite:///{file}")
    assert check.status == FAILURE
    assert "move it away" in check.mend


def test_a_place_where_no_file_can_be_is_a_failure(tmp_path: Path, looked: Look) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    for path in ("file/x.db", "folder"):
        check = looked(f"sqlite:///{tmp_path}/{path}")[0]
        assert check.status == FAILURE
        assert "DATABASE_URL" in check.mend


def test_a_small_disk_is_a_warning(tmp_path: Path, looked: Look) -> None:
    with small_disk(tmp_path):
        made, space = looked(f"sqlite:///{tmp_path}/x.db")
    assert (made.status, space.status) == (OK, WARNING)
    assert "MiB are free" in space.found
