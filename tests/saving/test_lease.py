from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from eyelearn.saving.database import open_engine
from eyelearn.saving.lease import LEASE_SECONDS, Lease
from eyelearn.saving.migrations import migrate

NOW = 1_736_937_045.0


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    migrate(engine)
    yield engine
    engine.dispose()


PARTING_SECONDS = 5.0


def lease(engine: Engine, service: str, clock: Callable[[], float] = time.time) -> Lease:
    return Lease(engine, service, PARTING_SECONDS, clock)


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


def test_one_service_posts_until_it_is_gone_for_a_minute(engine: Engine) -> None:
    clock = Clock()
    one, other = lease(engine, "one", clock), lease(engine, "other", clock)
    assert one.held()
    assert not other.held()
    for _ in range(10):
        clock.now += LEASE_SECONDS / 2
        assert one.held()
        assert not other.held()
    clock.now += LEASE_SECONDS + 1
    assert other.held()
    assert not one.held()


def test_a_service_that_was_killed_and_restarted_lets_its_last_saves_arrive(
    engine: Engine,
) -> None:
    clock = Clock()
    assert lease(engine, "one", clock).held()
    again, other = lease(engine, "one", clock), lease(engine, "other", clock)
    assert not again.held()
    clock.now += PARTING_SECONDS + 0.1
    assert not other.held()
    assert again.held()


def test_a_service_that_ended_in_order_goes_on_at_once(engine: Engine) -> None:
    before = lease(engine, "one")
    assert before.held()
    before.give_back()
    assert lease(engine, "one").held()


def test_a_service_that_ends_gives_way_at_once(engine: Engine) -> None:
    one, other = lease(engine, "one"), lease(engine, "other")
    assert one.held()
    other.give_back()
    assert not other.held()
    one.give_back()
    assert other.held()
    assert not one.held()


def test_a_lease_by_a_clock_that_was_ahead_is_not_waited_for(engine: Engine) -> None:
    ahead, right = Clock(), Clock()
    ahead.now += 86_400
    assert lease(engine, "one", ahead).held()
    assert lease(engine, "other", right).held()


def test_a_clock_that_jumps_back_does_not_keep_the_lease_from_being_renewed(engine: Engine) -> None:
    clock = Clock()
    one = lease(engine, "one", clock)
    assert one.held()
    clock.now -= 86_400
    assert one.held()
    assert not lease(engine, "other", clock).held()


def test_of_many_at_once_one_gets_it(engine: Engine) -> None:
    leases = [lease(engine, f"service-{n}") for n in range(8)]
    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(lambda each: each.held(), leases)) == 1
