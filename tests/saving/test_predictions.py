"""Predictions from the event loop's side, through a real keeper, into real databases."""

from __future__ import annotations

import os
import runpy
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection, Engine, event, insert, select, text
from sqlalchemy.exc import IntegrityError

from databases import PostgresServer
from eyelearn.concurrency import threads
from eyelearn.redaction import hashed
from eyelearn.saving import migrations
from eyelearn.saving.database import open_engine
from eyelearn.saving.ledger import SessionLedger
from eyelearn.saving.migrations import migrate
from eyelearn.saving.prediction import Batch, Prediction, hash_source
from eyelearn.saving.prediction_log import GATHER_COUNT, MAX_BATCH, PredictionLog
from eyelearn.saving.prediction_store import (
    PredictionStore,
    emotion_classes,
    model_versions,
    prediction_senders,
    predictions_log,
)
from eyelearn.saving.retention import DAY_SECONDS, delete_predictions
from eyelearn.settings import ROOT, Settings
from eyelearn.vision.emotions import DESCRIPTIONS
from saving.records import STARTED_AT, record
from waiting import until

STEP = Path(migrations.__file__).parent / "versions" / "0003_predictions.py"


def prediction(number: int = 0, **values: Any) -> Prediction:
    """The number-th of many; they are told apart by `predicted_at`, a millisecond each."""
    usual: dict[str, Any] = {
        "emotion_id": 1 + number % 7,
        "confidence": 0.1 + 0.2,
        "model_version": "emotions-057dd7bfaee1",
        "processing_time_ms": 12.5,
        "source": "5c2a01ff",
        "face_found": number % 2 == 0,
        "predicted_at": round(STARTED_AT + number / 1000, 3),
    }
    return Prediction(**(usual | values))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> PredictionStore:
    return PredictionStore(engine)


@pytest.fixture
def start(database_url: str) -> Iterator[Callable[..., SessionLedger]]:
    """Starts a ledger on the test's database."""
    started: list[SessionLedger] = []

    def start(**values: Any) -> SessionLedger:
        settings = Settings(
            _env_file=None,
            **({"database_url": database_url, "retention_days": 0, "PHP_ENDPOINT": ""} | values),
        )
        ledger = SessionLedger(settings, threads())
        started.append(ledger)
        ledger.start()
        return ledger

    yield start
    for ledger in started:
        ledger.stop(5.0)


def logged(engine: Engine) -> list[Prediction]:
    """What the table has, in the order of its rows."""
    query = (
        select(
            predictions_log.c.emotion_id,
            predictions_log.c.confidence,
            model_versions.c.tag,
            predictions_log.c.processing_time_ms,
            predictions_log.c.source_ip,
            predictions_log.c.face_found,
            predictions_log.c.predicted_at,
        )
        .join_from(predictions_log, model_versions)
        .order_by(predictions_log.c.id)
    )
    with engine.connect() as connection:
        return [Prediction(*row) for row in connection.execute(query)]


def is_logged(ledger: SessionLedger) -> bool:
    return bool(ledger.status["predictions_waiting"] == 0)


def batch(number: int, *predictions: Prediction, sender: str = "a" * 32) -> Batch:
    return Batch(sender, number, list(predictions))


