"""RETENTION_DAYS and `delete-user` reach whatever is kept of a person, in every table."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Double, Engine, Integer, Table, func, insert, select

from eyelearn.saving.columns import JsonId, JsonNumbers, UtcTime
from eyelearn.saving.database import open_engine
from eyelearn.saving.delivery import Acknowledged, Refused
from eyelearn.saving.migrations import migrate
from eyelearn.saving.prediction_store import PredictionStore, predictions_log
from eyelearn.saving.retention import (
    AWAITED_DAYS,
    DAY_SECONDS,
    delete_predictions,
    delete_saved,
    delete_unsaved,
)
from eyelearn.saving.store import SessionStore
from eyelearn.saving.tables import metadata
from saving.records import record

# Tables that hold nothing of a person, and what they hold.
OF_NOBODY = {
    "courier_lease": "which service posts",
    "emotion_classes": "the names of emotions",
    "model_versions": "the tags of models",
    "prediction_senders": "which predictions of a service are written",
}
# Tables in which nothing tells whose a row is.
WITHOUT_USER = {predictions_log.name}
OLD = 1736937045.0


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'sessions.db'}")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> SessionStore:
    return SessionStore(engine, "node")


def of_a_person() -> list[Table]:
    return [table for table in metadata.sorted_tables if table.name not in OF_NOBODY]


def fill(engine: Engine, table: Table) -> None:
    """One row that has something in every column, from long ago, of user 7."""
    values = {column.name: _value(column) for column in table.columns if column.computed is None}
    with engine.begin() as connection:
        connection.execute(insert(table).values(values))


def _value(column: Column[Any]) -> Any:
    match column.type:
        case JsonId():
            return 7
        case UtcTime():
            return OLD
        case JsonNumbers():
            return {"yaw": 1.0}
        case Boolean() | Integer() | Double():
            return 1
        case _:
            return "x"


def left(engine: Engine, table: Table) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_no_table_keeps_what_is_of_a_person(engine: Engine, store: SessionStore) -> None:
    for table in of_a_person():
        fill(engine, table)
        delete_saved(store, 90)
        delete_unsaved(store, 90, posts=True)
        delete_predictions(PredictionStore(engine), 90)
        assert left(engine, table) == 0, f"RETENTION_DAYS must cover {table.name}"


def test_no_table_keeps_what_is_of_a_deleted_user(engine: Engine, store: SessionStore) -> None:
    for table in of_a_person():
        if table.name not in WITHOUT_USER:
            fill(engine, table)
            store.delete_user("7")
            assert left(engine, table) == 0, f"delete-user must cover {table.name}"


@pytest.mark.parametrize("posts", [True, False])
def test_what_the_platform_is_to_have_is_kept_for_longer(store: SessionStore, posts: bool) -> None:
    now = time.time()
    saved, owed, parked = (record(updated_at=now - 3 * DAY_SECONDS) for _ in range(3))
    forgotten = record(updated_at=now - (AWAITED_DAYS + 1) * DAY_SECONDS)
    young = record(updated_at=now)
    refused = Refused(1, now, "HTTP 422", parked=True)
    outcomes = {saved.session_id: Acknowledged(1), parked.session_id: refused}
    records = [saved, owed, parked, forgotten, young]
    store.write(records, outcomes)
    delete_saved(store, 2)
    delete_unsaved(store, 2, posts)
    kept = [each for each in records if store.load(each.session_id)]
    assert kept == ([owed, parked, young] if posts else [young])


def test_what_is_deleted_can_not_be_read_from_the_file(
    engine: Engine, store: SessionStore, tmp_path: Path
) -> None:
    store.write([record(user_id="Zo 4711")], {})
    assert store.delete_user("Zo 4711") == 1
    engine.dispose()  # the last connection brings all into the file
    assert b"Zo 4711" not in (tmp_path / "sessions.db").read_bytes()
