"""A platform for tests: our PHP files on PHP's own server, with a MariaDB behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pymysql
import pytest
from pymysql.cursors import DictCursor

from databases import MariadbServer
from eyelearn.settings import ROOT
from service import free_port
from waiting import until

START_SECONDS = 20.0
STOP_SECONDS = 20.0
WORKERS = 8
SCHEMA = ROOT / "user" / "database" / "schema.sql"


def require_php() -> str:
    """The path of a PHP that knows MariaDB; skips the test where it is missing."""
    php = shutil.which("php")
    if php is None or b"pdo_mysql" not in subprocess.check_output([php, "-m"]):
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs Debian's packages php-cli and php-mysql")
        pytest.skip("php with pdo_mysql is not installed")
    return php


class Platform:
    """A fresh database with the tables of schema.sql, and the pages of user/ at `url`.

    server: a MariaDB that runs, also where it is stopped and started meanwhile.
    schema: the SQL that makes the tables; None for none.
    folder: what is served. More files may be put there; user/ in it is a copy.
    environment: of PHP, such as SAVE_SECRET; taken at `start`.
    """

    def __init__(
        self,
        server: MariadbServer,
        schema: Path | None = SCHEMA,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.server = server
        self.database = f"platform_{uuid4().hex}"
        server.create_database(self.database)
        if schema is not None:
            self.run_script(schema)
        self.folder = Path(tempfile.mkdtemp(prefix="eyelearn-platform-"))
        shutil.copytree(ROOT / "user", self.folder / "user")
        self.port = free_port()
        self.environment = {
            "MYSQLHOST": server.host,
            "MYSQLPORT": str(server.port),
            "MYSQLDATABASE": self.database,
            "MYSQLUSER": server.user,
            "MYSQLPASSWORD": server.password,
            **(environment or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def save_url(self) -> str:
        """What the service takes as PHP_ENDPOINT."""
        return f"{self.url}/user/database/save_enhanced_tracking.php"

    @property
    def log(self) -> str:
        """What PHP has written: error_log, warnings, requests."""
        return (self.folder / "php.log").read_text(errors="replace")

    def start(self) -> None:
        """Starts PHP, with several workers, and waits until it serves."""
        inherited = {k: v for k, v in os.environ.items() if k not in ("SAVE_SECRET", "ENVIRONMENT")}
        with (self.folder / "php.log").open("ab") as log:
            self._process = subprocess.Popen(
                [require_php(), "-S", f"127.0.0.1:{self.port}", "-t", str(self.folder)],
                env={**inherited, "PHP_CLI_SERVER_WORKERS": str(WORKERS), **self.environment},
                stdout=log,
                stderr=log,
                # Its workers are ended with it, as one group.
                start_new_session=True,
            )
        until(self._listens, START_SECONDS)

    def stop(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(STOP_SECONDS)
            self._process = None

    def remove(self) -> None:
        """Stops PHP, and deletes the folder. The database goes with its server."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def sessions(self) -> list[dict[str, Any]]:
        return self.rows("eye_tracking_sessions")

    def days(self) -> list[dict[str, Any]]:
        return self.rows("eye_tracking_analytics")

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.query(f"SELECT * FROM {table} ORDER BY id")

    def query(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """One statement, committed."""
        with self.connection() as connection, connection.cursor(DictCursor) as cursor:
            cursor.execute(sql, values or None)
            connection.commit()
            return list(cursor.fetchall())

    def run_script(self, path: Path) -> None:
        """A file of SQL statements, as `mariadb DATABASE < file` runs it."""
        with self.connection() as connection, connection.cursor() as cursor:
            cursor.execute(path.read_text())
            while cursor.nextset():
                pass
            connection.commit()

    @contextlib.contextmanager
    def connection(self) -> Iterator[pymysql.Connection[Any]]:
        connection = pymysql.connect(
            host=self.server.host,
            port=self.server.port,
            user=self.server.user,
            password=self.server.password,
            database=self.database,
            charset="utf8mb4",
            client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS,
        )
        try:
            yield connection
        finally:
            connection.close()

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"PHP ended at its start:\n{self.log}"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@contextlib.contextmanager
def running_platform(
    server: MariadbServer,
    schema: Path | None = SCHEMA,
    environment: dict[str, str] | None = None,
) -> Iterator[Platform]:
    """A started platform with empty tables, cleared away afterwards."""
    require_php()
    platform = Platform(server, schema, environment)
    try:
        platform.start()
        yield platform
    finally:
        platform.remove()
