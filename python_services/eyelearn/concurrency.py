"""The few primitives that the rooms of the service process need, whoever provides them.

`server.py` hands out green ones; `threads()` gives the same on ordinary threads, for the tests and
for the child processes.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol


class Event(Protocol):
    """A flag that is set once."""

    def set(self) -> Any: ...

    def is_set(self) -> bool: ...

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until the flag is set, at most `timeout` seconds; says whether it is."""
        ...


@dataclass(frozen=True)
class Concurrency:
    """spawn runs a function beside the caller, later runs one that never waits after so many
    seconds; sleep takes seconds; lock and event make new. idle_seconds: how long nobody has had
    anything to do, so far, in seconds; by default, all the time. prefer: what comes over this
    socket is read before what comes over others."""

    spawn: Callable[..., Any]
    later: Callable[[float, Callable[[], Any]], Any]
    sleep: Callable[[float], Any]
    lock: Callable[[], AbstractContextManager[Any]]
    event: Callable[[], Event]
    idle_seconds: Callable[[], float] = time.monotonic
    prefer: Callable[[socket.socket], None] = lambda _: None


def threads() -> Concurrency:
    """Concurrency on ordinary threads; daemons, so that none keeps a process from ending."""

    def spawn(function: Callable[..., Any], *args: Any) -> threading.Thread:
        thread = threading.Thread(target=function, args=args, name=function.__name__, daemon=True)
        thread.start()
        return thread

    def later(seconds: float, function: Callable[[], Any]) -> None:
        timer = threading.Timer(seconds, function)
        timer.daemon = True
        timer.start()

    return Concurrency(
        spawn=spawn,
        later=later,
        sleep=time.sleep,
        lock=threading.Lock,
        event=threading.Event,
    )
