"""The database takes a connection, and its tables are ours; nothing is made or migrated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from ..safe_text import safe_text
from ..saving import migrations
from ..saving.database import UnusableDatabase, open_engine, where_kept
from ..saving.database_url import is_sqlite, problem_with, sqlite_file
from ..saving.writer import describe
from . import sqlite_place
from .check import Check, failure, ok, warning
from .reading import read

_URL = "see DATABASE_URL in the README's settings; unset, sessions are kept in data/"
_SERVER = "look whether that server runs, lets this machine in, and knows user, password and name"
_OTHERS = "run the version that made them, or give this one a database of its own"
_FILE = "put back a backup of that file, or move it away: a start makes a new one"


def look(name: str) -> Iterator[Check]:
    url = read().settings.database_url
    problem = problem_with(url) or _unescaped(url)
    file = None if problem else sqlite_file(url)
    if problem:
        yield failure(name, problem, _URL)
    elif file is None and is_sqlite(url):
        # SQLite makes a file that is not there, and what the URI does else only SQLite knows.
        yield warning(name, "not looked at: an SQLite URI (file:…)", "name the file without file:")
    elif file is None:
        yield connected(name, url)
    else:
        yield from _of_file(name, url, file)


def _unescaped(url: str) -> str | None:
    """Why a password is cut in two, and half of it taken for the host."""
    if is_sqlite(url) or url.partition("?")[0].count("@") <= 1:
        return None
    return "DATABASE_URL has more than one @: in a password, write %40"


def _of_file(name: str, url: str, file: Path) -> Iterator[Check]:
    place = sqlite_place.place(name, file)
    if place is not None:
        yield place
    elif file.exists() and file.stat().st_size:
        yield connected(name, url)
    else:
        yield ok(name, f"{file}: made at the first start")
    space = sqlite_place.space(f"{name} disk", file)
    if space is not None:
        yield space


def connected(name: str, url: str) -> Check:
    """url: of a database that is there."""
    try:
        return ok(name, f"{safe_text(where_kept(url))}: {_tables(url)}")
    except migrations.UnknownTables as error:
        return failure(name, str(error), _OTHERS)
    except (UnusableDatabase, OSError) as error:
        return failure(name, safe_text(str(error)), _URL)
    except SQLAlchemyError as error:
        found = f"{safe_text(where_kept(url))}: {safe_text(describe(error))}"
        return failure(name, found, _FILE if is_sqlite(url) else _SERVER)


def _tables(url: str) -> str:
    engine = open_engine(url)
    try:
        there, newest = migrations.state(engine)
    finally:
        engine.dispose()
    if there is None:
        return "no tables yet, which a start makes"
    return f"tables at {there}" + (f", which a start brings to {newest}" if there != newest else "")
