"""The ledger with its real keeper process, a real SQLite file and a real HTTP server."""

from __future__ import annotations

import hashlib
import hmac
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from endpoints import Mode, RecordingEndpoint, recording_endpoint
from eyelearn.concurrency import threads
from eyelearn.errors import Internal
from eyelearn.redaction import hashed
from eyelearn.saving.ledger import SessionLedger
from eyelearn.saving.record import SessionRecord
from eyelearn.settings import Settings
from saving.records import record
from waiting import until


@pytest.fixture
def endpoint() -> Iterator[RecordingEndpoint]:
    with recording_endpoint() as running:
        yield running


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "eyelearn.db"


@pytest.fixture
def start(database: Path) -> Iterator[Callable[..., SessionLedger]]:
    """Starts a ledger on the test's database."""
    started: list[SessionLedger] = []

    def start(php_endpoint: str = "", database_url: str = "", **values: Any) -> SessionLedger:
        settings = Settings(
            _env_file=None,
            database_url=database_url or f"sqlite:///{database}",
            PHP_ENDPOINT=php_endpoint,
            **({"retention_days": 0} | values),  # the tests' records are of 2025
        )
        ledger = SessionLedger(settings, threads())
        started.append(ledger)
        ledger.start()
        return ledger

    yield start
    for ledger in started:
        ledger.stop(5.0)


def keeper_of(ledger: SessionLedger) -> int:
    assert ledger._keeper.pid is not None
    return ledger._keeper.pid


def is_kept(ledger: SessionLedger) -> bool:
    return ledger.status["waiting"] == 0


