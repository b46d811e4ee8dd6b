"""Who says nothing is asked for a sign of life, and ended where none comes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from eyelearn.concurrency import Concurrency, threads
from eyelearn.protocols.heartbeat import (
    DEAD_AFTER_SECONDS,
    LOOK_INTERVAL_SECONDS,
    PING_AFTER_SECONDS,
    Heartbeat,
)


class Peer:
    """asked, ended: when, in seconds after the beginning; answers: whether it does so at once."""

    def __init__(self, answers: bool = False) -> None:
        self.name = "web-socket-1"
        self.begun = self.now = self.heard_at = time.monotonic()
        self.answers = answers
        self.asked: list[float] = []
        self.ended: list[float] = []

    def ping(self) -> None:
        self.asked.append(self.now - self.begun)
        if self.answers:
            self.heard_at = self.now

    def cut_off(self) -> None:
        self.ended.append(self.now - self.begun)


def watch(peer: Any, seconds: float, heard: Callable[[float], bool] = lambda _at: False) -> None:
    """heard: whether the peer says something by itself, so many seconds after the beginning."""
    heartbeat = Heartbeat(threads())
    heartbeat.add(peer)
    for number in range(1, round(seconds / LOOK_INTERVAL_SECONDS) + 1):
        at = number * LOOK_INTERVAL_SECONDS
        # A moment later than it was added, as a clock is.
        peer.now = peer.begun + at + 0.01
        if heard(at):
            peer.heard_at = peer.now
        if not peer.ended:
            heartbeat.look_at(peer, peer.now)


def test_who_says_nothing_is_asked_and_then_ended() -> None:
    peer = Peer()
    watch(peer, 60.0)
    assert peer.asked == pytest.approx([PING_AFTER_SECONDS, 2 * PING_AFTER_SECONDS], abs=0.1)
    assert peer.ended == pytest.approx([DEAD_AFTER_SECONDS], abs=0.1)


def test_who_answers_is_asked_again_and_never_ended() -> None:
    peer = Peer(answers=True)
    watch(peer, 600.0)
    assert peer.ended == []
    assert len(peer.asked) in range(24, 31)
    silences = [b - a for a, b in zip(peer.asked, peer.asked[1:], strict=False)]
    assert max(silences) < 60.0


def test_who_is_heard_is_not_asked() -> None:
    peer = Peer()
    watch(peer, 600.0, heard=lambda at: at % 15 == 0)
    assert (peer.asked, peer.ended) == ([], [])


def test_who_has_left_is_not_looked_at() -> None:
    peer: Any = Peer()
    heartbeat = Heartbeat(threads())
    heartbeat.add(peer)
    heartbeat.remove(peer)
    heartbeat.remove(peer)
    heartbeat.look_at(peer, peer.begun + 1000.0)
    assert (peer.asked, peer.ended, len(heartbeat)) == ([], [], 0)


def test_one_that_cannot_be_looked_at_leaves_the_others_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns: Iterator[float] = iter([0.0, 0.0])
    real = threads()

    def sleep(seconds: float) -> None:
        assert seconds == LOOK_INTERVAL_SECONDS
        next(turns)

    concurrency = Concurrency(real.spawn, real.later, sleep, real.lock, real.event)
    heartbeat, broken, dead = Heartbeat(concurrency), Peer(), Peer()

    def fall() -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(broken, "cut_off", fall)
    for peer in (broken, dead):
        peer.heard_at -= DEAD_AFTER_SECONDS
        heartbeat.add(peer)  # type: ignore[arg-type]
    with pytest.raises(StopIteration):
        heartbeat._run()
    assert len(dead.ended) == 2
