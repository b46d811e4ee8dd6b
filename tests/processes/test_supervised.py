from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eyelearn.concurrency import threads
from eyelearn.processes.channel import Header
from eyelearn.processes.supervised import PACKAGE_PARENT, SupervisedChild
from waiting import until

HERE = Path(__file__).parent


class Watched:
    """A supervised echo child, and what it told."""

    def __init__(self, configuration: Header) -> None:
        self.messages: list[tuple[Header, bytearray]] = []
        self.greetings: list[Header] = []
        self.deaths = 0
        self.fails_at_death = False
        self.child = SupervisedChild(
            name="echo",
            module="echo_child",
            configuration=configuration,
            concurrency=threads(),
            answer_timeout=1.0,
            on_message=self._on_message,
            on_ready=self.greetings.append,
            on_death=self._on_death,
        )

    def _on_message(self, header: Header, payload: bytearray) -> None:
        if header["type"] == "provoke":
            raise RuntimeError("provoked by the test")
        self.messages.append((header, payload))

    def _on_death(self) -> None:
        self.deaths += 1
        if self.fails_at_death:
            raise RuntimeError("provoked by the test")


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Watched]]:
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    started: list[Watched] = []

    def start(**configuration: Any) -> Watched:
        watched = Watched(configuration)
        started.append(watched)
        watched.child.start()
        assert watched.child.ready.wait(20.0)
        return watched

    yield start
    for watched in started:
        watched.child.stop(5.0)
        assert not is_running(watched.child.pid)


def is_running(pid: int | None) -> bool:
    """A process that ended and was not waited for yet does not count."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_a_child_gets_its_configuration_and_answers(start: Callable[..., Watched]) -> None:
    watched = start(greeting="hello")
    assert watched.greetings == [{"type": "ready", "greeting": "hello"}]
    watched.child.send({"type": "echo", "number": 1}, b"payload")
    until(lambda: watched.messages == [({"type": "echo", "number": 1}, bytearray(b"payload"))])


def test_a_child_that_is_killed_is_started_again(start: Callable[..., Watched]) -> None:
    watched = start()
    first = watched.child.pid
    os.kill(first, signal.SIGKILL)
    until(lambda: watched.deaths == 1)
    assert not watched.child.is_ready
    until(lambda: watched.child.is_ready)
    assert watched.child.pid != first
    watched.child.send({"type": "echo"})
    until(lambda: len(watched.messages) == 1)


def test_a_child_that_hangs_is_replaced(start: Callable[..., Watched]) -> None:
    watched = start()
    first = watched.child.pid
    os.kill(first, signal.SIGSTOP)
    until(lambda: watched.child.is_ready and watched.child.pid != first)
    assert not is_running(first)


def test_a_stopped_child_may_finish_what_it_does(
    start: Callable[..., Watched], tmp_path: Path
) -> None:
    watched = start(parting_file=str(tmp_path / "parting"))
    watched.child.stop(5.0)
    assert (tmp_path / "parting").read_text() == "finished"
    assert watched.child.starts == 1


def test_a_stopped_child_that_hangs_is_killed_in_time(start: Callable[..., Watched]) -> None:
    watched = start()
    os.kill(watched.child.pid, signal.SIGSTOP)
    began = time.monotonic()
    watched.child.stop(0.3)
    assert time.monotonic() - began < 1.0
    assert not is_running(watched.child.pid)


def test_stopping_does_not_wait_for_the_next_start(start: Callable[..., Watched]) -> None:
    watched = start()
    os.kill(watched.child.pid, signal.SIGKILL)
    until(lambda: watched.deaths == 1)
    began = time.monotonic()
    watched.child.stop(5.0)
    assert time.monotonic() - began < 0.3
    assert watched.child.starts == 1


def test_a_message_that_can_not_be_handled_does_not_end_the_child(
    start: Callable[..., Watched], caplog: pytest.LogCaptureFixture
) -> None:
    watched = start()
    watched.child.send({"type": "provoke"})
    watched.child.send({"type": "echo"})
    until(lambda: len(watched.messages) == 1)
    assert watched.deaths == 0
    assert "provoked by the test" in caplog.text


def test_a_terminal_that_interrupts_everybody_leaves_the_child_to_its_parent(
    start: Callable[..., Watched],
) -> None:
    watched = start()
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(watched.child.pid, number)
    watched.child.send({"type": "echo"})
    until(lambda: len(watched.messages) == 1)
    assert watched.child.starts == 1


def run_parent(flavour: str, answer_timeout: float) -> subprocess.Popen[str]:
    paths = os.pathsep.join([str(PACKAGE_PARENT), str(HERE)])
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", str(HERE / "parent.py"), flavour, str(answer_timeout)],
        env=os.environ | {"PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("flavour", ["threads", "eventlet"])
def test_a_child_ends_with_its_parent(flavour: str) -> None:
    with run_parent(flavour, 5.0) as parent:
        assert parent.stdout is not None
        pid, echoed = map(int, parent.stdout.readline().split())
        assert echoed == 3_000_000
        assert is_running(pid)
        parent.kill()
    until(lambda: not is_running(pid))


def test_a_parent_that_was_held_up_does_not_blame_its_child() -> None:
    with run_parent("threads", 1.0) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        time.sleep(1.2)  # a question of the watcher's is under way, or answered
        parent.send_signal(signal.SIGSTOP)
        time.sleep(2.5)
        parent.send_signal(signal.SIGCONT)
        time.sleep(1.5)
        parent.kill()
        assert set(parent.stdout.read().split()) == {"1"}


def test_a_fault_while_a_death_is_handled_does_not_end_the_supervision(
    start: Callable[..., Watched],
) -> None:
    watched = start()
    watched.fails_at_death = True
    assert watched.child.pid is not None
    os.kill(watched.child.pid, signal.SIGKILL)
    until(lambda: len(watched.greetings) == 2, seconds=15)