def test_every_prediction_is_written_in_its_order(
    start: Callable[..., SessionLedger], engine: Engine
) -> None:
    ledger = start()
    kept = [prediction(number) for number in range(450)]
    kept.append(prediction(450, source=None, confidence=1.0, model_version="mine"))
    for each in kept:
        ledger.log(each)
    assert ledger.status["predictions_waiting"] > 0
    until(lambda: is_logged(ledger))
    assert logged(engine) == kept
    assert ledger.status["predictions_dropped"] == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_was_just_predicted_is_written_at_the_end(
    start: Callable[..., SessionLedger], engine: Engine
) -> None:
    ledger = start()
    assert ledger.ready.wait(20.0)
    kept = [prediction(number) for number in range(MAX_BATCH + 500)]
    for each in kept:
        ledger.log(each)
    assert ledger.drain(10.0) == 0
    assert is_logged(ledger)
    ledger.stop(5.0)
    assert logged(engine) == kept


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_the_keeper_has_is_written_though_its_service_is_gone(
    start: Callable[..., SessionLedger], engine: Engine, database_url: str
) -> None:
    ledger = start()
    assert ledger.ready.wait(20.0)
    with closing(sqlite3.connect(engine.url.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        ledger.log(prediction())
        until(lambda: ledger._predictions._is_sent)
        time.sleep(0.2)  # it is on its way
        stopping = threading.Thread(target=ledger.stop, args=(10.0,))
        stopping.start()
        time.sleep(0.2)
        other.execute("ROLLBACK")
        stopping.join(20.0)
    assert logged(engine) == [prediction()]


def test_a_keeper_that_is_killed_costs_nothing_and_doubles_nothing(
    start: Callable[..., SessionLedger], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = start()
    assert ledger.ready.wait(20.0)
    kept = [prediction(number) for number in range(4 * MAX_BATCH)]

    def lose_and_kill(number: int) -> None:
        """In the place of the first acknowledgement: what it is of is committed."""
        monkeypatch.undo()
        os.kill(ledger._keeper.pid or 0, signal.SIGKILL)

    monkeypatch.setattr(ledger._predictions, "acknowledge", lose_and_kill)
    for each in kept[: 2 * MAX_BATCH]:
        ledger.log(each)
    until(lambda: ledger._keeper.starts == 2 and ledger._keeper.is_ready, 60.0)
    for each in kept[2 * MAX_BATCH :]:
        ledger.log(each)
    # Once more, wherever it is with them.
    os.kill(ledger._keeper.pid or 0, signal.SIGKILL)
    until(lambda: is_logged(ledger), 60.0)
    assert ledger._keeper.starts == 3
    assert logged(engine) == kept


def test_a_batch_whose_acknowledgement_is_lost_is_not_written_twice(
    store: PredictionStore, engine: Engine
) -> None:
    first, second = batch(1, prediction(0), prediction(1)), batch(2, prediction(2))
    other = batch(1, prediction(3), sender="b" * 32)
    for sent in (first, first, second, first, other, second, other):
        store.write(sent)
        assert store.write_singly(sent) == []
    assert logged(engine) == [prediction(number) for number in range(4)]


def test_a_batch_that_another_connection_is_committing_is_not_written_twice(
    store: PredictionStore, engine: Engine
) -> None:
    """As by a keeper that was killed, whose database server works on."""
    sent = batch(1, prediction())
    second = threading.Thread(target=_write_patiently, args=(store, sent))
    with engine.begin() as connection:
        values = {"sender": sent.sender, "batch": 1, "updated_at": STARTED_AT}
        connection.execute(insert(prediction_senders).values(values))
        second.start()
        second.join(0.5)
        assert second.is_alive()
    second.join(20.0)
    assert logged(engine) == []


def _write_patiently(store: PredictionStore, sent: Batch) -> None:
    """As the writer does."""
    try:
        store.write(sent)
    except IntegrityError:
        store.write_singly(sent)


def test_a_prediction_that_the_database_refuses_keeps_no_other_from_being_kept(
    start: Callable[..., SessionLedger], engine: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    ledger = start()
    ledger.log(prediction(0))
    ledger.log(prediction(1, confidence=float("nan"), source="10.1.2.3"))
    ledger.log(prediction(2))
    until(lambda: is_logged(ledger))
    assert logged(engine) == [prediction(0), prediction(2)]
    log = capfd.readouterr().err
    assert "the database refuses predictions" in log
    assert "count=1" in log
    assert "10.1.2.3" not in log


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_locked_database_delays_predictions_and_loses_none(
    start: Callable[..., SessionLedger], engine: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    ledger = start()
    assert ledger.ready.wait(20.0)
    kept = [prediction(number) for number in range(3 * MAX_BATCH)]
    with closing(sqlite3.connect(engine.url.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for each in kept:
            ledger.log(each)
        ledger.save(record())
        until(lambda: ledger.status["database_ok"] is False)
        assert ledger.status["predictions_waiting"] == len(kept)
        other.execute("ROLLBACK")
    until(lambda: is_logged(ledger))
    assert logged(engine) == kept
    assert ledger._keeper.starts == 1
    log = capfd.readouterr().err
    assert log.count("predictions_log does not work") == log.count("predictions_log works again")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # none, but a server's
def test_a_database_server_that_is_away_gets_them_when_it_is_back(
    start: Callable[..., SessionLedger], postgres_server: PostgresServer
) -> None:
    database_url = postgres_server.create_database()
    ledger = start(database_url=database_url)
    assert ledger.ready.wait(20.0)
    ledger.log(prediction(0))
    until(lambda: is_logged(ledger))
    postgres_server.kill()
    for number in range(1, 500):
        ledger.log(prediction(number))
    until(lambda: ledger.status["database_ok"] is False)
    postgres_server.start()
    until(lambda: is_logged(ledger))
    engine = open_engine(database_url)
    assert logged(engine) == [prediction(number) for number in range(500)]
    engine.dispose()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> PredictionLog:
    """Without a ledger, and with room for 1000 predictions."""
    monkeypatch.setattr("eyelearn.saving.prediction_log.MAX_WAITING", 1000)
    return PredictionLog(threads(), lambda: None)


def taken(log: PredictionLog) -> tuple[int, list[Prediction]]:
    """The number of the next message's batch, and what it brings."""
    message = log.take()
    assert message is not None
    header, payload = message
    return header["number"], [Prediction(*row) for row in orjson.loads(payload)]


def test_the_oldest_are_dropped_and_counted_when_too_many_wait(
    log: PredictionLog, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(700):
        log.add(prediction(number))
    number, with_keeper = taken(log)
    for later in range(700, 1300):
        log.add(prediction(later))
    assert (log.waiting, log.dropped) == (1000, 300)
    # What the keeper has may be written by now: it is never among the dropped.
    log.send_again()
    assert taken(log) == (number, with_keeper)
    assert with_keeper == [prediction(each) for each in range(700)]
    log.acknowledge(number)
    _, rest = taken(log)
    assert rest == [prediction(each) for each in range(1000, 1300)]
    assert caplog.text.count("the oldest are dropped") == 1
    assert caplog.text.count("are missing in predictions_log") == 1
    assert "'count': 300" in caplog.text


def test_the_keeper_has_one_batch_at_a_time(log: PredictionLog) -> None:
    assert log.take() is None
    for number in range(GATHER_COUNT):
        log.add(prediction(number))
    number, first = taken(log)
    assert len(first) == GATHER_COUNT
    for later in range(GATHER_COUNT):
        log.add(prediction(later))
    assert log.take() is None
    log.acknowledge(number - 1)
    assert log.take() is None
    log.acknowledge(number)
    assert taken(log)[0] == number + 1


def test_a_few_are_gathered_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eyelearn.saving.prediction_log.GATHER_SECONDS", 0.2)
    woken = threading.Event()
    log = PredictionLog(threads(), woken.set)
    log.add(prediction(0))
    log.add(prediction(1))
    assert log.take() is None
    assert woken.wait(20.0)
    assert taken(log)[1] == [prediction(0), prediction(1)]


def test_the_emotions_are_those_of_the_code(engine: Engine) -> None:
    with engine.connect() as connection:
        kept = connection.execute(select(emotion_classes).order_by(emotion_classes.c.id)).all()
    assert [row.id for row in kept] == [1, 2, 3, 4, 5, 6, 7]
    assert [(row.name, row.description) for row in kept] == list(DESCRIPTIONS.items())


def test_our_own_model_has_a_version_from_the_start(engine: Engine) -> None:
    with engine.connect() as connection:
        tags = connection.execute(select(model_versions.c.tag)).scalars().all()
    assert tags == [runpy.run_path(str(STEP))["MODEL_TAG"]]


def test_a_model_is_added_once_when_it_has_predicted_something(
    store: PredictionStore, engine: Engine
) -> None:
    for number, tag in enumerate(("mine", "Mine", "mine", "emotions-057dd7bfaee1"), start=1):
        store.write(batch(number, prediction(number, model_version=tag)))
    with engine.connect() as connection:
        tags = connection.execute(select(model_versions.c.tag)).scalars().all()
    assert sorted(tags) == ["Mine", "emotions-057dd7bfaee1", "mine"]
    assert [each.model_version for each in logged(engine)] == [
        "mine",
        "Mine",
        "mine",
        "emotions-057dd7bfaee1",
    ]


def test_predictions_that_are_old_are_deleted(store: PredictionStore, engine: Engine) -> None:
    now = time.time()
    old = [prediction(predicted_at=now - 3 * DAY_SECONDS) for _ in range(700)]
    young = prediction(predicted_at=now - 1 * DAY_SECONDS)
    store.write(batch(1, *old, young))
    delete_predictions(store, 2)
    assert [each.predicted_at for each in logged(engine)] == [pytest.approx(young.predicted_at)]
    # What is known of a service that writes is not forgotten.
    store.write(batch(1, prediction()))
    assert len(logged(engine)) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_keeper_deletes_old_predictions_at_its_start(
    start: Callable[..., SessionLedger], store: PredictionStore, engine: Engine
) -> None:
    young = prediction(predicted_at=float(int(time.time())))
    store.write(batch(1, prediction(), young))
    start(retention_days=90)
    until(lambda: logged(engine) == [young])


def test_an_address_is_hashed_as_the_log_does() -> None:
    assert hash_source("10.1.2.3") == hashed("10.1.2.3") != hash_source("10.1.2.4")
    assert hash_source("") is None
    assert "10.1" not in str(hash_source("10.1.2.3"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_old_predictions_are_found_by_their_index(engine: Engine) -> None:
    query = "SELECT id FROM predictions_log WHERE predicted_at < '2025' ORDER BY predicted_at"
    with engine.connect() as connection:
        plan = connection.execute(text("EXPLAIN QUERY PLAN " + query)).all()
    assert "INDEX predictions_log_time" in str(plan)


def test_a_batch_is_one_transaction(store: PredictionStore, engine: Engine) -> None:
    commits: list[Connection] = []

    def note(connection: Connection) -> None:
        commits.append(connection)

    event.listen(engine, "commit", note)
    store.write(batch(1, *(prediction(number) for number in range(MAX_BATCH))))
    event.remove(engine, "commit", note)
    assert len(commits) == 1
    assert len(logged(engine)) == MAX_BATCH


def test_the_keeper_loads_nothing_that_judges_pictures() -> None:
    script = (
        "import sys; import eyelearn.saving.keeper;"
        "assert not {'mediapipe', 'cv2', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT / "python_services", check=True)
