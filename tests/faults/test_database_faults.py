"""The service's own database fails in the middle of a lesson."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from keeper_process import keeper_of
from lesson import lesson
from small_disk import fill, small_disk
from totals import SAVED_SECONDS, assert_all_arrive, readiness

from databases import DatabaseServer, MariadbServer
from php_platform import Platform, running_platform
from service import RunningService, running_service
from waiting import until

# A wait for the database on the event loop would be one of its timeouts, 2 s and more.
LONGEST_GAP_SECONDS = 1.0
QUICK = {"FLUSH_INTERVAL_SECONDS": "1", "INFERENCE_WORKERS": "1"}


@pytest.fixture(scope="module")
def platform(mariadb_server: MariadbServer) -> Iterator[Platform]:
    with running_platform(mariadb_server) as running:
        yield running


def assert_a_lesson_goes_on(
    service: RunningService,
    platform: Platform,
    users: range,
    begin_fault: Callable[[], object],
    end_fault: Callable[[], object],
) -> None:
    """Updates come in their time, /readyz tells, and everything is written when it is over."""
    with lesson(service, users) as learners:
        learners.watch(1)
        since = time.monotonic()
        begin_fault()
        try:
            until(lambda: not is_ready(service), SAVED_SECONDS)
            learners.watch(1)
            assert learners.longest_gap(since) < LONGEST_GAP_SECONDS
            assert not is_ready(service)
            learners.stop()
        finally:
            end_fault()
        assert_all_arrive(service, platform, learners.told)
        assert is_ready(service)


def is_ready(service: RunningService) -> bool:
    """Whether it says so, and for its database's sake where it doesn't."""
    status, body = readiness(service)
    assert (status == 200) == body["saving"]["database_ok"]
    return status == 200


@pytest.fixture(scope="module")
def on_sqlite(platform: Platform) -> Iterator[RunningService]:
    with running_service({**QUICK, "PHP_ENDPOINT": platform.save_url}) as service:
        yield service


def database_of(service: RunningService) -> Path:
    return Path(service.environment["DATABASE_URL"].removeprefix("sqlite:///"))


def test_sqlite_locked_by_another_process_delays_no_frame(
    on_sqlite: RunningService, platform: Platform
) -> None:
    with closing(sqlite3.connect(database_of(on_sqlite), isolation_level=None)) as other:
        assert_a_lesson_goes_on(
            on_sqlite,
            platform,
            range(1, 4),
            begin_fault=lambda: other.execute("BEGIN IMMEDIATE"),
            end_fault=other.rollback,
        )


def test_a_file_that_may_not_grow_delays_no_frame(
    on_sqlite: RunningService, platform: Platform
) -> None:
    """As a quota is: any test may set it, on any machine."""
    keeper = keeper_of(on_sqlite)
    _, hard = keeper.rlimit(psutil.RLIMIT_FSIZE)
    assert_a_lesson_goes_on(
        on_sqlite,
        platform,
        range(11, 14),
        begin_fault=lambda: keeper.rlimit(psutil.RLIMIT_FSIZE, (1, hard)),
        end_fault=lambda: keeper.rlimit(psutil.RLIMIT_FSIZE, (hard, hard)),
    )


def test_a_full_disk_delays_no_frame(platform: Platform, tmp_path: Path) -> None:
    with small_disk(tmp_path) as disk:
        environment = {**QUICK, "DATABASE_URL": f"sqlite:///{disk}/eyelearn.db"}
        with running_service({**environment, "PHP_ENDPOINT": platform.save_url}) as service:
            ballast = disk / "ballast"
            assert_a_lesson_goes_on(
                service,
                platform,
                range(21, 24),
                begin_fault=lambda: fill(ballast),
                end_fault=ballast.unlink,
            )


@pytest.fixture(scope="module", params=["postgres_server", "mariadb_server"])
def server(request: pytest.FixtureRequest) -> DatabaseServer:
    """MariaDB is the platform's, too: both are away at once, as where one server hosts both."""
    found: DatabaseServer = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def on_server(server: DatabaseServer, platform: Platform) -> Iterator[RunningService]:
    environment = {**QUICK, "DATABASE_URL": server.create_database()}
    with running_service({**environment, "PHP_ENDPOINT": platform.save_url}) as service:
        yield service


def test_a_database_that_is_stopped_and_started_again_delays_no_frame(
    on_server: RunningService, platform: Platform, server: DatabaseServer
) -> None:
    assert_a_lesson_goes_on(
        on_server, platform, range(31, 34), begin_fault=server.stop, end_fault=server.start
    )


@pytest.mark.parametrize("server", ["postgres_server"], indirect=True)
def test_a_database_that_hangs_delays_no_frame(
    on_server: RunningService, platform: Platform, server: DatabaseServer
) -> None:
    assert_a_lesson_goes_on(
        on_server, platform, range(41, 44), begin_fault=server.freeze, end_fault=server.thaw
    )
