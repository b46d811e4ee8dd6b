"""The service's wall clock is wrong, or is put right in the middle of a lesson."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lesson import lesson
from totals import SAVED_SECONDS, assert_all_arrive, held, saving

from databases import MariadbServer
from php_platform import Platform, running_platform
from service import RunningService, running_service
from waiting import until
from wall_clock import WallClock

SECRET = "of-both-sides"
HOUR_SECONDS = 3600.0
# The page takes signatures whose time differs by less than 300 s.
SMALL_STEP_SECONDS = 200.0


@pytest.fixture(scope="module")
def platform(mariadb_server: MariadbServer) -> Iterator[Platform]:
    with running_platform(mariadb_server, environment={"SAVE_SECRET": SECRET}) as running:
        yield running


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> WallClock:
    return WallClock(tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="module")
def service(platform: Platform, clock: WallClock) -> Iterator[RunningService]:
    with running_service(
        {
            "PHP_ENDPOINT": platform.save_url,
            "SAVE_SECRET": SECRET,
            "FLUSH_INTERVAL_SECONDS": "1",
            "SHUTDOWN_SECONDS": "1",
            "INFERENCE_WORKERS": "1",
            **clock.environment,
        }
    ) as running:
        yield running


@pytest.mark.parametrize(
    "steps",
    [(0.0, -SMALL_STEP_SECONDS), (SMALL_STEP_SECONDS, 0.0), (0.0, SMALL_STEP_SECONDS)],
    ids=["falls behind", "is put back", "leaps ahead"],
)
def test_a_clock_that_is_moved_between_two_saves_changes_no_seconds(
    service: RunningService, platform: Platform, clock: WallClock, steps: tuple[float, float]
) -> None:
    with lesson(service, range(1, 4)) as learners:
        for step in steps:
            clock.put(step)
            learners.watch(1.5)
        learners.stop()
        assert_all_arrive(service, platform, learners.told)


def test_sessions_wait_while_the_clock_is_wrong_and_arrive_when_it_is_right(
    service: RunningService, platform: Platform, clock: WallClock
) -> None:
    clock.put(HOUR_SECONDS)
    with lesson(service, range(11, 14)) as learners:
        learners.watch(1)
        learners.stop()
        until(lambda: platform.log.count("[401]") >= len(learners.told), SAVED_SECONDS)
        assert (saving(service)["owed"], saving(service)["parked"]) == (len(learners.told), 0)
        assert held(platform, learners.told) == {}
    assert service.terminate() == 0
    clock.put(0.0)
    service.start()
    assert_all_arrive(service, platform, learners.told)
