"""What the platform holds, beside what the learners were told."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from php_platform import Platform
from service import RunningService
from waiting import POLL_SECONDS

Row = dict[str, Any]

# Faults end, and then retries have to come round: a machine that is busy has time enough.
SAVED_SECONDS = 60.0


def readiness(service: RunningService) -> tuple[int, Row]:
    """Status and body of /readyz."""
    try:
        with urllib.request.urlopen(f"{service.url}/readyz", timeout=20) as answer:
            return int(answer.status), dict(json.load(answer))
    except urllib.error.HTTPError as error:
        return error.code, dict(json.load(error))


def saving(service: RunningService) -> Row:
    """What /readyz says of the saving."""
    return dict(readiness(service)[1]["saving"])


def owes_nothing(service: RunningService) -> bool:
    """Whether everything is in the database, and nothing there waits for the page."""
    state = saving(service)
    return not (state["waiting"] or state["owed"] or state["parked"])


def held(platform: Platform, session_ids: Iterable[str]) -> dict[str, Row]:
    """The platform's rows of these sessions; fails where one has several."""
    wanted = set(session_ids)
    found = [row for row in platform.sessions() if row["session_uid"] in wanted]
    by_id = {row["session_uid"]: row for row in found}
    assert len(found) == len(by_id)
    return by_id


def told_of(row: Row) -> Row:
    """A row in the words of `tracking_update`."""
    data = json.loads(row["session_data"])
    return {
        "focused_time": float(row["focused_time_seconds"]),
        "unfocused_time": float(row["unfocused_time_seconds"]),
        "total_time": float(row["total_time_seconds"]),
        "focus_percentage": data["focus_percentage"],
        "focus_sessions": data["focus_sessions"],
        "unfocus_sessions": data["unfocus_sessions"],
    }


def assert_platform_has(platform: Platform, told: dict[str, Row]) -> None:
    """Every session as its learner was told last, once; and every day as the sum of its sessions.

    told: metrics by session_id.
    """
    rows = held(platform, told)
    assert {uid: told_of(row) for uid, row in rows.items()} == {
        uid: {name: value for name, value in metrics.items() if name != "current_state"}
        for uid, metrics in told.items()
    }
    assert_days_add_up(platform)


def assert_days_add_up(platform: Platform) -> None:
    """The analytics of each day are the sums of its sessions."""
    sums: dict[tuple[object, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 4)
    for row in platform.sessions():
        day = (row["user_id"], row["module_id"], row["section_id"], row["session_date"])
        one = (
            row["total_time_seconds"],
            row["focused_time_seconds"],
            row["unfocused_time_seconds"],
            Decimal(1),
        )
        sums[day] = [a + b for a, b in zip(sums[day], one, strict=True)]
    assert {
        (row["user_id"], row["module_id"], row["section_id"], row["date"]): [
            row["total_time"],
            row["total_focused_time"],
            row["total_unfocused_time"],
            Decimal(row["session_count"]),
        ]
        for row in platform.days()
    } == sums


def arrived(platform: Platform, told: dict[str, Row]) -> set[str]:
    """Sessions whose seconds the platform has as they were told last."""
    return {
        uid
        for uid, row in held(platform, told).items()
        if float(row["total_time_seconds"]) == told[uid]["total_time"]
    }


def assert_all_arrive(service: RunningService, platform: Platform, told: dict[str, Row]) -> None:
    """Waits until all is there and nothing is owed; then the platform has what was told."""
    end = time.monotonic() + SAVED_SECONDS
    # /readyz counts what is owed a moment after it is kept: alone it may speak too soon.
    while time.monotonic() < end and not (
        owes_nothing(service) and arrived(platform, told) == told.keys()
    ):
        time.sleep(POLL_SECONDS)
    assert_platform_has(platform, told)
    assert owes_nothing(service)