def rows(database: Path, columns: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(f"SELECT {columns} FROM sessions ORDER BY started_at").fetchall()


def test_a_flush_is_kept_with_the_type_of_its_ids(
    start: Callable[..., SessionLedger], database: Path
) -> None:
    ledger = start()
    kept = record(user_id=123, module_id="123", section_id=None)
    ledger.save(kept)
    until(lambda: is_kept(ledger))
    assert rows(database, "user_id, module_id, section_id, revision") == [("123", '"123"', None, 1)]
    assert ledger.load(kept.session_id, 2.0) == kept
    assert ledger.load("unknown", 2.0) is None
    status = ledger.status
    assert status == {
        "keeper_up": True,
        "database_ok": True,
        "endpoint_ok": None,
        "owed": 0,
        "parked": 0,
        "refused": 0,
        "page_adds_up": False,
        "waiting": 0,
        "predictions_waiting": 0,
        "predictions_dropped": 0,
        "saves_to": f"sqlite:///{database}",
        "posts_to": None,
    }


def test_the_newest_state_is_posted_and_marked(
    start: Callable[..., SessionLedger], database: Path, endpoint: RecordingEndpoint
) -> None:
    ledger = start(endpoint.url)
    first = record(1)
    for revision in (1, 2, 3):
        ledger.save(record(revision, session_id=first.session_id))
    until(lambda: rows(database, "revision, saved_revision") == [(3, 3)] if is_kept(ledger) else 0)
    assert endpoint.bodies[-1]["revision"] == 3
    until(lambda: ledger.status["owed"] == 0 and ledger.status["endpoint_ok"])


def test_a_save_that_is_not_acknowledged_is_posted_again(
    start: Callable[..., SessionLedger],
    endpoint: RecordingEndpoint,
    capfd: pytest.CaptureFixture[str],
) -> None:
    ledger = start(endpoint.url + "?token=secret", debug=True)
    modes: list[Mode] = ["refuse", "error", "garbage", "redirect"]
    records = {mode: record(user_id="a learner's name") for mode in modes}
    for mode, kept in records.items():
        endpoint.mode = mode
        ledger.save(kept)
        until(lambda kept=kept: kept.session_id in {body["session_id"] for body in endpoint.bodies})
    until(lambda: ledger.status["endpoint_ok"] is False)
    until(lambda: ledger.status["owed"] == 4)
    assert endpoint.acknowledged == set()
    endpoint.mode = "ok"
    assert ledger.drain(5.0) == 0
    assert endpoint.acknowledged == {kept.session_id for kept in records.values()}
    log = capfd.readouterr().err
    assert log.count("PHP_ENDPOINT does not work") == 1
    assert log.count("PHP_ENDPOINT works again") == 1
    for reason in ("success", "HTTP 500", "not JSON", "HTTP 302"):
        assert reason in log
    for kept in records.values():
        assert hashed(kept.session_id) in log
        assert kept.session_id not in log
    assert "a learner's name" not in log
    assert "secret" not in log


def test_a_slow_endpoint_gets_eight_sessions_at_once_and_each_of_them_once(
    start: Callable[..., SessionLedger], endpoint: RecordingEndpoint
) -> None:
    endpoint.delay_seconds = 2.0
    ledger = start(endpoint.url)
    records = [record() for _ in range(9)]
    for kept in records:
        ledger.save(kept)
    until(lambda: len(endpoint.bodies) == 8)
    for kept in records:
        ledger.save(record(2, session_id=kept.session_id))
    began = time.monotonic()
    until(lambda: is_kept(ledger))
    assert ledger.load(records[0].session_id, 1.0) is not None
    assert time.monotonic() - began < 1.0
    endpoint.delay_seconds = 0.0
    until(lambda: len(endpoint.bodies) >= 17)
    until(lambda: ledger.status["owed"] == 0)
    assert endpoint.most_at_once == 8
    assert endpoint.twice_at_once == set()
    posted = [(body["session_id"], body["revision"]) for body in endpoint.bodies]
    assert len(posted) == len(set(posted)) == 17


def test_what_was_owed_before_is_posted_after_a_restart_oldest_first(
    start: Callable[..., SessionLedger], endpoint: RecordingEndpoint
) -> None:
    before = start()
    owed = [record(user_id="7", updated_at=float(age)) for age in range(3)]
    for kept in owed:
        before.save(kept)
    until(lambda: is_kept(before))
    before.stop(5.0)
    start(endpoint.url)
    until(lambda: len(endpoint.bodies) == 3)
    assert {body["user_id"] for body in endpoint.bodies} == {"7"}
    posted = {body["session_id"] for body in endpoint.bodies}
    assert posted == {kept.session_id for kept in owed}


def test_a_locked_database_delays_flushes_and_loses_none(
    start: Callable[..., SessionLedger], database: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ledger = start()
    assert ledger.ready.wait(20.0)
    kept = record()
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        ledger.save(record(session_id=kept.session_id))
        until(lambda: ledger.status["database_ok"] is False)
        newest = record(2, session_id=kept.session_id)
        ledger.save(newest)
        assert ledger.load(kept.session_id, 1.0) == newest
        assert ledger.load("another", 2.0) is None
        assert ledger.status["keeper_up"]
        other.execute("ROLLBACK")
    until(lambda: is_kept(ledger))
    assert rows(database, "revision") == [(2,)]
    until(lambda: ledger.status["database_ok"])
    assert "the database does not work" in capfd.readouterr().err
    assert ledger._keeper.starts == 1


def test_a_database_that_comes_late_is_waited_for(
    start: Callable[..., SessionLedger], tmp_path: Path
) -> None:
    in_the_way = tmp_path / "data"
    in_the_way.write_text("a file where the folder will be")
    ledger = start(database_url=f"sqlite:///{in_the_way / 'eyelearn.db'}")
    kept = record()
    ledger.save(kept)
    with pytest.raises(Internal):
        ledger.load("another", 0.5)
    assert not ledger.ready.is_set()
    assert ledger.status["database_ok"] is False
    in_the_way.unlink()
    assert ledger.ready.wait(10.0)
    until(lambda: is_kept(ledger))
    assert rows(in_the_way / "eyelearn.db", "session_id") == [(kept.session_id,)]


def test_one_record_that_the_database_refuses_keeps_no_other_from_being_kept(
    start: Callable[..., SessionLedger], database: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ledger = start()
    bad = record(focused_time=float("nan"))
    good = record()
    ledger.save(bad)
    ledger.save(good)
    until(lambda: ledger.status["waiting"] == 1)
    assert rows(database, "session_id") == [(good.session_id,)]
    log = capfd.readouterr().err
    assert "the database refuses a session" in log
    assert f"session={hashed(bad.session_id)} revision=1" in log
    ledger.save(record(2, session_id=bad.session_id))
    until(lambda: is_kept(ledger))


def test_a_killed_keeper_loses_nothing(start: Callable[..., SessionLedger], database: Path) -> None:
    ledger = start()
    assert ledger.ready.wait(20.0)
    records = [record(user_id=number) for number in range(300)]
    for number, kept in enumerate(records):
        ledger.save(kept)
        if number == 150:
            os.kill(keeper_of(ledger), signal.SIGKILL)
    until(lambda: is_kept(ledger))
    assert ledger._keeper.starts == 2
    assert {row[0] for row in rows(database, "session_id")} == {kept.session_id for kept in records}


def test_a_keeper_that_hangs_blocks_nobody_and_is_replaced(
    start: Callable[..., SessionLedger], database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eyelearn.saving.ledger.ANSWER_TIMEOUT_SECONDS", 2.0)
    ledger = start()
    assert ledger.ready.wait(20.0)
    os.kill(keeper_of(ledger), signal.SIGSTOP)
    slowest = 0.0
    # More than the channel's buffers hold.
    records = [record(user_id="u" * 64) for _ in range(3000)]
    for kept in records:
        began = time.perf_counter()
        ledger.save(kept)
        slowest = max(slowest, time.perf_counter() - began)
    assert slowest < 0.1  # a machine's hiccups included; a blocked send takes 2 s
    assert ledger.load(records[0].session_id, 0.1) == records[0]
    until(lambda: is_kept(ledger), 60.0)
    assert ledger._keeper.starts == 2
    assert len(rows(database, "session_id")) == 3000


def test_a_question_survives_the_keeper_it_was_put_to(
    start: Callable[..., SessionLedger], database: Path
) -> None:
    ledger = start()
    kept = record()
    ledger.save(kept)
    until(lambda: is_kept(ledger))
    os.kill(keeper_of(ledger), signal.SIGKILL)
    assert ledger.load(kept.session_id, 10.0) == kept


def test_draining_posts_what_waits_for_its_next_attempt(
    start: Callable[..., SessionLedger],
) -> None:
    with recording_endpoint() as gone:
        pass
    ledger = start(gone.url)
    for _ in range(20):
        ledger.save(record())
    until(lambda: ledger.status["endpoint_ok"] is False and ledger.status["owed"] == 20)
    time.sleep(1.5)  # attempts are seconds apart by now
    ledger.save(record())
    with recording_endpoint(port=gone.port) as back:
        began = time.monotonic()
        assert ledger.drain(5.0) == 0
        assert time.monotonic() - began < 3.0
        assert len(back.bodies) == 21


def test_draining_ends_in_its_time_and_tells_what_is_left(
    start: Callable[..., SessionLedger], endpoint: RecordingEndpoint
) -> None:
    endpoint.delay_seconds = 5.0
    ledger = start(endpoint.url)
    assert ledger.ready.wait(20.0)
    for _ in range(3):
        ledger.save(record())
    began = time.monotonic()
    assert ledger.drain(1.0) == 3
    assert 0.9 < time.monotonic() - began < 1.5
    began = time.monotonic()
    ledger.stop(1.0)
    assert time.monotonic() - began < 2.0


def test_stopping_writes_what_was_just_given(
    start: Callable[..., SessionLedger], database: Path
) -> None:
    ledger = start()
    assert ledger.ready.wait(20.0)
    for _ in range(500):
        ledger.save(record())
    assert ledger.drain(5.0) == 0
    ledger.stop(5.0)
    assert len(rows(database, "session_id")) == 500


def test_a_session_that_the_page_rejects_is_parked_and_holds_nobody_up(
    start: Callable[..., SessionLedger], database: Path, endpoint: RecordingEndpoint
) -> None:
    ledger = start(endpoint.url)
    poisoned = record()
    endpoint.poisoned[poisoned.session_id] = "reject"

    def posts(kept: SessionRecord) -> int:
        return [body["session_id"] for body in endpoint.bodies].count(kept.session_id)

    def parked() -> list[tuple[object, ...]]:
        return [row for row in rows(database, "outbox, refusals, answer") if row[0] == "parked"]

    ledger.save(poisoned)
    until(lambda: ledger.status["parked"] == 1)
    assert posts(poisoned) == 1
    # Once more, as the page had not taken anybody yet; and then no more.
    for _ in range(3):
        good = record()
        ledger.save(good)
        until(lambda good=good: posts(good) == 1)
        until(lambda: posts(poisoned) == 2 and [row[1] for row in parked()] == [2])
    answer = '"HTTP 422: {\\"success\\": false, \\"error\\": \\"no such module\\"}"'
    assert parked() == [("parked", 2, answer)]
    assert ledger.status["endpoint_ok"]
    endpoint.poisoned.clear()
    ledger.save(record(2, session_id=poisoned.session_id))
    until(lambda: posts(poisoned) == 3 and ledger.status["parked"] == 0)
    until(lambda: set(rows(database, "outbox, refusals, answer")) == {("saved", 0, None)})


def test_sessions_rejected_in_an_outage_are_posted_when_it_is_over(
    start: Callable[..., SessionLedger], endpoint: RecordingEndpoint
) -> None:
    endpoint.mode = "reject"
    ledger = start(endpoint.url)
    records = [record() for _ in range(12)]
    for kept in records[:3]:
        ledger.save(kept)
    until(lambda: ledger.status["parked"] == 3)
    for kept in records[3:]:
        ledger.save(kept)
    until(lambda: ledger.status["endpoint_ok"] is False and ledger.status["parked"] == 0, 20)
    assert endpoint.acknowledged == set()
    endpoint.mode = "ok"
    until(lambda: ledger.status["owed"] == 0 and is_kept(ledger), 60)
    assert endpoint.acknowledged == {kept.session_id for kept in records}


def test_a_session_refused_for_a_day_is_parked(
    start: Callable[..., SessionLedger], database: Path, endpoint: RecordingEndpoint
) -> None:
    endpoint.mode = "refuse"
    ledger = start(endpoint.url)
    kept = record()
    ledger.save(kept)
    until(lambda: is_kept(ledger))
    until(lambda: rows(database, "refusals > 0") == [(1,)])
    assert ledger.status["parked"] == 0
    ledger.stop(5.0)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "UPDATE sessions SET refusals = 500, refused_since = '2025-01-15T10:30:49.123Z'"
        )
    again = start(endpoint.url)
    until(lambda: again.status["parked"] == 1)


def test_every_save_is_signed(
    start: Callable[..., SessionLedger], endpoint: RecordingEndpoint
) -> None:
    ledger = start(endpoint.url, save_secret="a secret")
    ledger.save(record())
    until(lambda: ledger.status["endpoint_ok"])
    (headers,), (body,) = endpoint.headers, endpoint.raw_bodies
    sent_at = headers["X-EyeLearn-Timestamp"]
    assert abs(int(sent_at) - time.time()) < 60
    made = hmac.new(b"a secret", sent_at.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["X-EyeLearn-Signature"] == made


def test_a_page_that_seems_to_add_up_is_told_of(
    start: Callable[..., SessionLedger],
    endpoint: RecordingEndpoint,
    capfd: pytest.CaptureFixture[str],
) -> None:
    endpoint.mode = "adds_up"
    ledger = start(endpoint.url)
    for _ in range(3):
        ledger.save(record())
    until(lambda: ledger.status["page_adds_up"] and not ledger.status["owed"])
    assert capfd.readouterr().err.count("SAVE_MODE=delta") == 1
    endpoint.mode = "ok"
    ledger.save(record())
    until(lambda: not ledger.status["page_adds_up"])


def test_deltas_add_up_over_restarts(
    start: Callable[..., SessionLedger], database: Path, endpoint: RecordingEndpoint
) -> None:
    endpoint.mode = "adds_up"
    first = record(1, focused_time=30.7, unfocused_time=0.9)
    before = start(endpoint.url, save_mode="delta")
    before.save(first)
    until(lambda: is_kept(before) and rows(database, "saved_revision") == [(1,)])
    assert not before.status["page_adds_up"]
    before.stop(5.0)
    after = start(endpoint.url, save_mode="delta")
    values = {"session_id": first.session_id, "focused_time": 60.9, "unfocused_time": 1.6}
    after.save(record(2, **values))
    until(lambda: rows(database, "saved_revision") == [(2,)])
    after.save(record(3, **values, ended_at=1.0))
    until(lambda: rows(database, "saved_revision") == [(3,)])
    assert [body["focused_time"] for body in endpoint.bodies] == [30, 30, 1]
    assert [body["unfocused_time"] for body in endpoint.bodies] == [0, 1, 1]
    assert [body["total_time"] for body in endpoint.bodies] == [30, 31, 2]


def test_a_session_in_which_nothing_was_seen_is_not_posted(
    start: Callable[..., SessionLedger], database: Path, endpoint: RecordingEndpoint
) -> None:
    ledger = start(endpoint.url)
    ledger.save(record(focused_time=0.0, unfocused_time=0.0, ended_at=1.0))
    until(lambda: is_kept(ledger) and rows(database, "outbox") == [("saved",)])
    assert endpoint.bodies == []


def test_what_is_being_posted_when_the_service_dies_is_not_posted_twice(
    start: Callable[..., SessionLedger], database: Path, endpoint: RecordingEndpoint
) -> None:
    endpoint.mode, endpoint.delay_seconds = "adds_up", 1.5
    ledger = start(endpoint.url, save_mode="delta")
    ledger.save(record())
    until(lambda: len(endpoint.bodies) == 1)
    ledger.stop(5.0)
    assert rows(database, "saved_revision") == [(1,)]


def test_sessions_that_the_platform_has_are_not_kept_for_ever(
    start: Callable[..., SessionLedger], database: Path, endpoint: RecordingEndpoint
) -> None:
    old, young = record(), record(updated_at=time.time() - 80 * 86_400)
    before = start(endpoint.url)
    for kept in (old, young):
        before.save(kept)
    until(lambda: rows(database, "outbox") == [("saved",)] * 2 if is_kept(before) else False)
    before.stop(5.0)
    unposted = start()
    owed = record()
    unposted.save(owed)
    until(lambda: is_kept(unposted))
    unposted.stop(5.0)
    start(retention_days=90)
    until(lambda: len(rows(database, "session_id")) == 2)
    left = {row[0] for row in rows(database, "session_id")}
    assert left == {young.session_id, owed.session_id}


def test_two_services_on_one_database_post_each_session_once(
    start: Callable[..., SessionLedger], database: Path, endpoint: RecordingEndpoint
) -> None:
    endpoint.mode, endpoint.delay_seconds = "adds_up", 0.1
    services = [start(endpoint.url, save_mode="delta", port=port) for port in (5000, 5001)]
    for number in range(40):
        services[number % 2].save(record())
    until(lambda: all(map(is_kept, services)) and rows(database, "outbox") == [("saved",)] * 40)
    posted = [body["session_id"] for body in endpoint.bodies]
    assert len(posted) == len(set(posted)) == 40
