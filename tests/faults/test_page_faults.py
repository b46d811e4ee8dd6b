"""The platform's page fails in every way that pages do, in the middle of a lesson."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from faulty_platform import Faults, faulty_platform
from lesson import lesson
from resetting_proxy import ResettingProxy, resetting_proxy
from totals import SAVED_SECONDS, arrived, assert_all_arrive, saving

from databases import MariadbServer
from php_platform import Platform
from service import RunningService, running_service
from waiting import until

USERS = itertools.count(1)


def class_of(size: int) -> list[int]:
    """User ids that no other test has."""
    return list(itertools.islice(USERS, size))


@pytest.fixture(scope="module")
def platform(mariadb_server: MariadbServer) -> Iterator[Platform]:
    with faulty_platform(mariadb_server) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(platform: Platform) -> Iterator[ResettingProxy]:
    with resetting_proxy(platform.port) as running:
        yield running


@pytest.fixture(scope="module")
def service(proxy: ResettingProxy) -> Iterator[RunningService]:
    with running_service(
        {
            "PHP_ENDPOINT": f"http://127.0.0.1:{proxy.port}/faulty.php",
            "FLUSH_INTERVAL_SECONDS": "1",
            "INFERENCE_WORKERS": "1",
        }
    ) as running:
        yield running


@pytest.fixture
def faults(platform: Platform) -> Iterator[Faults]:
    switches = Faults(platform)
    yield switches
    switches.end()


@pytest.mark.parametrize("fault", ["false", "error", "garbage"])
def test_a_page_that_saves_nothing_for_a_while_has_everything_later(
    service: RunningService, platform: Platform, faults: Faults, fault: str
) -> None:
    with lesson(service, class_of(3)) as learners:
        learners.watch(1)
        faults.begin(fault)
        learners.watch(1)
        until(lambda: saving(service)["endpoint_ok"] is False, SAVED_SECONDS)
        learners.stop()
        faults.end()
        assert_all_arrive(service, platform, learners.told)


def test_a_page_that_hangs_is_asked_again_and_holds_up_no_other_session(
    service: RunningService, platform: Platform, faults: Faults
) -> None:
    with lesson(service, class_of(4)) as learners:
        for fault in ("hang", "hang-when-saved"):
            faults.once(fault)
            until(lambda: faults.met_once, SAVED_SECONDS)
        learners.watch(1)
        learners.stop()
        # A post is given up after 10 s, and only two of the four hang.
        until(lambda: len(arrived(platform, learners.told)) >= 2, seconds=8)
        assert len(arrived(platform, learners.told)) < 4
        assert_all_arrive(service, platform, learners.told)


def test_a_connection_reset_after_the_row_was_written_counts_nothing_twice(
    service: RunningService, platform: Platform, proxy: ResettingProxy
) -> None:
    with lesson(service, class_of(3)) as learners:
        learners.watch(1)
        proxy.resets = 6
        learners.watch(1)
        learners.stop()
        assert_all_arrive(service, platform, learners.told)
        assert proxy.resets == 0


@pytest.mark.parametrize("trouble", ["stopped", "frozen"])
def test_a_platform_without_its_mariadb_for_a_while_has_everything_later(
    service: RunningService, platform: Platform, trouble: str
) -> None:
    server = platform.server
    with lesson(service, class_of(3)) as learners:
        learners.watch(1)
        (server.stop if trouble == "stopped" else server.freeze)()
        try:
            learners.watch(2)
            until(lambda: saving(service)["endpoint_ok"] is False, SAVED_SECONDS)
            assert "[503]" in platform.log
            learners.stop()
        finally:
            (server.start if trouble == "stopped" else server.thaw)()
        assert_all_arrive(service, platform, learners.told)
