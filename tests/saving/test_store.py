from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import OperationalError

from eyelearn.saving.database import UnusableUrl, open_engine, where_kept
from eyelearn.saving.migrations import migrate
from eyelearn.saving.record import LearnerId
from eyelearn.saving.store import SessionStore, metadata
from saving.records import record


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'made' / 'on demand' / 'sessions.db'}")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> SessionStore:
    return SessionStore(engine, "node")


@pytest.mark.parametrize(
    "identifier",
    [123, "123", 2**70, "Zoë 🦉", "\x00'\"\\", "🦉" * 64],
    ids=["integer", "digits", "huge", "unicode", "awkward", "longest"],
)
def test_ids_keep_their_type(store: SessionStore, identifier: LearnerId) -> None:
    kept = record(user_id=identifier, module_id=identifier, section_id=identifier)
    store.write([kept], {})
    loaded = store.load(kept.session_id)
    assert loaded == kept
    assert type(loaded.user_id) is type(identifier)


def test_everything_of_an_ended_session_is_kept(store: SessionStore) -> None:
    kept = record(section_id=None, ended_at=1736937099.001, end_reason="disconnected")
    store.write([kept], {})
    assert store.load(kept.session_id) == kept


def test_an_unknown_session_is_not_found(store: SessionStore) -> None:
    assert store.load("unknown") is None


@pytest.mark.parametrize("late", [1, 2], ids=["older", "repeated"])
def test_only_a_newer_revision_overwrites(store: SessionStore, late: int) -> None:
    newest = record(revision=2, focused_time=60.0)
    store.write([newest], {})
    store.write([record(late, session_id=newest.session_id, focused_time=1.0)], {})
    assert store.load(newest.session_id) == newest
    third = record(3, session_id=newest.session_id, focused_time=90.0)
    store.write([third], {})
    assert store.load(newest.session_id) == third
    assert store.count() == 1


def test_a_session_is_owed_until_its_newest_revision_is_saved(store: SessionStore) -> None:
    first = record(revision=1)
    store.write([first], {})
    assert store.owed(10) == [first]
    second = record(revision=2, session_id=first.session_id)
    store.write([second], {first.session_id: 1})
    assert store.owed(10) == [second]
    store.mark_saved(first.session_id, 2)
    store.mark_saved(first.session_id, 1)
    assert store.owed(10) == []
    assert store.count_owed() == 0


def test_a_session_that_only_began_owes_nothing(store: SessionStore) -> None:
    store.write([record(revision=0)], {})
    assert store.count_owed() == 0


def test_owed_sessions_come_longest_unchanged_first(store: SessionStore) -> None:
    records = [record(updated_at=float(age)) for age in (3, 1, 2, 4)]
    store.write(records, {})
    by_age = sorted(records, key=lambda kept: kept.updated_at)
    assert store.owed(2) == by_age[:2]
    assert store.owed(2, exclude={by_age[0].session_id}) == by_age[1:3]
    assert store.count_owed() == 4


def test_what_is_owed_is_found_by_its_index(engine: Engine) -> None:
    query = "SELECT * FROM sessions WHERE revision > saved_revision ORDER BY updated_at"
    with engine.connect() as connection:
        plan = connection.execute(text("EXPLAIN QUERY PLAN " + query)).all()
    assert "USING INDEX sessions_owed" in str(plan)


def test_migrations_lead_to_the_tables_in_use(engine: Engine) -> None:
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_failed_migration_leaves_nothing_half_made(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'sessions.db'}")
    with engine.begin() as connection:
        # Something in the way of the migration's last step.
        connection.execute(text("CREATE TABLE other (updated_at TEXT)"))
        connection.execute(text("CREATE INDEX sessions_owed ON other (updated_at)"))
    with pytest.raises(OperationalError):
        migrate(engine)
    with engine.begin() as connection:
        names = connection.execute(text("SELECT name FROM sqlite_master")).scalars().all()
        assert set(names) == {"other", "sessions_owed"}
        connection.execute(text("DROP TABLE other"))
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(select(metadata.tables["sessions"])).all() == []
    engine.dispose()


@pytest.mark.parametrize(
    "url",
    ["nonsense:secret", "nosuch://u:secret@h/d", "sqlite://", "sqlite:///:memory:"],
)
def test_an_unusable_url_is_named_without_its_secrets(url: str) -> None:
    with pytest.raises(UnusableUrl, match="DATABASE_URL") as caught:
        open_engine(url)
    assert "secret" not in str(caught.value)


def test_the_place_is_told_without_its_password(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    assert where_kept(f"sqlite:///{path}?secret=1") == f"sqlite:///{path}"
    assert "secret" not in where_kept("mysql+mysqldb://ann:secret@db:3306/eyelearn?password=secret")
