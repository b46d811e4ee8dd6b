"""A process of the service dies in the middle of a class."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from keeper_process import keeper_of
from lesson import ATTENTIVE, lesson
from totals import SAVED_SECONDS, assert_all_arrive, assert_platform_has

from databases import MariadbServer
from php_platform import Platform, running_platform
from service import RunningService, running_service
from waiting import until

FLUSH_SECONDS = 2.0
# Two cores carry twenty learners of so few frames a second.
FPS = 2.0
# A flush is committed a moment after it is due, and later where others use the machine.
COMMITTED_SECONDS = 0.5


@pytest.fixture(scope="module")
def platform(mariadb_server: MariadbServer) -> Iterator[Platform]:
    with running_platform(mariadb_server) as running:
        yield running


@pytest.fixture(scope="module")
def service(platform: Platform) -> Iterator[RunningService]:
    with running_service(
        {
            "PHP_ENDPOINT": platform.save_url,
            "FLUSH_INTERVAL_SECONDS": str(FLUSH_SECONDS),
            "INFERENCE_WORKERS": "1",
        }
    ) as running:
        yield running


def test_a_killed_keeper_loses_nothing(service: RunningService, platform: Platform) -> None:
    with lesson(service, range(1, 6)) as learners:
        learners.watch(FLUSH_SECONDS)
        first = keeper_of(service)
        first.kill()
        until(lambda: is_replaced(service, first.pid), SAVED_SECONDS)
        learners.watch(1)
        learners.stop()
        assert_all_arrive(service, platform, learners.told)


def is_replaced(service: RunningService, pid: int) -> bool:
    try:
        return keeper_of(service).pid != pid
    except ValueError:
        return False  # between the two there is none


def test_a_killed_service_loses_one_interval_at_most_and_doubles_nothing(
    service: RunningService, platform: Platform
) -> None:
    with (
        lesson(service, range(11, 21), FPS) as learners,
        lesson(service, range(21, 31), FPS, film=ATTENTIVE) as attentive,
    ):
        learners.watch(2.5 * FLUSH_SECONDS)
        service.kill()
        learners.cut_off()
        attentive.cut_off()
        before = learners.told | attentive.told
        service.start()
        assert all(learners.begin() + attentive.begin())
        pupils = learners.pupils + attentive.pupils
        until(lambda: all(pupil.updates for pupil in pupils), SAVED_SECONDS)
        after = {str(pupil.session_id): pupil.updates[0] for pupil in pupils}
        lost = [told["total_time"] - after[uid]["total_time"] for uid, told in before.items()]
        assert max(lost) <= FLUSH_SECONDS + COMMITTED_SECONDS
        learners.watch(2)
        learners.stop()
        attentive.stop()
        for uid, told in attentive.told.items():
            assert told["focus_sessions"] == before[uid]["focus_sessions"]
            assert told["unfocus_sessions"] == before[uid]["unfocus_sessions"]
        assert_all_arrive(service, platform, learners.told | attentive.told)


def test_a_stopped_service_loses_nothing(service: RunningService, platform: Platform) -> None:
    with lesson(service, range(31, 51), FPS) as learners:
        learners.watch(FLUSH_SECONDS)
        assert service.terminate() == 0
        learners.cut_off()
    assert_platform_has(platform, learners.told)
