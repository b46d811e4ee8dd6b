from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DataError, OperationalError

from databases import DatabaseServer, MariadbServer
from eyelearn.saving.database import Patience, UnusableUrl, open_engine, where_kept
from eyelearn.saving.database_url import is_sqlite, problem_with
from eyelearn.settings import ROOT
from waiting import until

SHORT = Patience(lock_seconds=1, statement_seconds=2)
# Far above what SHORT allows, far below "for ever".
SOME_SECONDS = 60.0


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Iterator[DatabaseServer]:
    fixture = {"postgresql": "postgres_server", "mariadb": "mariadb_server"}[request.param]
    server: DatabaseServer = request.getfixturevalue(fixture)
    yield server
    server.thaw()
    if not server.answers():
        server.start()


@pytest.fixture
def engine(server: DatabaseServer) -> Iterator[Engine]:
    engine = open_engine(server.create_database(), SHORT)
    yield engine
    engine.dispose()


def ask(engine: Engine, question: str = "SELECT 1") -> object:
    with engine.connect() as connection:
        return connection.execute(text(question)).scalar_one()


def test_a_url_as_platforms_hand_it_out_opens_its_database(database_url: str) -> None:
    engine = open_engine(database_url)
    assert problem_with(database_url) is None
    assert ask(engine, "SELECT 'Zoë 🦉'") == "Zoë 🦉"
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "opened"),
    [
        ("postgres://ann:p@db/eyelearn", "postgresql+psycopg2"),
        ("postgresql://ann:p@db/eyelearn", "postgresql+psycopg2"),
        ("postgresql+psycopg2://ann:p@db/eyelearn", "postgresql+psycopg2"),
        ("mysql://ann:p@db/eyelearn", "mariadb+pymysql"),
        ("mariadb://ann:p@db/eyelearn", "mariadb+pymysql"),
        ("mysql+pymysql://ann:p@db/eyelearn", "mysql+pymysql"),
    ],
)
def test_a_url_needs_no_driver_and_keeps_one_it_names(url: str, opened: str) -> None:
    assert open_engine(url).url.drivername == opened


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("nonsense:secret", "not the URL of a database"),
        ("postgresql://ann:secret@db:port/eyelearn", "not the URL of a database"),
        ("nosuch://ann:secret@db/eyelearn", "'nosuch'"),
        ("postgresql+asyncpg://ann:secret@db/eyelearn", "driver 'asyncpg'"),
        ("mysql+mysqldb://ann:secret@db/eyelearn", "package 'MySQLdb', which is not installed"),
        ("mysql://ann:secret@db", "names no database"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
def test_an_unusable_url_is_explained_without_its_secrets(url: str, reason: str) -> None:
    with pytest.raises(UnusableUrl, match=reason) as caught:
        open_engine(url)
    assert "DATABASE_URL" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert problem_with(url) == str(caught.value)


def test_a_url_is_judged_without_loading_sqlalchemy() -> None:
    script = (
        "import sys; from eyelearn.saving.database_url import problem_with;"
        "assert problem_with('mysql://ann:p@db/eyelearn') is None;"
        "assert not {'sqlalchemy', 'pymysql', 'psycopg2'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT / "python_services", check=True)


def test_a_file_of_this_machine_is_told_from_a_server() -> None:
    assert is_sqlite("sqlite:////data/eyelearn.db")
    assert is_sqlite("sqlite+pysqlite:///eyelearn.db")
    assert not is_sqlite("postgresql://sqlite@db/sqlite")


def test_the_place_is_told_without_password_and_options(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    assert where_kept(f"sqlite:///{path}?secret=1") == f"sqlite:///{path}"
    told = where_kept("postgres://ann:secret@db:5432/eyelearn?password=secret")
    assert told == "postgres://ann:***@db:5432/eyelearn"


def test_the_folder_of_a_file_is_made(tmp_path: Path) -> None:
    path = tmp_path / "made" / "on demand" / "sessions.db"
    engine = open_engine(f"sqlite:///{path}")
    ask(engine)
    assert path.exists()
    engine.dispose()


def test_a_row_that_another_holds_is_waited_for_only_so_long(database_url: str) -> None:
    engine = open_engine(database_url, SHORT)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (number INTEGER)"))
        connection.execute(text("INSERT INTO kept VALUES (1)"))
    began = time.monotonic()
    with engine.begin() as holder:
        holder.execute(text("UPDATE kept SET number = 2"))
        with pytest.raises(OperationalError), engine.begin() as second:
            second.execute(text("UPDATE kept SET number = 3"))
    assert time.monotonic() - began < SOME_SECONDS
    assert ask(engine, "SELECT number FROM kept") == 2
    engine.dispose()


def test_a_statement_may_take_only_so_long(server: DatabaseServer, engine: Engine) -> None:
    endless = {
        "postgresql": "SELECT pg_sleep(600)",
        "mysql": "SELECT SUM(SHA1(seq) = '') FROM seq_1_to_1000000000000",
    }
    began = time.monotonic()
    with pytest.raises(OperationalError, match=r"statement timeout|max_statement_time"):
        ask(engine, endless[server.scheme])
    assert time.monotonic() - began < SOME_SECONDS
    assert ask(engine) == 1


@pytest.mark.parametrize("connected", [True, False], ids=["connected", "connecting"])
def test_a_database_that_hangs_is_an_error_until_it_works_again(
    server: DatabaseServer, engine: Engine, connected: bool
) -> None:
    if connected:
        ask(engine)
    server.freeze()
    began = time.monotonic()
    with pytest.raises(OperationalError):
        ask(engine)
    assert time.monotonic() - began < SOME_SECONDS
    server.thaw()
    assert ask(engine) == 1


def test_a_database_that_hangs_amid_a_transaction_is_an_error(
    server: DatabaseServer, engine: Engine
) -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        server.freeze()
        with pytest.raises(OperationalError):
            connection.execute(text("SELECT 2"))
    server.thaw()
    assert ask(engine) == 1


@pytest.mark.parametrize("way", ["stop", "kill"])
def test_a_database_that_was_restarted_is_used_again(
    server: DatabaseServer, engine: Engine, way: str
) -> None:
    ask(engine)
    {"stop": server.stop, "kill": server.kill}[way]()
    with pytest.raises(OperationalError):
        ask(engine)
    server.start()
    assert ask(engine) == 1


def test_a_transaction_left_open_is_ended_by_the_database(
    server: DatabaseServer, engine: Engine
) -> None:
    """As by a node whose network is gone: others get the row in the end."""
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (number INTEGER)"))
        connection.execute(text("INSERT INTO kept VALUES (1)"))
    gone = engine.connect()
    gone.execute(text("UPDATE kept SET number = 2"))

    def is_free() -> bool:
        try:
            with engine.begin() as other:
                other.execute(text("UPDATE kept SET number = 3"))
        except OperationalError:
            return False
        return True

    until(is_free, SOME_SECONDS)
    gone.invalidate()
    gone.close()


def test_a_login_that_needs_a_further_package_is_an_error_like_any_other(
    mariadb_server: MariadbServer,
) -> None:
    mariadb_server.execute("INSTALL SONAME 'auth_ed25519'")
    mariadb_server.execute(
        "CREATE OR REPLACE USER ann IDENTIFIED VIA ed25519 USING PASSWORD('secret')"
    )
    url = f"mysql://ann:secret@{mariadb_server.host}:{mariadb_server.port}/mysql"
    with pytest.raises(OperationalError, match="way to log in"):
        ask(open_engine(url))
    mariadb_server.execute("DROP USER ann")
    mariadb_server.execute("UNINSTALL SONAME 'auth_ed25519'")


def test_mysql_is_refused_by_name() -> None:
    server = MariadbServer("--version=8.0.36")
    try:
        with pytest.raises(OperationalError, match=r"MySQL 8.0.36"):
            ask(open_engine(server.url("mysql")))
    finally:
        server.remove()


def test_what_does_not_fit_is_refused_by_the_most_lenient_database() -> None:
    server = MariadbServer("--sql-mode=")
    engine = open_engine(server.create_database())
    try:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE kept (name VARCHAR(2))"))
            with pytest.raises(DataError):
                connection.execute(text("INSERT INTO kept VALUES ('Zoë')"))
    finally:
        engine.dispose()
        server.remove()
