from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from eyelearn.saving.database import open_engine
from eyelearn.saving.delivery import Acknowledged, Owed, Parked, Refused, Released
from eyelearn.saving.migrations import migrate
from eyelearn.saving.record import LearnerId
from eyelearn.saving.store import SessionStore
from saving.records import record


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> SessionStore:
    return SessionStore(engine, "node")


@pytest.mark.parametrize(
    "identifier",
    [123, "123", 2**70, "Zoë 🦉", "\x00'\"\\", "🦉" * 64],
    ids=["integer", "digits", "huge", "unicode", "awkward", "longest"],
)
def test_ids_keep_their_type(store: SessionStore, identifier: LearnerId) -> None:
    kept = record(user_id=identifier, module_id=identifier, section_id=identifier)
    store.write([kept], {})
    loaded = store.load(kept.session_id)
    assert loaded == kept
    assert type(loaded.user_id) is type(identifier)


def test_everything_of_an_ended_session_is_kept(store: SessionStore) -> None:
    kept = record(section_id=None, ended_at=1736937099.001, end_reason="disconnected")
    store.write([kept], {})
    assert store.load(kept.session_id) == kept


def test_the_neutral_is_kept_as_the_newest_revision_has_it(store: SessionStore) -> None:
    kept = record(revision=1)
    store.write([kept], {})
    newer = record(2, session_id=kept.session_id, neutral={"yaw": 1e-300})
    store.write([newer], {})
    assert store.load(kept.session_id) == newer
    nothing = record(3, session_id=kept.session_id, neutral=None)
    store.write([nothing], {})
    assert store.load(kept.session_id) == nothing


@pytest.mark.parametrize("text_there", ["", "{", "[1]", "null", "yaw"])
def test_a_spoilt_neutral_keeps_no_row_from_being_read(
    store: SessionStore, engine: Engine, text_there: str
) -> None:
    spoilt, other = record(), record()
    store.write([spoilt, other], {})
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE sessions SET neutral = :there WHERE session_id = :id"),
            {"there": text_there, "id": spoilt.session_id},
        )
    assert store.load(spoilt.session_id) == replace(spoilt, neutral={})
    assert len(store.owed(10)) == 2


def test_an_unknown_session_is_not_found(store: SessionStore) -> None:
    assert store.load("unknown") is None


@pytest.mark.parametrize("late", [1, 2], ids=["older", "repeated"])
def test_only_a_newer_revision_overwrites(store: SessionStore, late: int) -> None:
    newest = record(revision=2, focused_time=60.0)
    store.write([newest], {})
    store.write([record(late, session_id=newest.session_id, focused_time=1.0)], {})
    assert store.load(newest.session_id) == newest
    third = record(3, session_id=newest.session_id, focused_time=90.0)
    store.write([third], {})
    assert store.load(newest.session_id) == third
    assert [owed.record for owed in store.owed(10)] == [third]


def test_a_session_is_owed_until_its_newest_revision_is_saved(store: SessionStore) -> None:
    first = record(revision=1)
    store.write([first], {})
    assert store.owed(10) == [Owed(first)]
    second = record(revision=2, session_id=first.session_id)
    has = Acknowledged(1, 125.0, 12.0, 5, 2)
    store.write([second], {first.session_id: has})
    assert store.owed(10) == [Owed(second, has)]
    store.write([], {first.session_id: replace(has, revision=2)})
    store.write([], {first.session_id: has})
    assert store.owed(10) == []
    assert store.count_owed() == 0


def test_a_session_that_only_began_owes_nothing(store: SessionStore) -> None:
    store.write([record(revision=0)], {})
    assert store.count_owed() == 0


def test_owed_sessions_come_longest_unchanged_first(store: SessionStore) -> None:
    records = [record(updated_at=float(age)) for age in (3, 1, 2, 4)]
    store.write(records, {})
    by_age = [Owed(kept) for kept in sorted(records, key=lambda kept: kept.updated_at)]
    assert store.owed(2) == by_age[:2]
    assert store.owed(2, exclude={by_age[0].record.session_id}) == by_age[1:3]
    assert store.count_owed() == 4


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_owed_is_found_by_its_index(engine: Engine) -> None:
    query = "SELECT * FROM sessions WHERE outbox = 'owed' ORDER BY updated_at"
    with engine.connect() as connection:
        plan = connection.execute(text("EXPLAIN QUERY PLAN " + query)).all()
    assert "USING INDEX sessions_outbox" in str(plan)
    assert "TEMP B-TREE" not in str(plan)


def test_refusals_are_counted_since_the_last_acknowledgement(store: SessionStore) -> None:
    kept = record()
    store.write([kept], {})
    for at in (100.0, 200.0):
        store.write([], {kept.session_id: Refused(1, at, "down", parked=False)})
    assert store.owed(10) == [Owed(kept, refused_since=100.0, refusals=2)]
    store.write([record(2, session_id=kept.session_id)], {kept.session_id: Acknowledged(1)})
    assert (store.owed(10)[0].refused_since, store.owed(10)[0].refusals) == (None, 0)


@pytest.mark.parametrize("answer", ["<b>\x00 Zoë 🦉</b>", "🦉" * 10_000], ids=["awkward", "long"])
def test_a_parked_session_is_listed_with_its_answer(store: SessionStore, answer: str) -> None:
    kept = record()
    store.write([kept], {kept.session_id: Refused(1, 100.0, answer, parked=True)})
    assert store.owed(10) == []
    assert (store.count_owed(), store.count_parked()) == (0, 1)
    assert store.parked() == [Parked(kept, 100.0, 1, answer[:500])]


def test_a_parked_session_is_owed_again_when_it_changes_or_is_released(store: SessionStore) -> None:
    parked = [record() for _ in range(3)]
    refused = {kept.session_id: Refused(1, 100.0, "no", parked=True) for kept in parked}
    store.write(parked, refused)
    newer = record(2, session_id=parked[0].session_id)
    store.write([newer], {})
    assert store.owed(10) == [Owed(newer, refused_since=100.0, refusals=1)]
    assert store.release([parked[1].session_id, newer.session_id, "unknown"]) == 1
    assert store.count_owed() == 2
    store.write([], {parked[2].session_id: Released()})
    assert (store.count_owed(), store.count_parked()) == (3, 0)
    assert store.release() == 0


def test_everything_of_one_user_is_deleted_and_nothing_else(store: SessionStore) -> None:
    theirs = [record(user_id=7), record(user_id="7")]
    others = [record(user_id=user_id) for user_id in (77, "07", "7 ", " 7", "٧")]
    store.write(theirs + others, {})
    assert store.delete_user("7") == 2
    assert store.count_owed() == 5
    assert store.delete_user("ann") == 0
    store.write([record(user_id=user_id) for user_id in ("ann", "Ann", "ann ")], {})
    assert store.delete_user("ann") == 1


def test_what_is_saved_and_old_is_deleted(store: SessionStore) -> None:
    records = [record(updated_at=float(age)) for age in range(6)]
    saved = {kept.session_id: Acknowledged(1) for kept in records[:5]}
    store.write(records, saved)
    assert store.delete_saved(before=4.0, limit=3) == 3
    assert store.delete_saved(before=4.0, limit=3) == 1
    assert store.delete_saved(before=4.0, limit=3) == 0
    assert store.load(records[4].session_id) == records[4]
    assert store.load(records[5].session_id) == records[5]
