"""The page in the field, which adds up what it is sent, fails without ambiguity."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from faulty_platform import Faults, faulty_platform
from lesson import Metrics, lesson
from totals import SAVED_SECONDS, owes_nothing, saving

from databases import MariadbServer
from php_platform import Platform
from service import RunningService, running_service
from waiting import until

# A whole number of seconds is sent at the end: half a second of each state may be rounded off.
ROUNDING_SECONDS = 0.5


@pytest.fixture(scope="module")
def platform(mariadb_server: MariadbServer) -> Iterator[Platform]:
    with faulty_platform(mariadb_server) as running:
        yield running


@pytest.fixture(scope="module")
def service(platform: Platform) -> Iterator[RunningService]:
    with running_service(
        {
            "PHP_ENDPOINT": f"{platform.url}/adding.php",
            "SAVE_MODE": "delta",
            "FLUSH_INTERVAL_SECONDS": "1",
            "INFERENCE_WORKERS": "1",
        }
    ) as running:
        yield running


@pytest.mark.parametrize(
    ("fault", "users"),
    [("false", range(1, 4)), ("no database", range(11, 14))],
)
def test_what_is_added_up_is_what_was_told(
    service: RunningService, platform: Platform, fault: str, users: range
) -> None:
    faults = Faults(platform)
    with lesson(service, users) as learners:
        learners.watch(2)
        begin, end = (
            (platform.server.stop, platform.server.start)
            if fault == "no database"
            else (lambda: faults.begin(fault), faults.end)
        )
        begin()
        try:
            until(lambda: saving(service)["endpoint_ok"] is False, SAVED_SECONDS)
            learners.watch(2)
            learners.stop()
        finally:
            end()
        told = {
            str(user_id): learners.told[str(pupil.session_id)]
            for user_id, pupil in zip(users, learners.pupils, strict=True)
        }
        until(lambda: owes_nothing(service) and has(platform, told), SAVED_SECONDS)
        # What comes twice comes soon.
        learners.watch(1)
        assert has(platform, told)


def has(platform: Platform, told: dict[str, Metrics]) -> bool:
    """Whether each learner's only row adds up to what was told. told: metrics by user id."""
    rows = [row for row in platform.sessions() if row["user_id"] in told]
    for row in rows:
        parts = row["focused_time_seconds"] + row["unfocused_time_seconds"]
        assert row["total_time_seconds"] == parts
    return sorted(row["user_id"] for row in rows) == sorted(told) and all(
        abs(float(row[f"{state}_seconds"]) - told[row["user_id"]][state]) <= ROUNDING_SECONDS
        for row in rows
        for state in ("focused_time", "unfocused_time")
    )
