"""The table of sessions, and every query on it. Blocks, so it belongs in the keeper."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import fields

from sqlalchemy import (
    Column,
    Double,
    Engine,
    Index,
    Integer,
    MetaData,
    RowMapping,
    String,
    Table,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Connection

from .columns import JsonId, UtcTime
from .record import SessionRecord

NODE_CHARACTERS = 64

metadata = MetaData()

sessions = Table(
    "sessions",
    metadata,
    Column("session_id", String(36), primary_key=True),
    Column("user_id", JsonId, nullable=False),
    Column("module_id", JsonId, nullable=False),
    Column("section_id", JsonId),
    Column("focused_time", Double, nullable=False),
    Column("unfocused_time", Double, nullable=False),
    Column("focus_sessions", Integer, nullable=False),
    Column("unfocus_sessions", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    # The newest revision that the platform has acknowledged; a session that was never raised
    # above 0 has nothing to tell.
    Column("saved_revision", Integer, nullable=False, default=0),
    Column("started_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("end_reason", String(16)),
    Column("node", String(NODE_CHARACTERS), nullable=False),
)

_owed = sessions.c.revision > sessions.c.saved_revision
# Partial, where the database can: a year of sessions in the table, and only the owed ones in here.
Index("sessions_owed", sessions.c.updated_at, sqlite_where=_owed, postgresql_where=_owed)

_record_columns = [sessions.c[field.name] for field in fields(SessionRecord)]


class SessionStore:
    """Rows of sessions, newest state only. Any thread may call; each call is one transaction.

    Every method raises sqlalchemy.exc.SQLAlchemyError where the database does not do it.
    """

    def __init__(self, engine: Engine, node: str) -> None:
        """node: the name of this machine, kept with what it writes."""
        self._engine = engine
        self._node = node[:NODE_CHARACTERS]

    def write(self, records: Iterable[SessionRecord], saved: dict[str, int]) -> None:
        """Keeps records and marks what was saved, in one transaction.

        A record that is not newer than the row changes nothing. saved: newest acknowledged
        revision by session id.
        """
        with self._engine.begin() as connection:
            for record in records:
                self._upsert(connection, record)
            for session_id, revision in saved.items():
                _mark_saved(connection, session_id, revision)

    def mark_saved(self, session_id: str, revision: int) -> None:
        """The platform has acknowledged this revision."""
        self.write((), {session_id: revision})

    def load(self, session_id: str) -> SessionRecord | None:
        with self._engine.connect() as connection:
            row = connection.execute(
                select(*_record_columns).where(sessions.c.session_id == session_id)
            ).mappings()
            found = row.one_or_none()
        return None if found is None else _record(found)

    def owed(self, limit: int, exclude: Container[str] = ()) -> list[SessionRecord]:
        """Sessions whose newest revision is not saved, longest unchanged first, at most `limit`.

        exclude: ids to pass over; compared here, as databases limit how many one query may name.
        """
        query = select(*_record_columns).where(_owed).order_by(sessions.c.updated_at)
        found: list[SessionRecord] = []
        with self._engine.connect() as connection:
            for row in connection.execute(query.execution_options(yield_per=100)).mappings():
                if len(found) >= limit:
                    break
                if row["session_id"] not in exclude:
                    found.append(_record(row))
        return found

    def count_owed(self) -> int:
        with self._engine.connect() as connection:
            return connection.execute(
                select(func.count()).select_from(sessions).where(_owed)
            ).scalar_one()

    def count(self) -> int:
        """All sessions kept."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(sessions)).scalar_one()

    def _upsert(self, connection: Connection, record: SessionRecord) -> None:
        """Update, else insert: the same on every database.

        The update goes first, since SQLite then takes its write lock with patience; a transaction
        that begins by reading may not become a writing one when another has written meanwhile.
        Where another node inserts at the same moment, the transaction fails and is done again.
        """
        values = record.to_dict() | {"node": self._node}
        is_row = sessions.c.session_id == record.session_id
        older = update(sessions).where(is_row, sessions.c.revision < record.revision)
        if connection.execute(older.values(values)).rowcount:
            return
        if connection.execute(select(sessions.c.revision).where(is_row)).first() is None:
            connection.execute(insert(sessions).values(values))


def _mark_saved(connection: Connection, session_id: str, revision: int) -> None:
    connection.execute(
        update(sessions)
        .where(sessions.c.session_id == session_id, sessions.c.saved_revision < revision)
        .values(saved_revision=revision)
    )


def _record(row: RowMapping) -> SessionRecord:
    return SessionRecord.from_dict(dict(row))
