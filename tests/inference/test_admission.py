from __future__ import annotations

import itertools
import math

import pytest

from eyelearn.errors import Overloaded
from eyelearn.inference.admission import MIN_FPS, Admission, fair_rate
from eyelearn.inference.throughput import Throughput


def test_nobody_is_limited_where_all_fit() -> None:
    assert fair_rate(100.0, [15.0] * 6) == math.inf
    assert fair_rate(100.0, []) == math.inf


def test_above_the_capacity_all_get_alike() -> None:
    assert fair_rate(100.0, [15.0] * 20) == pytest.approx(5.0)


def test_who_asks_for_more_gets_no_more() -> None:
    assert fair_rate(100.0, [15.0] * 19 + [1000.0]) == pytest.approx(5.0)


def test_what_one_does_not_need_is_shared_by_the_others() -> None:
    assert fair_rate(30.0, [2.0, 20.0, 20.0]) == pytest.approx(14.0)


@pytest.mark.parametrize("capacity", [10.0, 57.0, 200.0])
def test_all_that_can_be_judged_is_given_away_and_no_more(capacity: float) -> None:
    demands = [3.0, 5.0, 8.0, 15.0, 15.0, 18.0]
    given = sum(min(demand, fair_rate(capacity, demands)) for demand in demands)
    assert given == pytest.approx(min(capacity, sum(demands)))


def admits(admission: Admission) -> bool:
    try:
        admission.admit()
    except Overloaded:
        return False
    return True


def places(admission: Admission) -> int:
    return sum(itertools.takewhile(bool, (admits(admission) for _ in range(1000))))


def test_a_newcomer_gets_a_place_as_long_as_everyone_could_have_two_frames_a_second() -> None:
    admission = Admission()
    admission.measure(100.0, [15.0] * 20)
    # 95 usable frames a second are 47 times 2, and 20 learners are there already.
    assert places(admission) == 27


def test_no_share_falls_under_two_frames_a_second() -> None:
    admission = Admission()
    admission.measure(10.0, [15.0] * 20)
    assert places(admission) == 0
    assert admission.fair_fps == MIN_FPS


def test_who_is_turned_away_is_told_when_to_come_back() -> None:
    admission = Admission()
    admission.measure(1.0, [15.0])
    with pytest.raises(Overloaded) as refused:
        admission.admit()
    assert refused.value.retry_after_seconds


def test_one_learner_is_followed_however_slow_the_machine_is() -> None:
    admission = Admission()
    admission.measure(1.0, [])
    assert places(admission) == 1


def test_places_are_free_again_when_learners_leave() -> None:
    admission = Admission()
    admission.measure(10.0, [15.0] * 20)
    admission.measure(10.0, [15.0])
    assert places(admission) == 3


class Worker:
    """One that is busy all the time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.throughput = Throughput()

    def judge(self, seconds_per_frame: float, seconds: float) -> float:
        """Frames a second that two such workers are taken to judge, after so long."""
        for _ in range(round(seconds / seconds_per_frame)):
            self.now += seconds_per_frame
            self.throughput.learn(seconds_per_frame, self.now)
        return self.throughput.per_second(2, self.now)


def test_throughput_is_learned_from_what_frames_take() -> None:
    worker = Worker()
    assert worker.judge(0.005, 20.0) == pytest.approx(400.0, rel=0.05)
    assert worker.judge(0.02, 20.0) == pytest.approx(100.0, rel=0.05)
    assert worker.judge(0.005, 20.0) == pytest.approx(400.0, rel=0.05)


def test_a_worker_that_hung_once_changes_little() -> None:
    worker = Worker()
    before = worker.judge(0.01, 20.0)
    worker.throughput.learn(5.0, worker.now)
    assert worker.throughput.per_second(2, worker.now) == pytest.approx(before, rel=0.2)


def test_what_was_slow_is_forgotten_when_there_is_little_to_do() -> None:
    worker = Worker()
    assert worker.judge(0.3, 20.0) < 10.0
    for _ in range(40):
        worker.now += 0.5
        worker.throughput.learn(0.01, worker.now)
    assert worker.throughput.per_second(2, worker.now) > 150.0


def test_what_was_slow_is_forgotten_where_nobody_is_judged() -> None:
    worker = Worker()
    assert worker.judge(0.3, 20.0) < 10.0
    assert worker.throughput.per_second(2, worker.now + 20.0) > 150.0


def test_one_slow_picture_after_a_quiet_while_turns_no_class_away() -> None:
    worker = Worker()
    worker.judge(0.005, 20.0)
    worker.now += 60.0
    worker.throughput.learn(0.5, worker.now)
    admission = Admission()
    admission.measure(worker.throughput.per_second(2, worker.now), [15.0])
    assert places(admission) >= 5


def beside_others(worker: Worker, seconds_per_picture: float, seconds: float) -> None:
    """Another worker is busy with other requests for so long, all the while."""
    for _ in range(round(seconds / seconds_per_picture)):
        worker.now += seconds_per_picture
        worker.throughput.learn_other(seconds_per_picture, worker.now)


def test_what_else_workers_do_leaves_learners_less() -> None:
    worker = Worker()
    alone = worker.judge(0.01, 20.0)
    beside_others(worker, 0.02, 20.0)
    assert worker.throughput.per_second(4, worker.now) == pytest.approx(2 * alone * 0.75, rel=0.05)


def test_learners_have_half_of_the_workers_whatever_others_ask_for() -> None:
    worker = Worker()
    beside_others(worker, 0.02, 20.0)
    beside = worker.throughput.per_second(1, worker.now)
    worker.now += 60.0
    assert beside == pytest.approx(worker.throughput.per_second(1, worker.now) / 2)


def test_workers_are_busy_with_all_that_they_are_asked_for() -> None:
    worker = Worker()
    assert worker.throughput.busy_share(2, worker.now) == 0.0
    beside_others(worker, 0.02, 20.0)
    assert worker.throughput.busy_share(2, worker.now) == pytest.approx(0.5, rel=0.05)
    assert worker.throughput.busy_share(2, worker.now + 30.0) == pytest.approx(0.0, abs=0.01)
