from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path

from endpoints import recording_endpoint
from eyelearn.events import get_logger
from eyelearn.saving.courier import Courier, Page, where_posted
from eyelearn.saving.database import open_engine
from eyelearn.saving.delivery import Outcome, Owed
from eyelearn.saving.health import Health
from eyelearn.saving.lease import Lease
from eyelearn.saving.migrations import migrate
from eyelearn.saving.store import SessionStore
from saving.records import record
from service import free_port
from waiting import until


def test_the_endpoint_is_told_without_its_secrets() -> None:
    told = where_posted("https://ann:secret@school.example:8443/save.php?token=secret")
    assert told == "https://school.example:8443/save.php"


class CountingStore(SessionStore):
    """Counts how often the courier looks for what is owed."""

    looks = 0

    def owed(self, limit: int, exclude: Collection[str] = ()) -> list[Owed]:
        self.looks += 1
        return super().owed(limit, exclude)


def test_a_dead_page_costs_next_to_nothing_and_gets_everything_when_it_is_back(
    tmp_path: Path,
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/eyelearn.db")
    migrate(engine)
    store = CountingStore(engine, "node")
    store.write([record() for _ in range(300)], {})
    port = free_port()
    health = Health("the page", get_logger("test"), lambda: None)

    def note(session_id: str, outcome: Outcome) -> None:
        store.write((), {session_id: outcome})
        courier.noted({session_id: outcome})

    courier = Courier(
        store, Lease(engine, "node", 5.0), Page(f"http://127.0.0.1:{port}/save.php"), health, note
    )
    courier.start()
    time.sleep(4.0)
    assert health.ok is False
    # 8 at once before it is known to be dead, then one at a time, more and more seldom.
    assert store.looks < 60
    with recording_endpoint(port=port) as endpoint:
        until(lambda: len({body["session_id"] for body in endpoint.bodies}) == 300, seconds=45)
    courier.finish(5.0)
    engine.dispose()
