from __future__ import annotations

import logging
import time
from collections.abc import Container
from pathlib import Path

import pytest

from endpoints import recording_endpoint
from eyelearn.saving.courier import Courier, NotSaved, check_answer, payload, where_posted
from eyelearn.saving.database import open_engine
from eyelearn.saving.health import Health
from eyelearn.saving.migrations import migrate
from eyelearn.saving.record import SessionRecord
from eyelearn.saving.store import SessionStore
from saving.records import record
from service import free_port
from waiting import until


def test_a_save_has_the_fields_that_the_platform_knows() -> None:
    sent = payload(record(4, session_id="s", user_id="123", focused_time=125.30049))
    assert sent == {
        "user_id": "123",
        "module_id": 22,
        "section_id": 82,
        "focused_time": 125.3,
        "unfocused_time": 12.7,
        "total_time": 138.0,
        "focus_percentage": 90.8,
        "focus_sessions": 5,
        "unfocus_sessions": 2,
        "session_type": "websocket_cv_tracking",
        "timestamp": "2025-01-15T10:30:49.123Z",
        "session_id": "s",
        "revision": 4,
    }


def test_success_is_acknowledged() -> None:
    check_answer(200, b'{"success": true, "revision": 4}')


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, b'{"success": false, "error": "down"}', "success"),
        (200, b'{"success": "true"}', "success"),
        (200, b'{"success": 1}', "success"),
        (200, b"[true]", "success"),
        (200, b"", "not JSON"),
        (200, b"\xff", "not JSON"),
        (201, b'{"success": true}', "HTTP 201"),
        (302, b'{"success": true}', "HTTP 302"),
        (500, b'{"success": true}', "HTTP 500"),
    ],
)
def test_anything_but_success_is_not(status: int, body: bytes, reason: str) -> None:
    with pytest.raises(NotSaved, match=reason):
        check_answer(status, body)


def test_the_endpoint_is_told_without_its_secrets() -> None:
    told = where_posted("https://ann:secret@school.example:8443/save.php?token=secret")
    assert told == "https://school.example:8443/save.php"


class CountingStore(SessionStore):
    """Counts how often the courier looks for what is owed."""

    looks = 0

    def owed(self, limit: int, exclude: Container[str] = ()) -> list[SessionRecord]:
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
    health = Health("the page", logging.getLogger("test"), lambda: None)

    def mark_saved(session_id: str, revision: int) -> None:
        store.mark_saved(session_id, revision)
        courier.marked({session_id: revision})

    courier = Courier(store, f"http://127.0.0.1:{port}/save.php", health, mark_saved)
    courier.start()
    time.sleep(4.0)
    assert health.ok is False
    # 8 at once before it is known to be dead, then one at a time, more and more seldom.
    assert store.looks < 60
    with recording_endpoint(port=port) as endpoint:
        until(lambda: len({body["session_id"] for body in endpoint.bodies}) == 300, seconds=45)
    engine.dispose()
