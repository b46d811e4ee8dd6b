"""What a server and all its child processes use."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import psutil

MB = 1024 * 1024
# psutil's times from here on are within those before.
_GUEST = 8


class ProcessTree:
    """A process and its children, whichever they are at the moment."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)

    def cpu_seconds(self) -> float:
        """User and system time of all, those included that ended and were waited for."""
        return self._sum(lambda process: sum(process.cpu_times()[:4]))

    def memory_mb(self) -> float:
        """Proportional set size: what several share is counted once."""
        return self._sum(lambda process: process.memory_full_info().pss) / MB

    def open_files(self) -> int:
        return int(self._sum(lambda process: process.num_fds()))

    def threads(self) -> int:
        return int(self._sum(lambda process: process.num_threads()))

    def _sum(self, figure: Callable[[psutil.Process], float]) -> float:
        total = 0.0
        for process in [self._root, *self._root.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):  # one that ended just now
                total += figure(process)
        return total


class CpuClock:
    """Who used the machine's cores since this was made."""

    def __init__(self, server_pid: int) -> None:
        self._tree = ProcessTree(server_pid)
        self._first = psutil.Process(server_pid)
        self._begun = self._read()

    def stop(self) -> dict[str, float]:
        """server_cpu_s, that of its first process alone (with our service the event loop's), and
        cores in use by server, load generator (this process) and others.

        Time that a host took away from this machine counts as others'.
        """
        elapsed, server, first, own, machine = (
            after - before for before, after in zip(self._begun, self._read(), strict=True)
        )
        return {
            "server_cpu_s": server,
            "first_process_cpu_s": first,
            "server_cores": server / elapsed,
            "generator_cores": own / elapsed,
            "other_cores": max(0.0, machine - server - own) / elapsed,
        }

    def _read(self) -> tuple[float, float, float, float, float]:
        times = psutil.cpu_times()
        busy = sum(times[:_GUEST]) - times.idle - times.iowait
        first, own = (sum(process.cpu_times()[:2]) for process in (self._first, psutil.Process()))
        return time.perf_counter(), self._tree.cpu_seconds(), first, own, busy
