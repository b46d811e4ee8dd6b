"""A session across the rooms, with judgements and a ledger that do as the test says."""

from __future__ import annotations

import gc
import math
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from eyelearn.concurrency import Concurrency, threads
from eyelearn.errors import Internal, NotTracking, Overloaded, RateLimited, Superseded
from eyelearn.inference.landmark_batch import LandmarkBatch
from eyelearn.processes.channel import Header
from eyelearn.saving.record import SessionRecord
from eyelearn.session_service import Judgement, Landmarks, Outcome, SessionService
from eyelearn.settings import Settings
from eyelearn.tracking.session import LearnerIds, WebSocketEyeTrackingSession
from eyelearn.vision.observation import Observation
from tracking.faces import seen

IDS = LearnerIds(1, 22, None)


class Pool:
    """Sees the same in every frame."""

    observation = seen()
    frames_per_second = 1000.0

    def __init__(self) -> None:
        self.judged = 0
        self.alone: bool | None = None
        self.fails = False

    def submit(
        self,
        session_id: str,
        frame: bytes,
        tell: Callable[[Observation | Internal], None],
        request: Header,
    ) -> None:
        self.judged += 1
        self.alone = request["alone"]
        tell(Internal("no") if self.fails else self.observation)

    def measure(self, session_id: str, batch: LandmarkBatch) -> None:
        face = self.observation.face
        batch.resolve(Internal("no") if self.fails else [face] * batch.samples)

    def release(self, session_id: str) -> None:
        pass


@dataclass
class Ledger:
    """Keeps the newest record of each session; `silent` is a database that does not answer."""

    records: dict[str, SessionRecord] = field(default_factory=dict)
    silent: bool = False
    while_loading: object = None

    def save(self, record: SessionRecord) -> None:
        held = self.records.get(record.session_id)
        assert held is None or record.revision > held.revision
        self.records[record.session_id] = record

    def load(self, session_id: str, timeout: float) -> SessionRecord | None:
        if callable(self.while_loading):
            self.while_loading()
        if self.silent:
            raise Internal("The database does not answer.")
        return self.records.get(session_id)

    def drain(self, seconds: float) -> int:
        return 0


class Sitting:
    """A service with a clock that the test turns."""

    def __init__(
        self, ledger: Ledger | None = None, concurrency: Concurrency | None = None
    ) -> None:
        self.now = 1000.0
        self.ledger = ledger or Ledger()
        self.pool = Pool()
        settings = Settings(_env_file=None)
        self.service = SessionService(
            settings,
            self.pool,  # type: ignore[arg-type]
            self.ledger,  # type: ignore[arg-type]
            concurrency or threads(),
            clock=lambda: self.now,
        )

    def watch(self, holder: str, seconds: float) -> dict[str, object]:
        """Ten frames a second, with the housekeeping of that time; the metrics told last."""
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            session = self.judge(holder).session
            self.service._tidy(self.now)
        return session.metrics.to_dict()

    def judge(self, holder: str) -> Judgement:
        told: list[Outcome] = []
        self.service.judge(holder, b"", told.append)
        return told[0]()

    def pause(self, seconds: float) -> None:
        self.now += seconds
        self.service._tidy(self.now)


def test_a_session_is_saved_at_its_start_every_interval_and_at_its_end() -> None:
    sitting = Sitting()
    session, resumed = sitting.service.start("c", IDS)
    assert not resumed
    kept = lambda: sitting.ledger.records[session.session_id]  # noqa: E731
    assert (kept().revision, kept().ended_at) == (0, None)
    sitting.watch("c", 95.0)
    assert 3 <= kept().revision <= 4
    told = sitting.service.stop("c").metrics.to_dict()
    assert kept().end_reason == "stopped"
    assert kept().focused_time == pytest.approx(told["focused_time"], abs=0.001)


