"""Real PostgreSQL and MariaDB servers, each in a temporary folder on a free port of 127.0.0.1."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg2
import pymysql
import pytest
from sqlalchemy.engine import URL

from service import free_port
from waiting import until

HOST = "127.0.0.1"
# A password that a URL must escape.
PASSWORD = "s3cret/@%:"
START_SECONDS = 60.0
STOP_SECONDS = 60.0


class DatabaseServer(ABC):
    """A server of its own, with one user who may do everything.

    It keeps its data and its port through stop and start. Stopping waits for the end.
    """

    host = HOST
    user = "eyelearn"
    password = PASSWORD
    scheme: str
    # Whose account runs it where the tests run as root, which PostgreSQL refuses to be run by.
    account: str

    def __init__(self, *options: str) -> None:
        """options: further ones of the server's command line. Starts it."""
        self.port = free_port()
        self._options = options
        # Not pytest's folder: only its owner may enter that, and a socket's path must be short.
        self.folder = Path(tempfile.mkdtemp(prefix="eyelearn-"))
        self.data = self.folder / "data"
        self._account = self.account if os.geteuid() == 0 else None
        if self._account is not None:
            shutil.chown(self.folder, self._account)
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._install()
            self.start()
        except BaseException:
            self.remove()
            raise

    def url(self, database: str) -> str:
        """What a platform would set as DATABASE_URL."""
        return URL.create(
            self.scheme, self.user, self.password, self.host, self.port, database
        ).render_as_string(hide_password=False)

    def create_database(self, name: str | None = None) -> str:
        """The URL of a fresh, empty database; a name is made up where none is given."""
        name = name or f"test_{uuid4().hex}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    @property
    def log(self) -> str:
        """All that the server has written so far."""
        return (self.folder / "log").read_text(errors="replace")

    def start(self) -> None:
        """Starts the server, and waits until it takes connections."""
        self._process = self._spawn(self._command())
        end = time.monotonic() + START_SECONDS
        while not self.answers():
            assert self._process.poll() is None, f"it ended at its start:\n{self.log}"
            assert time.monotonic() < end, f"it did not start:\n{self.log}"
            time.sleep(0.05)

    def stop(self) -> None:
        """Ends it in order, breaking off what its clients do."""
        if self._process is not None:
            self.thaw()
            self._shut_down(self._process)
            self._process.wait(STOP_SECONDS)
            self._process = None

    def kill(self) -> None:
        """kill -9: the server and all that it has started."""
        assert self._process is not None
        for process in self._processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait(STOP_SECONDS)
        self._process = None

    def freeze(self) -> None:
        """The server hangs: it takes no work and closes no connection."""
        for process in self._processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()
                until(lambda process=process: _is_frozen(process))

    def thaw(self) -> None:
        for process in self._processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()

    def remove(self) -> None:
        """Stops it and deletes its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except (psycopg2.OperationalError, pymysql.OperationalError):
            return False
        return True

    @abstractmethod
    def execute(self, statement: str) -> None:
        """One statement, outside of every test's database."""

    @abstractmethod
    def _install(self) -> None:
        """Makes the empty data folder."""

    @abstractmethod
    def _command(self) -> list[str]:
        """The server's command line."""

    def _shut_down(self, process: subprocess.Popen[bytes]) -> None:
        process.terminate()

    def _processes(self) -> list[psutil.Process]:
        if self._process is None:
            return []
        server = psutil.Process(self._process.pid)
        return [server, *server.children(recursive=True)]

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                # Two MariaDB servers that are installed at once take each other's files in /tmp.
                env={**os.environ, "TMPDIR": str(self.folder)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self._account,
                group=self._account,
                extra_groups=None if self._account is None else [],
            )

    def _run(self, command: list[str]) -> None:
        assert self._spawn(command).wait(START_SECONDS) == 0, self.log


