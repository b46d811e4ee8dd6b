"""The tables of predictions, and every query on them. Blocks, so it belongs in the keeper."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Engine,
    ForeignKey,
    Index,
    Integer,
    Table,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DataError, IntegrityError

from .columns import Ascii, UtcTime
from .prediction import Batch, Prediction
from .store import metadata

TAG_CHARACTERS = 64
# An IPv6 address has 45 at most; with the name of its network card it may have more.
SOURCE_CHARACTERS = 64
# What a database says of rows that it will never take.
REFUSALS = (DataError, IntegrityError)

# Filled by a migration.
emotion_classes = Table(
    "emotion_classes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Ascii(16), nullable=False, unique=True),
    Column("description", Ascii(200), nullable=False),
)

# The migration adds ours; another one is added when it has predicted something.
model_versions = Table(
    "model_versions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("tag", Ascii(TAG_CHARACTERS), nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False),
)

predictions_log = Table(
    "predictions_log",
    metadata,
    # SQLite numbers its rows by itself in a column of this type only; it has 64 bits there.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("emotion_id", Integer, ForeignKey(emotion_classes.c.id), nullable=False),
    Column("confidence", Double, nullable=False),
    Column("model_version_id", Integer, ForeignKey(model_versions.c.id), nullable=False),
    Column("processing_time_ms", Double, nullable=False),
    Column("source_ip", Ascii(SOURCE_CHARACTERS)),
    Column("face_found", Boolean, nullable=False),
    Column("predicted_at", UtcTime, nullable=False),
    Index("predictions_log_time", "predicted_at"),
)

# One row for each life of a service: the last of its batches that is written.
prediction_senders = Table(
    "prediction_senders",
    metadata,
    Column("sender", Ascii(32), primary_key=True),
    Column("batch", Integer, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)


class PredictionStore:
    """Rows of predictions. Any thread may call; each call is one transaction.

    Every method raises sqlalchemy.exc.SQLAlchemyError where the database does not do it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def write(self, batch: Batch) -> None:
        """Keeps a batch; one that is there already, or older than one that is, changes nothing.

        Raises one of REFUSALS where a row is none that the database takes, and keeps no other.
        """
        with self._engine.begin() as connection:
            if _is_new(connection, batch):
                _insert(connection, batch.predictions)

    def write_singly(self, batch: Batch) -> list[DataError | IntegrityError]:
        """As `write`, but keeps all rows that the database takes; gives why it refused others."""
        refusals: list[DataError | IntegrityError] = []
        with self._engine.begin() as connection:
            if _is_new(connection, batch):
                for prediction in batch.predictions:
                    try:
                        with connection.begin_nested():
                            _insert(connection, [prediction])
                    except REFUSALS as error:
                        refusals.append(error)
        return refusals

    def delete_old(self, before: float, limit: int) -> int:
        """Deletes predictions from before that time, seconds since 1970.

        Gives how many were deleted, at most `limit`: a lock is not held for long.
        """
        query = (
            select(predictions_log.c.id)
            .where(predictions_log.c.predicted_at < before)
            .order_by(predictions_log.c.predicted_at)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            ids = connection.execute(query).scalars().all()
        if not ids:
            return 0
        with self._engine.begin() as connection:
            old = delete(predictions_log).where(predictions_log.c.id.in_(ids))
            return connection.execute(old).rowcount

    def forget_senders(self, before: float) -> None:
        """Deletes what is known of services that have written nothing since that time."""
        with self._engine.begin() as connection:
            connection.execute(
                delete(prediction_senders).where(prediction_senders.c.updated_at < before)
            )


def _is_new(connection: Connection, batch: Batch) -> bool:
    """Whether it is yet to be written; from now on, in this transaction, it counts as written.

    Update, else insert, for the reasons of `SessionStore`. A keeper that was killed may have the
    same batch committed by its server still: the update waits for that, and then finds it.
    """
    is_sender = prediction_senders.c.sender == batch.sender
    mark = {"batch": batch.number, "updated_at": time.time()}
    older = update(prediction_senders).where(is_sender, prediction_senders.c.batch < batch.number)
    if connection.execute(older.values(mark)).rowcount:
        return True
    if connection.execute(select(prediction_senders.c.batch).where(is_sender)).first() is not None:
        return False
    connection.execute(insert(prediction_senders).values(sender=batch.sender, **mark))
    return True


def _insert(connection: Connection, predictions: Collection[Prediction]) -> None:
    versions = _version_ids(connection, {prediction.model_version for prediction in predictions})
    rows = [_row(prediction, versions) for prediction in predictions]
    connection.execute(insert(predictions_log), rows)


def _version_ids(connection: Connection, tags: Collection[str]) -> dict[str, int]:
    """By tag; versions that are not there yet are added."""
    columns = (model_versions.c.tag, model_versions.c.id)
    found = connection.execute(select(*columns).where(model_versions.c.tag.in_(tags))).all()
    ids: dict[str, int] = {row.tag: row.id for row in found}
    for tag in sorted(set(tags) - set(ids)):
        added = connection.execute(insert(model_versions).values(tag=tag, created_at=time.time()))
        assert added.inserted_primary_key is not None
        ids[tag] = added.inserted_primary_key[0]
    return ids


def _row(prediction: Prediction, versions: Mapping[str, int]) -> dict[str, Any]:
    row = prediction._asdict()
    row["model_version_id"] = versions[row.pop("model_version")]
    row["source_ip"] = row.pop("source")
    return row