def test_a_quiet_session_is_not_saved_again_and_again() -> None:
    sitting = Sitting()
    session, _ = sitting.service.start("c", IDS)
    for _ in range(50):
        sitting.pause(1.0)
    assert sitting.ledger.records[session.session_id].revision == 0


def test_a_hidden_page_stays_hidden_over_an_idle_end() -> None:
    sitting = Sitting()
    sitting.service.start("c", IDS)
    sitting.watch("c", 5.0)
    sitting.service.set_hidden("c", True)
    sitting.pause(61.0)
    before = sitting.watch("c", 1.0)["focused_time"]
    assert sitting.watch("c", 10.0)["focused_time"] == before


def test_a_new_connection_begins_with_a_page_in_sight() -> None:
    sitting = Sitting()
    session, _ = sitting.service.start("c", IDS)
    sitting.service.set_hidden("c", True)
    sitting.service.drop("c")
    assert sitting.service.start("d", IDS, session.session_id) == (session, True)
    assert sitting.watch("d", 3.0)["current_state"] == "focused"


def test_revisions_go_on_over_end_resume_and_end() -> None:
    sitting = Sitting()
    session, _ = sitting.service.start("c", IDS)
    for holder in ("d", "e", "f"):
        sitting.watch(session.holder or "", 1.0)
        sitting.service.drop(session.holder or "")
        sitting.service.start(holder, IDS, session.session_id)
    assert sitting.ledger.records[session.session_id].revision == 3


def test_a_session_goes_on_after_a_restart_from_what_was_kept() -> None:
    before = Sitting()
    session, _ = before.service.start("c", IDS)
    metrics = before.watch("c", 5.0)
    before.service.drop("c")
    after = Sitting(before.ledger)
    resumed, flag = after.service.start("d", IDS, session.session_id)
    assert flag
    assert resumed.metrics.to_dict()["focused_time"] == metrics["focused_time"]


def test_what_was_learned_of_a_learner_outlives_the_service() -> None:
    before = Sitting()
    before.pool.observation = seen(yaw=6.0, pitch=-4.0)
    session, _ = before.service.start("c", IDS)
    before.watch("c", 30.0)
    learned = session.neutral.to_dict()
    assert session.neutral.value.yaw > 3.0
    before.service.drop("c")
    resumed, _ = Sitting(before.ledger).service.start("d", IDS, session.session_id)
    assert resumed is not session
    assert resumed.neutral.to_dict() == pytest.approx(learned)


@pytest.mark.parametrize(
    "kept",
    [
        None,
        {},
        {"yaw": math.nan},
        {"yaw": 1e9},
        {"yaw": 10**400},
        {"yaw": "left"},
        {"yaw": None},
        {"seconds": [1]},
    ],
    ids=["none", "empty", "nan", "far", "huge", "text", "null", "list"],
)
def test_a_neutral_that_makes_no_sense_is_learned_anew(
    kept: dict[str, Any] | None, caplog: pytest.LogCaptureFixture
) -> None:
    before = Sitting()
    session, _ = before.service.start("c", IDS)
    fresh = session.neutral.to_dict()
    before.watch("c", 5.0)
    before.service.drop("c")
    record = before.ledger.records[session.session_id]
    spoilt = fresh | kept if kept else kept
    before.ledger.records[session.session_id] = replace(record, neutral=spoilt)
    caplog.clear()
    after = Sitting(before.ledger)
    resumed, flag = after.service.start("d", IDS, session.session_id)
    assert flag
    assert resumed.neutral.to_dict() == fresh
    assert caplog.text.count("neutral") == int(kept is not None)
    assert after.watch("d", 1.0)["current_state"] == "focused"


def test_a_silent_database_costs_the_resume_but_not_the_tracking() -> None:
    sitting = Sitting(Ledger(silent=True))
    session, resumed = sitting.service.start("c", IDS, "5f0e6d2c-0000-4000-8000-000000000000")
    assert not resumed
    assert sitting.watch("c", 1.0)["current_state"] == "focused"
    assert session.session_id in sitting.ledger.records


