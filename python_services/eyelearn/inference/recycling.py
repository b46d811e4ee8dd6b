"""Workers are replaced by plan, before what native libraries leave behind adds up."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..concurrency import Concurrency
from ..events import get_logger
from ..processes.supervised import START_TIMEOUT_SECONDS
from ..settings import Settings
from .capacity import WORKER_BYTES, usable_memory
from .handle import WorkerHandle
from .placement import Placement

_log = get_logger(__name__)

CHECK_INTERVAL_SECONDS = 5.0
# Between two replacements: one at a time, and a limit that every worker is over from its start
# costs a process start a minute, not the machine.
PAUSE_SECONDS = 60.0
# Its frames in flight are two; a worker that takes longer over them has other troubles.
DRAIN_SECONDS = 2.0
DRAIN_POLL_SECONDS = 0.02
STOP_SECONDS = 2.0
_SECONDS_PER_HOUR = 3600.0
_BYTES_PER_MB = 1024 * 1024
_PAGE_BYTES = resource.getpagesize()


@dataclass(frozen=True)
class Limits:
    """What a worker serves for; 0 switches a limit off."""

    age_seconds: float
    sessions: int
    memory_bytes: int

    def exceeded_by(self, age: float, sessions: int, memory: int, share: float) -> str | None:
        """Why a worker is to be replaced, or None where it may go on.

        age: seconds; memory: resident bytes; share: of age and sessions, that is this worker's.
        """
        if self.age_seconds and age > share * self.age_seconds:
            return f"it is {age / _SECONDS_PER_HOUR:.1f} h old"
        if self.sessions and sessions > share * self.sessions:
            return f"{sessions} sessions came to it"
        if self.memory_bytes and memory > self.memory_bytes:
            return f"it has {memory // _BYTES_PER_MB} MB of memory"
        return None


def limits_of(settings: Settings) -> Limits:
    return Limits(
        age_seconds=settings.worker_max_age_hours * _SECONDS_PER_HOUR,
        sessions=settings.worker_max_sessions,
        memory_bytes=settings.worker_max_memory_mb * _BYTES_PER_MB,
    )


def resident_bytes(pid: int | None) -> int:
    """Memory that a process has in use, shared pages included; 0 where the system won't tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
    except (OSError, IndexError, ValueError):
        return 0


def room_for_another() -> bool:
    """Whether memory holds one more worker for the moment that two stand in for one."""
    memory = usable_memory()
    return memory is None or memory >= WORKER_BYTES


class Recycler:
    """Replaces one worker at a time.

    The successor is up before the old one's sessions go over to it, so that a session notices a
    face detection, 2 ms. Where memory doesn't hold both, the old one leaves first.
    """

    def __init__(
        self,
        limits: Limits,
        placement: Placement,
        make_worker: Callable[[], WorkerHandle],
        pump: Callable[[], None],
        concurrency: Concurrency,
    ) -> None:
        """make_worker: gives one that is not started; pump: sends the workers what waits."""
        self._limits = limits
        self._placement = placement
        self._make_worker = make_worker
        self._pump = pump
        self._concurrency = concurrency
        self._stopping = False

    def run(self) -> None:
        """Looks after the workers until `stop`."""
        while not self._stopping:
            self._concurrency.sleep(CHECK_INTERVAL_SECONDS)
            for worker in self._placement.workers:
                reason = self._reason(worker)
                if reason is not None and not self._stopping:
                    self.replace(worker, reason)
                    self._concurrency.sleep(PAUSE_SECONDS)
                    break

    def stop(self) -> None:
        """Starts no more replacements."""
        self._stopping = True

    def replace(self, worker: WorkerHandle, reason: str) -> None:
        """Waits until another worker is in its place, or could not be started."""
        successor = self._make_worker()
        room = room_for_another()
        _log.info(
            "worker is replaced",
            worker=worker.name,
            pid=worker.child.pid,
            successor=successor.name,
            memory_holds_both=room,
            reason=reason,
        )
        successor.succeeding = room
        self._placement.add(successor)
        if room:
            successor.child.start()
            if not successor.child.ready.wait(START_TIMEOUT_SECONDS):
                _log.error("successor does not start", worker=worker.name, successor=successor.name)
                self._dismiss(successor)
                return
        self._dismiss(worker)
        successor.succeeding = False
        if not room and not self._stopping:
            successor.child.start()

    def _reason(self, worker: WorkerHandle) -> str | None:
        if not worker.answers:
            return None
        return self._limits.exceeded_by(
            worker.age,
            worker.sessions_served,
            resident_bytes(worker.child.pid) if self._limits.memory_bytes else 0,
            worker.recycling_share,
        )

    def _dismiss(self, worker: WorkerHandle) -> None:
        """Lets a worker answer what it has, and ends it."""
        worker.leaving = True
        self._placement.vacate_for_good(worker)
        self._pump()
        until = time.monotonic() + DRAIN_SECONDS
        while worker.in_flight and time.monotonic() < until:
            self._concurrency.sleep(DRAIN_POLL_SECONDS)
        worker.child.stop(STOP_SECONDS)
        self._placement.remove(worker)
