"""Where sessions go when workers die in an order that real processes can't be made to keep."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from eyelearn.concurrency import threads
from eyelearn.errors import FrameTooLarge, Internal, NotTracking, Superseded
from eyelearn.inference import messages
from eyelearn.inference import pool as pool_module
from eyelearn.inference.pool import InferencePool
from eyelearn.inference.ticket import Outcome
from eyelearn.processes.channel import ChannelClosed, Header
from eyelearn.settings import Settings
from eyelearn.vision.emotions import Emotion
from eyelearn.vision.observation import Observation
from waiting import until

# Two sessions keep a worker comfortably busy, and three do not.
FRAME_SECONDS = 0.02


class FakeChild:
    """Up and down as the test says; keeps what it was sent."""

    def __init__(
        self,
        *,
        on_ready: Callable[[Header], None],
        on_death: Callable[[], None],
        on_message: Callable[[Header, bytearray], None],
        **_: Any,
    ) -> None:
        self.is_ready = False
        self.pid = self.starts = 1
        self.started_at = time.monotonic()
        self.sent: list[Header] = []
        self.before_sending: Callable[[], None] = lambda: None
        self.on_message = on_message
        self._on_ready = on_ready
        self._on_death = on_death

    def send(self, header: Header, payload: bytes = b"") -> None:
        self.before_sending()
        if not self.is_ready:
            raise ChannelClosed("down")
        self.sent.append(header)

    def up(self) -> None:
        self.is_ready = True
        self._on_ready(messages.ready(1.0, FRAME_SECONDS))

    def down(self) -> None:
        self.is_ready = False
        self._on_death()

    def judged(self) -> list[int]:
        """The tickets of the frames that it was sent."""
        return [header["ticket"] for header in self.sent if header["type"] == "judge"]

    def answer(self, ticket: int) -> None:
        nobody = Observation(face_count=0, face=None)
        self.on_message(*messages.done(nobody, ticket, 0.01))


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> InferencePool:
    monkeypatch.setattr(pool_module, "SupervisedChild", FakeChild)
    return InferencePool(Settings(_env_file=None, inference_workers=2), threads())


def children(pool: InferencePool) -> tuple[Any, Any]:
    one, other = (worker.child for worker in pool._placement.workers)
    return one, other


def sessions(pool: InferencePool) -> list[int]:
    return [worker["sessions"] for worker in pool.status()]


def wait_for_judgement(pool: InferencePool, session_id: str, outcomes: list[Any]) -> None:
    def judge() -> None:
        try:
            outcomes.append(pool.judge(session_id, b"frame"))
        except Exception as error:
            outcomes.append(error)

    before = sum(sessions(pool))
    threading.Thread(target=judge, daemon=True).start()
    until(lambda: sum(sessions(pool)) == before + 1)


def test_a_worker_that_comes_up_takes_the_sessions_of_one_that_is_down(pool: InferencePool) -> None:
    one, other = children(pool)
    one.up()
    other.up()
    outcomes: list[Any] = []
    for name in "abcd":
        wait_for_judgement(pool, name, outcomes)
    one.down()
    other.down()
    other.up()
    assert sessions(pool) == [0, 4]


def test_a_session_that_ends_while_it_is_moved_leaves_nothing(pool: InferencePool) -> None:
    one, other = children(pool)
    one.up()
    other.up()
    outcomes: list[Any] = []
    for name in "abcd":
        wait_for_judgement(pool, name, outcomes)

    def everybody_leaves() -> None:
        other.before_sending = one.before_sending = lambda: None
        for name in "abcd":
            pool.release(name)

    other.before_sending = one.before_sending = everybody_leaves
    one.down()
    assert sessions(pool) == [0, 0]
    assert len(pool._placement) == 0


def test_a_frame_that_waits_moves_with_its_session(pool: InferencePool) -> None:
    one, other = children(pool)
    outcomes: list[Any] = []
    wait_for_judgement(pool, "a", outcomes)
    other.up()
    one.down()
    until(lambda: [header["type"] for header in other.sent] == ["judge"])
    pool.release("a")
    assert sessions(pool) == [0, 0]


def test_a_frame_that_waits_when_its_session_ends_is_answered(pool: InferencePool) -> None:
    outcomes: list[Any] = []
    wait_for_judgement(pool, "a", outcomes)
    pool.release("a")
    until(lambda: len(outcomes) == 1)
    assert isinstance(outcomes[0], NotTracking)


def test_a_frame_over_the_limit_reaches_no_worker(pool: InferencePool) -> None:
    one, other = children(pool)
    one.up()
    other.up()
    with pytest.raises(FrameTooLarge):
        pool.judge("a", b"\xff\xd8\xff" + bytes(600 * 1024))
    assert one.sent == other.sent == []


def test_who_sends_a_large_frame_does_not_wait_for_a_worker_that_does_not_read(
    pool: InferencePool,
) -> None:
    one, _ = children(pool)
    one.up()
    reads = threading.Event()
    one.before_sending = reads.wait
    outcomes: list[Outcome] = []
    pool.submit("a", bytes(200 * 1024), outcomes.append)
    pool.submit("b", b"small, after a large one", outcomes.append)
    assert (one.sent, outcomes) == ([], [])
    reads.set()
    until(lambda: len(one.judged()) == 2)


def both_up(pool: InferencePool) -> tuple[Any, Any]:
    one, other = children(pool)
    one.up()
    other.up()
    return one, other


def much_later() -> float:
    return time.monotonic() + 60.0


def test_a_frame_that_a_silent_worker_has_goes_to_another_with_its_session(
    pool: InferencePool,
) -> None:
    one, other = both_up(pool)
    outcomes: list[Any] = []
    wait_for_judgement(pool, "a", outcomes)
    until(one.judged)
    pool._relieve_silent(much_later())
    assert sessions(pool) == [0, 1]
    (ticket,) = other.judged()
    other.answer(ticket)
    until(lambda: outcomes)
    assert outcomes == [Observation(face_count=0, face=None)]


def test_a_worker_that_answers_at_last_gets_sessions_again(pool: InferencePool) -> None:
    one, other = both_up(pool)
    outcomes: list[Any] = []
    for name in "abcd":
        wait_for_judgement(pool, name, outcomes)
    until(lambda: len(one.judged()) == 2)
    for ticket in other.judged():
        other.answer(ticket)
    pool._relieve_silent(much_later())
    assert sessions(pool) == [0, 4]
    one.answer(one.judged()[0])
    assert sessions(pool) == [2, 2]


def test_a_worker_is_filled_before_the_next_gets_sessions(pool: InferencePool) -> None:
    both_up(pool)
    found = []
    for name in "abcdef":
        wait_for_judgement(pool, name, [])
        found.append(sessions(pool))
    assert found == [[1, 0], [2, 0], [2, 1], [2, 2], [3, 2], [3, 3]]


def test_a_worker_that_comes_up_takes_no_session_from_one_at_ease(pool: InferencePool) -> None:
    _one, other = both_up(pool)
    other.down()
    for name in "ab":
        wait_for_judgement(pool, name, [])
    other.up()
    assert sessions(pool) == [2, 0]


def test_a_frame_that_two_workers_hang_over_is_not_tried_on_a_third(pool: InferencePool) -> None:
    one, other = both_up(pool)
    outcomes: list[Any] = []
    wait_for_judgement(pool, "a", outcomes)
    until(one.judged)
    pool._relieve_silent(much_later())
    (again,) = other.judged()
    one.down()
    one.up()
    pool._relieve_silent(much_later())
    until(lambda: outcomes)
    assert isinstance(outcomes[0], Internal)
    other.answer(again)
    assert len(one.judged()) == 1


def test_the_newest_frame_of_a_session_is_the_one_that_goes_on(pool: InferencePool) -> None:
    one, other = both_up(pool)
    outcomes: list[Any] = []
    wait_for_judgement(pool, "a", outcomes)
    until(one.judged)
    threading.Thread(target=wait_again, args=(pool, outcomes), daemon=True).start()
    until(lambda: len(one.judged()) == 2)
    pool._relieve_silent(much_later())
    until(lambda: outcomes)
    assert isinstance(outcomes[0], Superseded)
    assert len(other.judged()) == 1


def wait_again(pool: InferencePool, outcomes: list[Any]) -> None:
    try:
        outcomes.append(pool.judge("a", b"newer"))
    except Exception as error:
        outcomes.append(error)


def test_frames_stay_with_a_silent_worker_where_there_is_no_other(pool: InferencePool) -> None:
    one, other = both_up(pool)
    outcomes: list[Any] = []
    wait_for_judgement(pool, "a", outcomes)
    until(one.judged)
    other.down()
    pool._relieve_silent(much_later())
    assert sessions(pool) == [1, 0]
    one.answer(one.judged()[0])
    until(lambda: outcomes == [Observation(face_count=0, face=None)])


def visit(pool: InferencePool, outcomes: list[Any]) -> None:
    """Somebody asks for one picture's emotion, and waits."""

    def ask() -> None:
        try:
            outcomes.append(pool.visit(b"picture", messages.predict()))
        except Exception as error:
            outcomes.append(error)

    before = sum(sessions(pool))
    threading.Thread(target=ask, daemon=True).start()
    until(lambda: sum(sessions(pool)) == before + 1)