def test_a_connection_that_goes_while_its_session_is_looked_up_holds_nothing() -> None:
    sitting = Sitting()
    sitting.ledger.while_loading = lambda: sitting.service.drop("c")
    with pytest.raises(NotTracking):
        sitting.service.start("c", IDS, "5f0e6d2c-0000-4000-8000-000000000000")
    assert sitting.service.alive_count == 0


def test_no_session_begins_once_the_service_stops_not_even_one_that_was_looked_up() -> None:
    sitting = Sitting()
    sitting.ledger.while_loading = lambda: sitting.service.shut_down(0.0)
    with pytest.raises(Overloaded):
        sitting.service.start("c", IDS, "5f0e6d2c-0000-4000-8000-000000000000")
    assert sitting.service.alive_count == 0


def test_shutting_down_ends_and_saves_every_session() -> None:
    sitting = Sitting()
    for holder in "abc":
        sitting.service.start(holder, IDS)
        sitting.watch(holder, 1.0)
    sitting.service.shut_down(0.0)
    assert {record.end_reason for record in sitting.ledger.records.values()} == {"shutdown"}
    with pytest.raises(NotTracking):
        sitting.judge("a")


def test_a_session_whose_picture_waits_to_be_judged_is_not_idle() -> None:
    sitting = Sitting()
    sitting.service.start("c", IDS)
    sitting.pause(50.0)
    told: list[Outcome] = []
    sitting.service.judge("c", b"", told.append)
    sitting.pause(20.0)
    assert told[0]().session.ended_at is None


@pytest.mark.parametrize("sent", [b"", Landmarks(b"", [0.0], 0.0, [1], 640, 480)])
def test_an_error_that_was_told_keeps_nothing_that_was_sent(sent: bytes | Landmarks) -> None:
    """Else it stays until the garbage collector comes."""
    sitting = Sitting()
    sitting.service.start("c", IDS)
    told: list[weakref.ref[Internal]] = []

    def tell(outcome: Outcome) -> None:
        try:
            outcome()
        except Internal as error:
            told.append(weakref.ref(error))

    sitting.pool.fails = True
    gc.disable()
    try:
        if isinstance(sent, bytes):
            sitting.service.judge("c", sent, tell)
        else:
            sitting.service.observe("c", sent, tell)
        assert [error() for error in told] == [None]
    finally:
        gc.enable()


def test_stopping_a_session_that_ended_by_being_idle_ends_it_for_good() -> None:
    sitting = Sitting()
    session, _ = sitting.service.start("c", IDS)
    sitting.watch("c", 1.0)
    sitting.pause(61.0)
    sitting.service.stop("c")
    assert sitting.ledger.records[session.session_id].end_reason == "stopped"
    assert sitting.service.start("c", IDS, session.session_id)[1] is False


def test_starting_another_session_on_one_connection_ends_the_first() -> None:
    sitting = Sitting()
    first, _ = sitting.service.start("c", IDS)
    second, _ = sitting.service.start("c", IDS)
    assert sitting.ledger.records[first.session_id].end_reason == "replaced"
    assert sitting.judge("c").session is second


def test_a_user_has_so_many_sessions_at_a_time_and_the_one_too_many_is_refused() -> None:
    sitting = Sitting()
    sessions = [sitting.service.start(holder, IDS)[0] for holder in "abcde"]
    with pytest.raises(RateLimited, match="5 sessions already"):
        sitting.service.start("f", IDS._replace(user_id="1", module_id=23))
    assert all(session.ended_at is None for session in sessions)
    sitting.service.start("f", IDS._replace(user_id=2))
    sitting.service.stop("a")
    assert sitting.service.start("g", IDS)[0].ended_at is None


def test_who_reloads_the_page_again_and_again_is_not_kept_out() -> None:
    sitting = Sitting()
    for n in range(20):
        sitting.service.start(f"page {n}", IDS)
        sitting.judge(f"page {n}")
        sitting.service.drop(f"page {n}")


