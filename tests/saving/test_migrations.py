from __future__ import annotations

import itertools
import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, MetaData, event, inspect, select, text
from sqlalchemy.exc import OperationalError

from eyelearn.saving import migrations
from eyelearn.saving.database import EVERYDAY, open_engine
from eyelearn.saving.migrations import VERSION_TABLE, UnknownTables, alone, migrate
from eyelearn.saving.prediction_store import emotion_classes, model_versions
from eyelearn.saving.store import SessionStore
from eyelearn.saving.tables import metadata
from saving.records import record

PROCESSES = 4
JOIN_SECONDS = 120
CHANGES = ("CREATE", "ALTER", "INSERT", "UPDATE")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


def tables(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(inspect(connection).get_table_names())


def drop_all(engine: Engine) -> None:
    there = MetaData()
    there.reflect(engine)
    there.drop_all(engine)


def differences(engine: Engine) -> list[object]:
    """Between the tables there and those that the code uses."""
    with engine.connect() as connection:
        options = {"compare_type": True, "version_table": VERSION_TABLE}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, metadata))


def test_migrations_lead_to_the_tables_in_use(engine: Engine) -> None:
    migrate(engine)
    migrate(engine)
    assert differences(engine) == []


def migrate_at_once(database_url: str, ready: Barrier, results: Queue[str | None]) -> None:
    ready.wait(JOIN_SECONDS)
    try:
        migrate(open_engine(database_url))
        results.put(None)
    except BaseException as error:
        results.put(repr(error))
        raise


def test_nodes_that_start_at_once_all_find_the_tables_made(
    database_url: str, engine: Engine
) -> None:
    context = multiprocessing.get_context("spawn")
    ready, results = context.Barrier(PROCESSES), context.Queue()
    nodes = [
        context.Process(target=migrate_at_once, args=(database_url, ready, results))
        for _ in range(PROCESSES)
    ]
    for node in nodes:
        node.start()
    assert [results.get(timeout=JOIN_SECONDS) for _ in nodes] == [None] * PROCESSES
    for node in nodes:
        node.join(JOIN_SECONDS)
    assert differences(engine) == []
    with engine.connect() as connection:
        versions = connection.execute(text(f"SELECT * FROM {VERSION_TABLE}")).all()
    assert len(versions) == 1


def test_a_migration_waits_for_one_under_way_longer_than_for_any_lock(engine: Engine) -> None:
    migration = threading.Thread(target=migrate, args=(engine,))
    with alone(engine):
        migration.start()
        migration.join(EVERYDAY.lock_seconds + 1)
        assert migration.is_alive()
    migration.join(JOIN_SECONDS)
    assert differences(engine) == []


class Killed(BaseException):
    """In place of kill -9: the connection is gone, and nothing after it runs."""


@contextmanager
def broken_off_after(changes: int) -> Iterator[None]:
    """Makes a migration's connection vanish just before it changes one thing more."""
    done = 0

    def count(connection: Connection, _: object, statement: str, *_rest: object) -> None:
        nonlocal done
        if statement.lstrip().startswith(CHANGES):
            if done == changes:
                connection.invalidate()
                raise Killed
            done += 1

    event.listen(Engine, "before_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", count)


def test_a_migration_broken_off_anywhere_is_finished_by_the_next(engine: Engine) -> None:
    for changes in itertools.count():
        drop_all(engine)
        try:
            with broken_off_after(changes):
                migrate(engine)
        except Killed:
            if engine.dialect.name != "mariadb":
                assert tables(engine) == set()
            migrate(engine)
            assert differences(engine) == []
        else:
            break
    assert changes >= len(["version table", "sessions", "an index", "the version"])


def downgrade(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with alone(engine) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


@pytest.mark.parametrize(
    ("before", "least_changes"),
    [
        ("0001", ["the column", "the version"]),
        ("0002", ["four tables", "an index", "emotions", "a model", "the version"]),
    ],
)
def test_sessions_from_before_a_step_are_kept_wherever_it_is_broken_off(
    engine: Engine, before: str, least_changes: list[str]
) -> None:
    migrate(engine)
    store = SessionStore(engine, "node")
    kept = record(neutral=None)
    store.write([kept], {})
    for changes in itertools.count():
        downgrade(engine, before)
        assert differences(engine) != []
        try:
            with broken_off_after(changes):
                migrate(engine)
        except Killed:
            migrate(engine)
            assert differences(engine) == []
            assert store.load(kept.session_id) == kept
            assert emotions_and_models(engine) == (7, 1)
        else:
            break
    assert changes >= len(least_changes)
    assert store.load(kept.session_id) == kept


def emotions_and_models(engine: Engine) -> tuple[int, int]:
    """How many of each are there by the migration."""
    with engine.connect() as connection:
        emotions = connection.execute(select(emotion_classes.c.id)).all()
        models = connection.execute(select(model_versions.c.tag)).all()
    return len(emotions), len(models)


def test_a_migration_that_fails_changes_nothing_until_it_can_be_done(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'sessions.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE VIEW sessions AS SELECT 1"))
    with pytest.raises(OperationalError):
        migrate(engine)
    assert tables(engine) == set()
    with engine.begin() as connection:
        connection.execute(text("DROP VIEW sessions"))
    migrate(engine)
    assert differences(engine) == []
    engine.dispose()


def test_tables_of_a_newer_service_are_left_alone(engine: Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(UnknownTables, match=r"9999.*newer version"):
        migrate(engine)


def test_another_application_s_table_of_the_same_name_is_left_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE sessions (id INTEGER)"))
    with pytest.raises(UnknownTables, match=r"another application.*sessions"):
        migrate(engine)
    assert tables(engine) == {"sessions"}


def test_another_application_s_table_is_left_alone_by_a_later_step(engine: Engine) -> None:
    migrate(engine)
    downgrade(engine, "0002")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE predictions_log (id INTEGER, emotion INTEGER)"))
    with pytest.raises(UnknownTables, match=r"another application.*: predictions_log;"):
        migrate(engine)
    assert "emotion_classes" not in tables(engine)