def predict(child: Any) -> None:
    """Answers what it was asked last."""
    emotion = Emotion([1.0, 0, 0, 0, 0, 0, 0], face_found=True)
    child.on_message(*messages.done(emotion, child.sent[-1]["ticket"], 0.01))


def test_a_visit_goes_where_it_waits_least_and_leaves_nothing(pool: InferencePool) -> None:
    one, other = both_up(pool)
    outcomes: list[Any] = []
    visit(pool, outcomes)
    visit(pool, outcomes)
    assert [sent["type"] for sent in (*one.sent, *other.sent)] == ["predict"] * 2
    predict(one)
    predict(other)
    until(lambda: len(outcomes) == 2)
    assert all(isinstance(outcome, Emotion) for outcome in outcomes)
    until(lambda: sessions(pool) == [0, 0])
    assert [worker.sessions_served for worker in pool._placement.workers] == [0, 0]
    assert [sent["type"] for sent in (*one.sent, *other.sent)] == ["predict"] * 2


def test_who_visits_a_worker_that_dies_is_told(pool: InferencePool) -> None:
    one, other = both_up(pool)
    outcomes: list[Any] = []
    visit(pool, outcomes)
    for child in (one, other):
        child.down()
    until(lambda: outcomes)
    assert isinstance(outcomes[0], Internal)
    assert sessions(pool) == [0, 0]