def test_pages_that_went_without_a_word_give_way_once_nothing_comes_of_them() -> None:
    sitting = Sitting()
    for n in range(20):
        sitting.service.start(f"page {n}", IDS)
        sitting.watch(f"page {n}", 5.0)
    assert sitting.service.alive_count == 5
    assert {r.end_reason for r in sitting.ledger.records.values()} == {None, "idle"}
    for n in range(15, 20):
        sitting.judge(f"page {n}")
    with pytest.raises(RateLimited):
        sitting.judge("page 14")


def test_taking_a_session_over_or_replacing_it_takes_no_more_room() -> None:
    sitting = Sitting()
    sessions = [sitting.service.start(holder, IDS)[0] for holder in "abcde"]
    assert sitting.service.start("f", IDS, sessions[0].session_id) == (sessions[0], True)
    assert sitting.service.start("b", IDS)[0].ended_at is None
    assert sitting.service.alive_count == 5


def test_a_dropped_session_goes_on_only_where_there_is_room() -> None:
    sitting = Sitting()
    dropped, _ = sitting.service.start("a", IDS)
    sitting.service.drop("a")
    for holder in "bcdef":
        sitting.service.start(holder, IDS)
    with pytest.raises(RateLimited):
        sitting.service.start("g", IDS, dropped.session_id)
    sitting.service.stop("b")
    assert sitting.service.start("g", IDS, dropped.session_id) == (dropped, True)


def test_a_refused_start_leaves_the_connection_as_it_was() -> None:
    sitting = Sitting()
    other, _ = sitting.service.start("a", IDS._replace(user_id=2))
    for holder in "bcdef":
        sitting.service.start(holder, IDS)
    with pytest.raises(RateLimited):
        sitting.service.start("a", IDS)
    assert sitting.judge("a").session is other


