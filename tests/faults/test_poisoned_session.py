"""One session that the platform's page won't take."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from faulty_platform import Faults, faulty_platform
from lesson import lesson
from totals import SAVED_SECONDS, arrived, assert_all_arrive, assert_platform_has, saving

from databases import MariadbServer
from eyelearn.settings import ROOT
from php_platform import Platform
from service import RunningService, running_service
from waiting import until

FPS = 2.0


@pytest.fixture(scope="module")
def platform(mariadb_server: MariadbServer) -> Iterator[Platform]:
    with faulty_platform(mariadb_server) as running:
        yield running


@pytest.fixture(scope="module")
def service(platform: Platform) -> Iterator[RunningService]:
    with running_service(
        {
            "PHP_ENDPOINT": f"{platform.url}/faulty.php",
            "FLUSH_INTERVAL_SECONDS": "1",
            "INFERENCE_WORKERS": "1",
        }
    ) as running:
        yield running


def manage(service: RunningService, *words: str) -> str:
    """What the operator's command says."""
    return subprocess.run(
        [sys.executable, "python_services/manage.py", *words],
        cwd=ROOT,
        env={**os.environ, **service.environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize(("status", "first", "waits"), [(422, 1, "parked"), (500, 101, "owed")])
def test_a_poisoned_session_holds_nobody_up_and_is_delivered_when_the_page_is_mended(
    service: RunningService, platform: Platform, status: int, first: int, waits: str
) -> None:
    faults = Faults(platform)
    with lesson(service, range(first, first + 16), FPS) as learners:
        poisoned = str(learners.pupils[0].session_id)
        faults.poison(poisoned, status)
        learners.watch(2)
        learners.stop()
        others = {uid: told for uid, told in learners.told.items() if uid != poisoned}
        until(lambda: arrived(platform, others) == others.keys(), SAVED_SECONDS)
        assert_platform_has(platform, others)
        until(lambda: is_left(service, **{waits: 1}), SAVED_SECONDS)
        faults.end()
        if waits == "parked":
            listed = manage(service, "parked")
            assert poisoned in listed
            assert f"HTTP {status}" in listed
            assert "1 sessions are posted again" in manage(service, "resend", poisoned)
        # Whoever comes next has the service look for what is owed, sooner than it would by itself.
        with lesson(service, range(first + 50, first + 51)) as later:
            later.watch(1)
            later.stop()
        assert_all_arrive(service, platform, learners.told | later.told)


def is_left(service: RunningService, owed: int = 0, parked: int = 0) -> bool:
    state = saving(service)
    return (state["owed"], state["parked"]) == (owed, parked)
