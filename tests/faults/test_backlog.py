"""What was owed over a day of downtime."""

from __future__ import annotations

import random
import time
from pathlib import Path

from totals import assert_days_add_up, held, owes_nothing, saving, told_of

from databases import MariadbServer
from eyelearn.saving.database import open_engine
from eyelearn.saving.migrations import migrate
from eyelearn.saving.record import SessionRecord
from eyelearn.saving.store import SessionStore
from php_platform import running_platform
from saving.records import record
from service import running_service
from waiting import until

SESSIONS = 1_000
LEARNERS = 500
DAY_SECONDS = 86_400.0
# Under half a minute on two quiet cores; others may be busy.
DRAINED_SECONDS = 300.0


def owed_since_yesterday(database_url: str) -> list[SessionRecord]:
    chance = random.Random(3)
    now = time.time()
    records = [
        record(
            user_id=number % LEARNERS,
            focused_time=chance.uniform(1, 3000),
            unfocused_time=chance.uniform(0, 300),
            started_at=now - DAY_SECONDS,
            updated_at=now - chance.uniform(0, DAY_SECONDS),
        )
        for number in range(SESSIONS)
    ]
    engine = open_engine(database_url)
    migrate(engine)
    SessionStore(engine, "node").write(records, {})
    engine.dispose()
    return records


def test_a_day_of_owed_sessions_arrives_each_once(
    mariadb_server: MariadbServer, tmp_path: Path
) -> None:
    database_url = f"sqlite:///{tmp_path / 'eyelearn.db'}"
    owed = owed_since_yesterday(database_url)
    environment = {"DATABASE_URL": database_url, "INFERENCE_WORKERS": "1"}
    with (
        running_platform(mariadb_server) as platform,
        running_service({**environment, "PHP_ENDPOINT": platform.save_url}) as service,
    ):
        until(lambda: owes_nothing(service), DRAINED_SECONDS)
        assert saving(service)["endpoint_ok"]
        rows = held(platform, [each.session_id for each in owed])
        assert {uid: told_of(row)["focused_time"] for uid, row in rows.items()} == {
            each.session_id: round(each.focused_time, 3) for each in owed
        }
        assert len(platform.sessions()) == SESSIONS
        assert_days_add_up(platform)
