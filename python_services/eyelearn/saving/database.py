"""DATABASE_URL to an engine: which databases there are, and how each is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

# A lock held longer than this is reported, and what waits is kept in memory.
LOCK_PATIENCE_SECONDS = 2
CONNECT_TIMEOUT_SECONDS = 5


class UnusableUrl(Exception):
    """DATABASE_URL names no database that this service can use."""


def open_engine(database_url: str) -> Engine:
    """An engine for the URL; connects to nothing yet. Makes the folder of an SQLite file.

    Raises UnusableUrl where the URL or its driver is wrong, OSError where the folder can't be made.
    """
    url = _parse(database_url)
    arguments: dict[str, Any] = {"hide_parameters": True}  # they hold ids; errors get logged
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url, arguments)
    try:
        return create_engine(
            url,
            pool_pre_ping=True,
            connect_args={"connect_timeout": CONNECT_TIMEOUT_SECONDS},
            **arguments,
        )
    except ModuleNotFoundError as error:
        raise UnusableUrl(
            f"DATABASE_URL needs the Python package {error.name!r}, which is not installed"
        ) from error


def where_kept(database_url: str) -> str:
    """The URL for people: without password and options. Raises UnusableUrl."""
    url = _parse(database_url)
    return url.set(password=None, query={}).render_as_string()


def _parse(database_url: str) -> URL:
    try:
        url = make_url(database_url)
        url.get_dialect()
    except (ArgumentError, ValueError):
        # From None: the cause quotes the URL, password included.
        raise UnusableUrl("DATABASE_URL is not the URL of a database") from None
    except ModuleNotFoundError as error:
        raise UnusableUrl(
            f"DATABASE_URL needs the Python package {error.name!r}, which is not installed"
        ) from error
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise UnusableUrl("DATABASE_URL names no file: sessions in memory would not be kept")
    return url


def _open_sqlite(url: URL, arguments: dict[str, Any]) -> Engine:
    assert url.database is not None
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": LOCK_PATIENCE_SECONDS}, **arguments)

    @event.listens_for(engine, "connect")
    def _use_write_ahead_log(connection: Any, _: object) -> None:
        # Readers and the writer then don't wait for each other.
        connection.execute("PRAGMA journal_mode=WAL")

    return engine
