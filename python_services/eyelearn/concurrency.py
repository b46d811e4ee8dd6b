"""The few primitives that the rooms of the service process need, whoever provides them.

`server.py` hands out green ones; `threads()` gives the same on ordinary threads, for the tests and
for the child processes.
"""

from __future__ import annotations

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
    """spawn runs a function beside the caller; sleep takes seconds; lock and event make new."""

    spawn: Callable[..., Any]
    sleep: Callable[[float], Any]
    lock: Callable[[], AbstractContextManager[Any]]
    event: Callable[[], Event]


def threads() -> Concurrency:
    """Concurrency on ordinary threads; daemons, so that none keeps a process from ending."""

    def spawn(function: Callable[..., Any], *args: Any) -> threading.Thread:
        thread = threading.Thread(target=function, args=args, name=function.__name__, daemon=True)
        thread.start()
        return thread

    return Concurrency(spawn=spawn, sleep=time.sleep, lock=threading.Lock, event=threading.Event)
