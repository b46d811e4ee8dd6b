"""DATABASE_URL to an engine: how each kind of database is opened, and how long it is waited for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import ArgumentError

from .database_url import problem_with, with_driver

CONNECT_TIMEOUT_SECONDS = 5
# The server ends a statement first, in order; it is given up here where even that doesn't come.
ANSWER_GRACE_SECONDS = 2


class UnusableDatabase(Exception):
    """A database, or a way to one, with which this service can't work until a person mends it."""


class UnusableUrl(UnusableDatabase):
    """DATABASE_URL names no database that this service can use."""


@dataclass(frozen=True)
class Patience:
    """How long one statement may take, and how long of that it may wait for others' locks."""

    lock_seconds: int
    statement_seconds: int

    @property
    def answer_seconds(self) -> int:
        """How long the client waits for an answer to one statement."""
        return self.statement_seconds + ANSWER_GRACE_SECONDS


# What waits is kept in memory meanwhile and tried again; sooner than this it would only be noise,
# and later nobody would be told that the database hangs.
EVERYDAY = Patience(lock_seconds=2, statement_seconds=5)


def open_engine(database_url: str, patience: Patience = EVERYDAY) -> Engine:
    """An engine for the URL; connects to nothing yet. Makes the folder of an SQLite file.

    Raises UnusableUrl where the URL or its driver is wrong, OSError where the folder can't be made.
    """
    url = _parse(database_url)
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url, patience)
    if url.get_backend_name() == "postgresql":
        return _open_postgresql(url, patience)
    return _open_mariadb(url, patience)


def where_kept(database_url: str) -> str:
    """The URL for people: without password and options. Raises UnusableUrl."""
    _parse(database_url)
    return make_url(database_url).set(password=None, query={}).render_as_string()


def _parse(database_url: str) -> URL:
    problem = problem_with(database_url)
    if problem is not None:
        raise UnusableUrl(problem)
    try:
        return make_url(with_driver(database_url))
    except (ArgumentError, ValueError):
        # From None: the cause quotes the URL, password included.
        raise UnusableUrl("DATABASE_URL is not the URL of a database") from None


def _create_engine(url: URL, connect_args: dict[str, Any], **options: Any) -> Engine:
    # Parameters hold ids, and errors get logged.
    return create_engine(url, connect_args=connect_args, hide_parameters=True, **options)


def _open_sqlite(url: URL, patience: Patience) -> Engine:
    assert url.database is not None
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = _create_engine(url, {"timeout": patience.lock_seconds})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: object) -> None:
        # Readers and the writer then don't wait for each other.
        connection.execute("PRAGMA journal_mode=WAL")
        # What is deleted is overwritten, too. Whether that is so by itself depends on the build.
        connection.execute("PRAGMA secure_delete=ON")

    return engine


def _open_postgresql(url: URL, patience: Patience) -> Engine:
    connect_args: dict[str, Any] = {
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        # A server that vanished without a word is noticed in a minute, be there work or not.
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": patience.answer_seconds * 1000,
    }
    if url.get_driver_name() == "psycopg2":
        # Loaded where it is used: 7 MB that a keeper on SQLite can do without.
        from .libpq_limit import limit_waiting, limited_connection  # noqa: PLC0415

        limit_waiting()
        connect_args["connection_factory"] = limited_connection(patience.answer_seconds)
    engine = _create_engine(url, connect_args, pool_pre_ping=True, isolation_level="READ COMMITTED")
    # With every transaction, not at connecting: poolers such as PgBouncer refuse it there.
    limits = (
        f"SET LOCAL lock_timeout = '{patience.lock_seconds}s'; "
        f"SET LOCAL statement_timeout = '{patience.statement_seconds}s'; "
        # A node that vanished in the middle of a transaction must not keep its locks.
        f"SET LOCAL idle_in_transaction_session_timeout = '{patience.statement_seconds}s'"
    )

    @event.listens_for(engine, "begin")
    def _limit(connection: Connection) -> None:
        connection.exec_driver_sql(limits)

    return engine


def _open_mariadb(url: URL, patience: Patience) -> Engine:
    engine = _create_engine(
        url,
        {
            "charset": "utf8mb4",
            "connect_timeout": CONNECT_TIMEOUT_SECONDS,
            "read_timeout": patience.answer_seconds,
            "write_timeout": patience.answer_seconds,
            "init_command": (
                f"SET SESSION innodb_lock_wait_timeout = {patience.lock_seconds}, "
                f"lock_wait_timeout = {patience.lock_seconds}, "
                f"max_statement_time = {patience.statement_seconds}, "
                # A node that vanished in the middle of a transaction must not keep its locks.
                f"idle_transaction_timeout = {patience.statement_seconds}, "
                # What doesn't fit a column is refused, as elsewhere, and not cut to fit.
                "sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')"
            ),
        },
        pool_pre_ping=True,
        # Where a row is missing, the default locks the gap, and nodes that insert lock each other.
        isolation_level="READ COMMITTED",
    )
    event.listen(engine, "do_connect", _connect_to_mariadb)
    return engine


def _connect_to_mariadb(dialect: Dialect, _: object, args: Any, options: Any) -> Any:
    """Raises what a driver raises for a server that can't be used, whatever is wrong with it."""
    assert dialect.loaded_dbapi is not None
    refused = dialect.loaded_dbapi.OperationalError
    try:
        connection = dialect.connect(*args, **options)
    except RuntimeError as error:  # PyMySQL's, for a login that needs another package
        raise refused(f"the database's way to log in: {error}") from error
    version = connection.get_server_info()
    if "MariaDB" not in version:
        connection.close()
        raise refused(f"the database is MySQL {version}; this service knows MariaDB")
    return connection