def test_a_learner_comes_before_a_guest_who_waited_longer(pool: InferencePool) -> None:
    one, other = both_up(pool)
    other.down()
    for number in range(3):
        pool.submit(f"guest {number}", b"picture", lambda _: None, messages.express(hands=True))
    pool.submit("learner", b"picture", lambda _: None)
    assert [sent["type"] for sent in one.sent] == ["express", "express"]
    one.on_message(*messages.done(b"", one.sent[0]["ticket"], 0.01))
    assert [sent["type"] for sent in one.sent] == ["express", "express", "judge"]


def test_a_picture_that_somebody_chose_may_be_larger_than_a_frame(pool: InferencePool) -> None:
    one, _ = both_up(pool)
    large = b"\xff\xd8\xff" + bytes(1024 * 1024)
    outcomes: list[Any] = []
    threading.Thread(
        target=lambda: outcomes.append(pool.visit(large, messages.prepare())), daemon=True
    ).start()
    until(lambda: one.sent)
    one.on_message(*messages.done(b"clean", one.sent[-1]["ticket"], 0.01))
    until(lambda: outcomes == [b"clean"])
    with pytest.raises(FrameTooLarge):
        pool.visit(large + bytes(1024 * 1024), messages.prepare())


def test_guests_are_spread_over_the_workers_and_learners_go_where_fewer_are(
    pool: InferencePool,
) -> None:
    one, other = both_up(pool)
    for number in range(3):
        pool.submit(f"guest {number}", b"picture", lambda _: None, messages.express(hands=True))
    assert sessions(pool) == [2, 1]
    pool.submit("learner", b"picture", lambda _: None)
    assert sessions(pool) == [2, 2]
    one.down()
    assert [len(worker.guests) for worker in pool._placement.workers] == [0, 3]
    other.down()
    one.up()
    assert [len(worker.guests) for worker in pool._placement.workers] == [3, 0]
    for number in range(3):
        pool.release(f"guest {number}")
    assert [worker.carried for worker in pool._placement.workers] == [1, 0]
