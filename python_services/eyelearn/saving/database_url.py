"""What DATABASE_URL may say. SQLAlchemy is not loaded for it: 35 MB and most of a second."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

# What platforms hand out, and what SQLAlchemy is to make of it.
_PLAIN = {
    "postgres": "postgresql+psycopg2",
    "postgresql": "postgresql+psycopg2",
    "mysql": "mariadb+pymysql",
    "mariadb": "mariadb+pymysql",
}
# By SQLAlchemy's names: drivers that block, and take the limits which `open_engine` sets.
_MODULES = {
    "sqlite": {"": "sqlite3", "pysqlite": "sqlite3"},
    "postgresql": {"psycopg2": "psycopg2", "psycopg": "psycopg"},
    "mysql": {"pymysql": "pymysql", "mysqldb": "MySQLdb"},
    "mariadb": {"pymysql": "pymysql", "mysqldb": "MySQLdb"},
}
_SHAPE = re.compile(
    r"(?P<scheme>\w+(\+\w+)?)://"
    r"([^:/]*(:[^@]*)?@)?"
    r"(\[[^/?]+\]|[^/:?]+)?(:(?P<port>\d+))?"
    r"(/(?P<database>[^?]*))?"
    r"(\?.*)?",
    re.ASCII | re.DOTALL,
)


def problem_with(database_url: str) -> str | None:
    """Why this URL can never work, in words without its password; None where it may."""
    shape = _SHAPE.fullmatch(database_url)
    if shape is None:
        return "DATABASE_URL is not the URL of a database"
    dialect, _, driver = _PLAIN.get(shape["scheme"], shape["scheme"]).partition("+")
    if dialect == "sqlite" and shape["database"] in (None, "", ":memory:"):
        return "DATABASE_URL names no file: sessions in memory would not be kept"
    if dialect in ("mysql", "mariadb") and not shape["database"]:
        return "DATABASE_URL names no database"
    return _problem_with_driver(dialect, driver)


def _problem_with_driver(dialect: str, driver: str) -> str | None:
    if dialect not in _MODULES:
        return f"DATABASE_URL must begin with sqlite, postgresql or mysql, not with {dialect!r}"
    if driver not in _MODULES[dialect]:
        return f"DATABASE_URL names the driver {driver!r}, which this service can't use"
    module = _MODULES[dialect][driver]
    if find_spec(module) is None:
        return f"DATABASE_URL needs the Python package {module!r}, which is not installed"
    return None


def is_sqlite(database_url: str) -> bool:
    """Whether sessions are kept in a file of this machine."""
    return re.match(r"sqlite\b", database_url) is not None


def sqlite_file(database_url: str) -> Path | None:
    """The file that sessions are kept in; None where a server keeps them."""
    shape = _SHAPE.fullmatch(database_url)
    if shape is None or not is_sqlite(database_url) or shape["database"].startswith("file:"):
        return None
    return Path(shape["database"])


def with_driver(database_url: str) -> str:
    """The URL with the driver named; one that names its driver already stays as it is."""
    scheme, separator, rest = database_url.partition("://")
    return _PLAIN.get(scheme, scheme) + separator + rest
