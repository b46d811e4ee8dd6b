from __future__ import annotations

from eyelearn.inference.patience import FACTOR, LEAST_SECONDS, Patience


def test_a_worker_on_a_quick_machine_is_waited_for_about_a_second() -> None:
    patience = Patience(5.0)
    for _ in range(200):
        patience.learn(0.01)
    assert LEAST_SECONDS < patience.seconds < LEAST_SECONDS + FACTOR * 0.011


def test_a_worker_on_a_crowded_machine_is_waited_for_longer() -> None:
    quick, crowded = Patience(5.0), Patience(5.0)
    for _ in range(200):
        quick.learn(0.01)
        crowded.learn(0.1)
    assert crowded.seconds > quick.seconds + 1.0


def test_nobody_is_waited_for_longer_than_it_takes_to_be_killed() -> None:
    patience = Patience(5.0)
    for _ in range(200):
        patience.learn(3.0)
    assert patience.seconds == 5.0