class PostgresServer(DatabaseServer):
    scheme = "postgresql"
    account = "postgres"

    def execute(self, statement: str) -> None:
        with contextlib.closing(
            psycopg2.connect(
                host=self.host,
                port=self.port,
                user=self.user,
                password=self.password,
                dbname="postgres",
                connect_timeout=5,
            )
        ) as connection:
            connection.autocommit = True
            connection.cursor().execute(statement)

    def _install(self) -> None:
        password = self.folder / "password"
        password.write_text(self.password)
        self._run(
            [
                _program("initdb"),
                f"--pgdata={self.data}",
                f"--username={self.user}",
                f"--pwfile={password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ]
        )

    def _command(self) -> list[str]:
        # Without fsync a commit survives the server's death, though not the machine's.
        return [
            _program("postgres"),
            *("-D", str(self.data), "-p", str(self.port), "-k", str(self.folder)),
            *("-c", f"listen_addresses={self.host}", "-c", "fsync=off"),
            *self._options,
        ]

    def _shut_down(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGINT)  # SIGTERM would wait for the clients to leave


class MariadbServer(DatabaseServer):
    scheme = "mysql"
    account = "mysql"

    def execute(self, statement: str) -> None:
        with (
            contextlib.closing(
                pymysql.connect(
                    host=self.host,
                    port=self.port,
                    user=self.user,
                    password=self.password,
                    connect_timeout=5,
                    read_timeout=20,
                )
            ) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)

    def _install(self) -> None:
        self._run(
            [
                _program("mariadb-install-db"),
                "--no-defaults",
                f"--datadir={self.data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ]
        )
        (self.folder / "users.sql").write_text(
            f"CREATE USER IF NOT EXISTS '{self.user}'@'%' IDENTIFIED BY '{self.password}';\n"
            f"GRANT ALL ON *.* TO '{self.user}'@'%';\n"
        )

    def _command(self) -> list[str]:
        # Flushed once a second: a commit survives the server's death, though not the machine's.
        return [
            _program("mariadbd"),
            "--no-defaults",
            f"--datadir={self.data}",
            f"--socket={self.folder / 'socket'}",
            f"--pid-file={self.folder / 'pid'}",
            f"--port={self.port}",
            f"--bind-address={self.host}",
            f"--init-file={self.folder / 'users.sql'}",
            "--skip-name-resolve",
            "--innodb-flush-log-at-trx-commit=2",
            "--innodb-buffer-pool-size=32M",
            *self._options,
        ]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One for all tests: a test that stops it starts it again."""
    _require("postgresql", "initdb", "postgres")
    server = PostgresServer()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariadbServer]:
    """One for all tests: a test that stops it starts it again."""
    _require("mariadb-server", "mariadb-install-db", "mariadbd")
    server = MariadbServer()
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh, empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'sessions.db'}"
    fixture = {"postgresql": "postgres_server", "mariadb": "mariadb_server"}[request.param]
    server: DatabaseServer = request.getfixturevalue(fixture)
    return server.create_database()


def _is_frozen(process: psutil.Process) -> bool:
    """Whether the signal has reached every thread: until then one may answer."""
    try:
        threads = [thread.id for thread in process.threads()]
        states = [Path(f"/proc/{process.pid}/task/{i}/stat").read_text() for i in threads]
    except FileNotFoundError:
        return False
    # The state comes after the name in parentheses, which may hold anything.
    return all(state.rpartition(")")[2].split()[0] in {"T", "Z", "X"} for state in states)


def _program(name: str) -> str:
    """Its path; Debian keeps PostgreSQL's programs off the PATH. Raises FileNotFoundError."""
    newest_first = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folders = [os.environ["PATH"], "/usr/sbin", *map(str, newest_first)]
    path = shutil.which(name, path=os.pathsep.join(folders))
    if path is None:
        raise FileNotFoundError(name)
    return path


def _require(package: str, *programs: str) -> None:
    try:
        for program in programs:
            _program(program)
    except FileNotFoundError as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI needs Debian's package {package} ({missing})")
        pytest.skip(f"{missing} is not installed")
