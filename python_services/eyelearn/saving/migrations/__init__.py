"""How the tables came to be, step by step (Alembic), and the way to the newest step."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine


def migrate(engine: Engine) -> None:
    """Brings the database to the newest revision of its tables; nothing changes where it is there.

    One transaction where the database can roll back tables (SQLite, PostgreSQL): a process that is
    killed in the middle leaves nothing half made.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            # The driver begins no transaction for CREATE TABLE by itself.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
