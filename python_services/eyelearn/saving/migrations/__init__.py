"""How the tables came to be, step by step (Alembic), and the way to the newest step.

A step must be able to run again where it was broken off: MariaDB keeps each table that a step has
made, though the process is killed before its end. So `if_not_exists=True`, wherever it makes
something; a column is added so on every database but SQLite, which can't and needn't.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, func, inspect, select, text

from ..database import Patience, UnusableDatabase, open_engine
from ..tables import metadata

# Not Alembic's own name for it: a platform's application may keep its tables in the same database.
VERSION_TABLE = "eyelearn_version"
# Another node may be at it, and a step may go through years of sessions.
MIGRATING = Patience(lock_seconds=600, statement_seconds=600)
# Any number, as long as it is the same on every node.
LOCK_NUMBER = 0x65796C6E


class UnknownTables(UnusableDatabase):
    """The database holds tables that this version of the service doesn't know how to use."""


def migrate(engine: Engine) -> None:
    """Brings the database to the newest revision of its tables; nothing changes where it is there.

    One process at a time does it, others wait for it. One that is killed in the middle leaves
    nothing half made on SQLite and PostgreSQL, and on MariaDB nothing that the next can't finish.

    Raises UnknownTables where a newer version of the service has been here, or another application
    has a table of the same name; TimeoutError or SQLAlchemyError where the database does not do it.
    """
    present, newest = state(engine)
    if present == newest:
        return
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with alone(engine) as connection:
        _state(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def state(engine: Engine) -> tuple[str | None, str | None]:
    """The revision that the tables have (None: there are none yet) and the newest; changes nothing.

    Raises UnknownTables.
    """
    with engine.connect() as connection:
        return _state(connection)


def _state(connection: Connection) -> tuple[str | None, str | None]:
    script = ScriptDirectory(str(Path(__file__).parent))
    present, newest = _revision(connection, script), script.get_current_head()
    if present != newest:
        _check_no_others_tables(connection)
    return present, newest


def _revision(connection: Connection, script: ScriptDirectory) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    revision = context.get_current_revision()
    known = {step.revision for step in script.walk_revisions()}
    if revision is not None and revision not in known:
        raise UnknownTables(
            f"the database's tables are of revision {revision}, made by a newer version of this "
            f"service, which knows them up to {script.get_current_head()}: run that version again"
        )
    return revision


def _check_no_others_tables(connection: Connection) -> None:
    inspector = inspect(connection)
    there = set(inspector.get_table_names())
    others = [
        name
        for name in sorted(there.intersection(metadata.tables))
        # Ours may lack a column until it is migrated, but has none that we don't know.
        if VERSION_TABLE not in there
        or {column["name"] for column in inspector.get_columns(name)}
        - set(metadata.tables[name].c.keys())
    ]
    if others:
        raise UnknownTables(
            "the database has tables of another application with the names of ours: "
            f"{', '.join(others)}; give this service a database of its own"
        )


@contextmanager
def alone(engine: Engine) -> Iterator[Connection]:
    """A transaction during which nobody else, on any node, is in one of these.

    Raises TimeoutError or SQLAlchemyError where another is for longer than MIGRATING allows.
    """
    url = engine.url.render_as_string(hide_password=False)
    patient = open_engine(url, MIGRATING)
    try:
        with patient.connect() as connection, connection.begin():
            _lock(connection)
            yield connection
    finally:
        # Ends the connection, and MariaDB's lock with it.
        patient.dispose()


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        # The driver begins no transaction for CREATE TABLE by itself.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(LOCK_NUMBER)))
    else:
        got = connection.execute(
            # The name is the whole server's; MD5, since it may have 64 characters.
            text("SELECT GET_LOCK(CONCAT('eyelearn-', MD5(DATABASE())), :seconds)"),
            {"seconds": MIGRATING.lock_seconds},
        )
        if got.scalar_one() != 1:
            raise TimeoutError("another process has been migrating the database for too long")
