"""`manage.py`, as an operator calls it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from eyelearn.saving.database import open_engine
from eyelearn.saving.delivery import Refused
from eyelearn.saving.migrations import migrate
from eyelearn.saving.store import SessionStore
from eyelearn.settings import ROOT
from saving.records import record


@pytest.fixture
def store(database_url: str) -> SessionStore:
    engine = open_engine(database_url)
    migrate(engine)
    return SessionStore(engine, "node")


def manage(database_url: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "python_services/manage.py", *words],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=False,
    )


def told(database_url: str, *words: str) -> str:
    done = manage(database_url, *words)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_migrate_makes_the_tables(database_url: str) -> None:
    assert "has the tables of this version" in told(database_url, "migrate")
    assert "No session is parked" in told(database_url, "parked")
    assert "has the tables of this version" in told(database_url, "migrate")


def test_parked_sessions_are_listed_and_sent_again(store: SessionStore, database_url: str) -> None:
    one, other = record(user_id="Zoë"), record()
    refused = Refused(1, 1736937045.0, "HTTP 422: no such <user>", parked=True)
    store.write([one, other], {kept.session_id: refused for kept in (one, other)})
    listed = told(database_url, "parked")
    assert listed.count("HTTP 422: no such <user>") == 2
    assert f"{one.session_id}  user 'Zoë', module 22, section 82, 138.0 s" in listed
    assert "refused 1 times since 2025-01-15T10:30:45.000Z" in listed
    assert told(database_url, "resend", one.session_id).startswith("1 sessions")
    assert [owed.record for owed in store.owed(10)] == [one]
    assert told(database_url, "resend", "--all").startswith("1 sessions")
    assert store.count_parked() == 0


def test_everything_of_a_user_is_deleted(store: SessionStore, database_url: str) -> None:
    store.write([record(user_id=7), record(user_id="7"), record(user_id=8)], {})
    assert told(database_url, "delete-user", "7").startswith("2 sessions are deleted")
    assert [owed.record.user_id for owed in store.owed(10)] == [8]


def test_what_can_not_be_done_is_told_without_a_traceback() -> None:
    wrong = manage("nonsense:secret", "parked")
    assert (wrong.returncode, wrong.stderr) == (1, "DATABASE_URL is not the URL of a database\n")
    away = manage("postgres://ann:secret@127.0.0.1:1/x", "parked")
    assert away.returncode == 1
    assert "refused" in away.stderr
    assert "secret" not in away.stderr
    assert "Traceback" not in away.stderr
    assert manage("sqlite:////tmp/x.db", "resend").returncode == 2
