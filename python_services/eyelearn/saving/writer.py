"""Newest states into the database, many in one transaction, again and again until it works."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import islice

from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError, SQLAlchemyError

from ..events import get_logger
from .database import UnusableDatabase, open_engine
from .delivery import Outcome
from .health import Health
from .migrations import migrate
from .record import SessionRecord
from .retry import RetryPolicy
from .store import SessionStore

_log = get_logger(__name__)

# One commit costs a disk flush, however many records it holds; this many take some 0.1 to 0.4 s.
BATCH_RECORDS = 200
# What comes within so short a time is committed together.
GATHER_SECONDS = 0.02
# With nothing to write, the database is asked this often whether it is there.
PROBE_SECONDS = 10.0
RETRY = RetryPolicy(first_seconds=0.2, longest_seconds=2.0)


class Writer:
    """The one thread that writes. What it was given stays in memory until it is committed."""

    def __init__(
        self,
        database_url: str,
        node: str,
        health: Health,
        *,
        on_open: Callable[[Engine], None],
        on_written: Callable[[list[SessionRecord], dict[str, Outcome]], None],
        on_counted: Callable[[int, int], None],
    ) -> None:
        """All three run on the writing thread.

        on_open is called once, when the database is migrated. After each commit on_counted is
        called, with how many sessions are owed and how many are parked; then on_written, with the
        records and the outcomes that it holds.
        """
        self._database_url = database_url
        self._node = node
        self._health = health
        self._on_open = on_open
        self._on_written = on_written
        self._on_counted = on_counted
        self._changed = threading.Condition()
        self._records: dict[str, SessionRecord] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._failures = 0

    def start(self) -> None:
        threading.Thread(target=self._run, name="writer", daemon=True).start()

    def put(self, record: SessionRecord) -> None:
        """Has this state written, unless a newer one waits."""
        with self._changed:
            waiting = self._records.get(record.session_id)
            if waiting is None or waiting.revision < record.revision:
                self._records[record.session_id] = record
                self._changed.notify_all()

    def note(self, session_id: str, outcome: Outcome) -> None:
        """Has it written what became of a save."""
        with self._changed:
            self._outcomes[session_id] = outcome
            self._changed.notify_all()

    def unwritten(self, session_id: str) -> SessionRecord | None:
        """The state that waits to be written."""
        return self._records.get(session_id)

    @property
    def waiting(self) -> int:
        """Sessions whose newest state is not committed yet."""
        return len(self._records)

    def wait_written(self, timeout: float) -> bool:
        """Waits until nothing waits; says whether that came about in `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._records and not self._outcomes, timeout)

    def _run(self) -> None:
        engine = self._open()
        store = SessionStore(engine, self._node)
        self._on_open(engine)
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._records or self._outcomes, PROBE_SECONDS)
            time.sleep(GATHER_SECONDS)
            with self._changed:
                records = list(islice(self._records.values(), BATCH_RECORDS))
                outcomes = dict(self._outcomes)
            try:
                self._write(store, records, outcomes)
            except SQLAlchemyError as error:
                self._wait_after(describe(error))

    def _open(self) -> Engine:
        while True:
            try:
                engine = open_engine(self._database_url)
                migrate(engine)
            except (UnusableDatabase, OSError) as error:
                self._wait_after(str(error))
            except SQLAlchemyError as error:
                self._wait_after(describe(error))
            else:
                self._works()
                return engine

    def _write(
        self, store: SessionStore, records: list[SessionRecord], outcomes: dict[str, Outcome]
    ) -> None:
        try:
            store.write(records, outcomes)
        except (DataError, IntegrityError):
            records = self._write_singly(store, records)
            store.write((), outcomes)
        # A flush waits, until it is owed: told the other way round, it would seem to be neither.
        self._on_counted(store.count_owed(), store.count_parked())
        # Told before it is forgotten: who waits for all to be written has then heard of all.
        self._on_written(records, outcomes)
        self._forget(records, outcomes)
        self._works()

    def _write_singly(
        self, store: SessionStore, records: list[SessionRecord]
    ) -> list[SessionRecord]:
        """Each in a transaction of its own, so that one bad record keeps no other from being kept.

        Gives those that were taken. A refused one is tried again with the session's next state.
        """
        taken = []
        for record in records:
            try:
                store.write((record,), {})
            except (DataError, IntegrityError) as error:
                _log.error(
                    "the database refuses a session",
                    session=record.session_id,
                    revision=record.revision,
                    reason=describe(error),
                )
                self._forget([record], {})
            else:
                taken.append(record)
        return taken

    def _forget(self, records: list[SessionRecord], outcomes: dict[str, Outcome]) -> None:
        with self._changed:
            for record in records:
                if self._records.get(record.session_id) is record:
                    del self._records[record.session_id]
            for session_id, outcome in outcomes.items():
                if self._outcomes.get(session_id) is outcome:
                    del self._outcomes[session_id]
            self._changed.notify_all()

    def _works(self) -> None:
        self._failures = 0
        self._health.worked()

    def _wait_after(self, reason: str) -> None:
        self._failures += 1
        self._health.failed(reason)
        delay = RETRY.delay(self._failures)
        _log.debug(
            "the database failed",
            attempt=self._failures,
            next_in_seconds=round(delay, 1),
            reason=reason,
        )
        time.sleep(delay)


def describe(error: SQLAlchemyError) -> str:
    """What went wrong, without the values of a row: some drivers quote them in other errors."""
    if isinstance(error, OperationalError):
        return str(error.orig).strip().partition("\n")[0]
    return type(error.orig if isinstance(error, DBAPIError) else error).__name__
