"""The table of sessions, and every query on it. Blocks, so it belongs in the keeper."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, fields
from itertools import islice
from operator import attrgetter

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Computed,
    Double,
    Engine,
    Index,
    Integer,
    MetaData,
    RowMapping,
    Table,
    Update,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.engine import Connection

from .columns import Ascii, JsonId, JsonNumbers, JsonText, UtcTime
from .delivery import Acknowledged, Outcome, Owed, Parked, Refused, Released
from .record import LearnerId, SessionRecord

NODE_CHARACTERS = 64
# The beginning of an answer tells what is wrong; the rest of an error page does not.
ANSWER_CHARACTERS = 500

metadata = MetaData()

sessions = Table(
    "sessions",
    metadata,
    Column("session_id", Ascii(36), primary_key=True),
    Column("user_id", JsonId, nullable=False),
    Column("module_id", JsonId, nullable=False),
    Column("section_id", JsonId),
    Column("focused_time", Double, nullable=False),
    Column("unfocused_time", Double, nullable=False),
    Column("focus_sessions", Integer, nullable=False),
    Column("unfocus_sessions", Integer, nullable=False),
    Column("focused", Boolean),
    Column("revision", Integer, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("end_reason", Ascii(16)),
    Column("neutral", JsonNumbers),
    Column("node", Ascii(NODE_CHARACTERS), nullable=False),
    # What the platform has acknowledged, as it was sent. A session that was never raised above
    # revision 0 has nothing to tell.
    Column("saved_revision", Integer, nullable=False, default=0),
    Column("saved_focused_time", Double, nullable=False, default=0.0),
    Column("saved_unfocused_time", Double, nullable=False, default=0.0),
    Column("saved_focus_sessions", Integer, nullable=False, default=0),
    Column("saved_unfocus_sessions", Integer, nullable=False, default=0),
    # What the platform refused since then.
    Column("refused_since", UtcTime),
    Column("refusals", Integer, nullable=False, default=0),
    Column("answer", JsonText),
    Column("parked_revision", Integer),
    Column(
        "outbox",
        Ascii(6),
        Computed(
            "CASE WHEN revision <= saved_revision THEN 'saved'"
            " WHEN revision <= parked_revision THEN 'parked' ELSE 'owed' END",
            persisted=True,
        ),
    ),
    # A year of sessions in the table, and what is owed is still found at once.
    Index("sessions_outbox", "outbox", "updated_at"),
    Index("sessions_user", "user_id"),
)

# One row at most: which service posts, and until when nobody else may.
courier_lease = Table(
    "courier_lease",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("service", Ascii(NODE_CHARACTERS), nullable=False),
    Column("process", Ascii(32), nullable=False),
    Column("until", UtcTime, nullable=False),
)

_is_owed = sessions.c.outbox == "owed"
_is_parked = sessions.c.outbox == "parked"
_is_saved = sessions.c.outbox == "saved"
_record_columns = [sessions.c[field.name] for field in fields(SessionRecord)]
_saved_columns = [sessions.c[f"saved_{field.name}"] for field in fields(Acknowledged)]
_refusal_columns = [sessions.c.refused_since, sessions.c.refusals]


class SessionStore:
    """Rows of sessions, newest state only. Any thread may call; each call is one transaction.

    Every method raises sqlalchemy.exc.SQLAlchemyError where the database does not do it.
    """

    def __init__(self, engine: Engine, node: str) -> None:
        """node: the name of this service, ASCII, at most NODE_CHARACTERS; kept with its rows."""
        self._engine = engine
        self._node = node

    def write(self, records: Iterable[SessionRecord], outcomes: Mapping[str, Outcome]) -> None:
        """Keeps records, and what became of saves (by session id), in one transaction.

        A record that is not newer than the row changes nothing, and neither does an
        acknowledgement.
        """
        # In one order on every node: else two transactions wait for each other's rows.
        in_order = sorted(records, key=attrgetter("session_id"))
        with self._engine.begin() as connection:
            for record in in_order:
                self._upsert(connection, record)
            for session_id, outcome in sorted(outcomes.items()):
                _note(connection, session_id, outcome)

    def load(self, session_id: str) -> SessionRecord | None:
        with self._engine.connect() as connection:
            row = connection.execute(
                select(*_record_columns).where(sessions.c.session_id == session_id)
            ).mappings()
            found = row.one_or_none()
        return None if found is None else _record(found)

    def owed(self, limit: int, exclude: Collection[str] = ()) -> list[Owed]:
        """Sessions whose newest revision is not saved, longest unchanged first, at most `limit`.

        exclude: ids to pass over; compared here, as databases limit how many one query may name.
        """
        query = (
            select(*_record_columns, *_saved_columns, *_refusal_columns)
            .where(_is_owed)
            .order_by(sessions.c.updated_at)
            .limit(limit + len(exclude))
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        wanted = (row for row in rows if row["session_id"] not in exclude)
        return [
            Owed(_record(row), _acknowledged(row), row["refused_since"], row["refusals"])
            for row in islice(wanted, limit)
        ]

    def parked(self) -> list[Parked]:
        """Sessions that the platform refused for good, longest unchanged first."""
        query = select(*_record_columns, *_refusal_columns, sessions.c.answer).where(_is_parked)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(sessions.c.updated_at)).mappings().all()
        return [
            Parked(_record(row), row["refused_since"], row["refusals"], row["answer"])
            for row in rows
        ]

    def release(self, session_ids: Iterable[str] | None = None) -> int:
        """Has parked sessions posted again, all or those named; gives how many were parked."""
        with self._engine.begin() as connection:
            if session_ids is None:
                return connection.execute(_unpark().where(_is_parked)).rowcount
            return sum(
                connection.execute(_unpark().where(_is_parked, _is_row(each))).rowcount
                for each in session_ids
            )

    def delete_user(self, user_id: str) -> int:
        """Deletes every session of this user, whether the id came as a number or as text.

        Gives how many there were.
        """
        ids: list[LearnerId] = [user_id]
        with contextlib.suppress(ValueError):
            if str(int(user_id)) == user_id:
                ids.append(int(user_id))
        with self._engine.begin() as connection:
            found = connection.execute(delete(sessions).where(sessions.c.user_id.in_(ids)))
            return found.rowcount

    def delete_saved(self, before: float, limit: int) -> int:
        """Deletes sessions that the platform has and that did not change since `before`.

        before: seconds since 1970. Gives how many were deleted, at most `limit`: a lock is not
        held for long.
        """
        return self._delete_old(_is_saved, before, limit)

    def delete_unsaved(self, before: float, limit: int) -> int:
        """As `delete_saved`, but those that the platform does not have."""
        return self._delete_old(_is_owed | _is_parked, before, limit)

    def _delete_old(self, which: ColumnElement[bool], before: float, limit: int) -> int:
        query = (
            select(sessions.c.session_id)
            .where(which, sessions.c.updated_at < before)
            .order_by(sessions.c.updated_at)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            ids = connection.execute(query).scalars().all()
        if not ids:
            return 0
        with self._engine.begin() as connection:
            # One that went on meanwhile stays.
            is_old = sessions.c.session_id.in_(ids) & which & (sessions.c.updated_at < before)
            return connection.execute(delete(sessions).where(is_old)).rowcount

    def count_owed(self) -> int:
        return self._count(_is_owed)

    def count_parked(self) -> int:
        return self._count(_is_parked)

    def _count(self, which: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(sessions).where(which)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def _upsert(self, connection: Connection, record: SessionRecord) -> None:
        """Update, else insert: the same on every database.

        The update goes first, since SQLite then takes its write lock with patience; a transaction
        that begins by reading may not become a writing one when another has written meanwhile.
        Where another node inserts at the same moment, the transaction fails and is done again.
        """
        values = record.to_dict() | {"node": self._node}
        is_row = _is_row(record.session_id)
        older = update(sessions).where(is_row, sessions.c.revision < record.revision)
        if connection.execute(older.values(values)).rowcount:
            return
        if connection.execute(select(sessions.c.revision).where(is_row)).first() is None:
            connection.execute(insert(sessions).values(values))


def _note(connection: Connection, session_id: str, outcome: Outcome) -> None:
    is_row = _is_row(session_id)
    match outcome:
        case Acknowledged():
            saved = {f"saved_{name}": value for name, value in asdict(outcome).items()}
            forgiven = {"refused_since": None, "refusals": 0, "answer": None}
            is_older = sessions.c.saved_revision < outcome.revision
            change = update(sessions).where(is_row, is_older).values(saved | forgiven)
        case Refused():
            change = (
                update(sessions)
                .where(is_row)
                .values(
                    refused_since=func.coalesce(
                        sessions.c.refused_since, literal(outcome.at, UtcTime)
                    ),
                    refusals=sessions.c.refusals + 1,
                    answer=outcome.answer[:ANSWER_CHARACTERS],
                    parked_revision=outcome.revision if outcome.parked else None,
                )
            )
        case Released():
            change = _unpark().where(is_row)
    connection.execute(change)


def _unpark() -> Update:
    return update(sessions).values(parked_revision=None, refused_since=None)


def _is_row(session_id: str) -> ColumnElement[bool]:
    return sessions.c.session_id == session_id


def _record(row: RowMapping) -> SessionRecord:
    return SessionRecord.from_dict({c.name: row[c.name] for c in _record_columns})


def _acknowledged(row: RowMapping) -> Acknowledged:
    return Acknowledged(*(row[column.name] for column in _saved_columns))