class Classroom(Sitting):
    """Learners who send at a rate of their own, whatever they are told."""

    def __init__(self, capacity: float) -> None:
        super().__init__()
        self.pool.frames_per_second = capacity
        self.told: dict[str, list[Judgement]] = {}

    def enter(self, holder: str) -> WebSocketEyeTrackingSession:
        session, _ = self.service.start(holder, IDS._replace(user_id=holder))
        self.told[holder] = []
        return session

    def send(self, fps: int, seconds: float) -> None:
        """Everybody; the service looks after itself twice a second."""
        for n in range(round(seconds * fps)):
            self.now += 1 / fps
            if n % (fps // 2) == 0:
                self.service._tidy(self.now)
            for holder, told in self.told.items():
                told.append(self.judge(holder))

    def max_fps(self, holder: str) -> float:
        """What the client was told last."""
        return [told.max_fps for told in self.told[holder] if told.max_fps is not None][-1]


def test_above_the_capacity_everyone_gets_the_same_and_all_of_it_is_used() -> None:
    room = Classroom(capacity=40.0)
    for holder in "abcdefgh":
        room.enter(holder)
    room.send(fps=15, seconds=5.0)
    room.pool.judged = 0
    room.told = {holder: [] for holder in room.told}
    room.send(fps=15, seconds=20.0)
    judged = [sum(each.judged for each in told) for told in room.told.values()]
    assert max(judged) - min(judged) <= 2
    assert 0.9 * 40.0 <= room.pool.judged / 20.0 <= 40.0


def test_a_learner_who_needs_little_leaves_the_rest_to_the_others() -> None:
    room = Classroom(capacity=40.0)
    for holder in "abcd":
        room.enter(holder)
    room.service.set_hidden("a", True)
    room.send(fps=15, seconds=5.0)
    assert room.max_fps("a") == 5.0
    assert room.max_fps("b") > 40.0 * 0.95 / 4


def test_everyone_is_told_more_again_when_others_leave() -> None:
    room = Classroom(capacity=40.0)
    for holder in "abcdefgh":
        room.enter(holder)
    room.send(fps=15, seconds=5.0)
    assert room.max_fps("a") < 6.0
    for holder in "cdefgh":
        room.service.stop(holder)
        del room.told[holder]
    room.send(fps=15, seconds=5.0)
    assert room.max_fps("a") > 12.0


def test_only_first_pictures_are_turned_away_and_only_when_nobody_could_get_two_a_second() -> None:
    room = Classroom(capacity=10.0)
    for holder in "abcd":
        room.enter(holder)
    room.send(fps=10, seconds=3.0)
    room.service.start("e", IDS)
    with pytest.raises(Overloaded) as refused:
        room.judge("e")
    assert refused.value.retry_after_seconds
    room.send(fps=10, seconds=3.0)
    room.service.stop("a")
    del room.told["a"]
    room.send(fps=10, seconds=5.0)
    room.told["e"] = []
    room.send(fps=10, seconds=3.0)
    assert room.told["e"][-1].session.metrics.focused_time > 0.0


def test_a_session_that_was_judged_before_is_not_turned_away_after_a_restart() -> None:
    before = Sitting()
    session, _ = before.service.start("c", IDS)
    before.watch("c", 2.0)
    before.service.drop("c")
    after = Classroom(capacity=0.5)
    after.ledger.records.update(before.ledger.records)
    after.service._tidy(after.now + 0.5)
    after.service.start("c", IDS, session.session_id)
    assert after.judge("c").judged
    after.service._tidy(after.now + 1.0)
    after.service.start("d", IDS)
    with pytest.raises(Overloaded):
        after.judge("d")


def test_a_skipped_picture_repeats_the_last_judgement_and_earns_no_time() -> None:
    room = Classroom(capacity=6.0)
    session = room.enter("a")
    room.enter("b")
    room.send(fps=15, seconds=10.0)
    told = room.told["a"]
    skipped = [(told[n - 1], told[n]) for n in range(1, len(told)) if not told[n].judged]
    assert len(skipped) > len(told) / 2
    assert all(now.attention is before.attention for before, now in skipped)
    # What was seen from the first picture to the last that was judged; no less, and no more.
    assert 9.0 <= session.metrics.focused_time <= 10.0
    assert session.metrics.focus_sessions == 1


def test_the_first_picture_after_a_page_is_hidden_is_judged() -> None:
    room = Classroom(capacity=6.0)
    for holder in "ab":
        room.enter(holder)
    room.send(fps=15, seconds=5.0)
    room.service.set_hidden("a", True)
    room.now += 0.01
    judgement = room.judge("a")
    assert judgement.judged
    assert judgement.attention.verdict.gaze_direction == "page_hidden"


def test_landmarks_that_could_not_be_measured_count_when_they_come_again() -> None:
    sitting = Sitting()
    sitting.service.start("c", IDS)
    batch = Landmarks(b"", [0.0, 200.0, 400.0], 400.0, [1, 1, 1], 640, 480)

    def observe() -> Judgement:
        told: list[Outcome] = []
        sitting.service.observe("c", batch, told.append)
        return told[0]()

    sitting.pool.fails = True
    with pytest.raises(Internal):
        observe()
    sitting.pool.fails = False
    assert observe().session.metrics.focused_time == pytest.approx(0.4)
    with pytest.raises(Superseded):
        observe()


def test_learners_are_told_once_to_send_less_often_while_the_event_loop_is_busy() -> None:
    busy = Sitting(concurrency=replace(threads(), idle_seconds=lambda: 0.0))
    session, _ = busy.service.start("c", IDS)
    assert busy.service.tell_batch_seconds(session) is None
    busy.service._pace_batches(time.monotonic() + 60.0)
    told: list[Outcome] = []
    for moment in (0.0, 1000.0):
        batch = Landmarks(b"", [moment, moment + 200.0], moment + 200.0, [1, 1], 640, 480)
        busy.service.observe("c", batch, told.append)
    first, second = (outcome().batch_seconds for outcome in told)
    assert first is not None
    assert first > 1.0
    assert second is None
