"""How many workers this machine carries."""

from __future__ import annotations

import os
from pathlib import Path

# A worker holds 100 MB of its own at work, whatever the number of learners; the rest is room.
WORKER_BYTES = 150 * 1024 * 1024

_CGROUP = Path("/sys/fs/cgroup")
_CGROUP_V1_CPU = _CGROUP / "cpu"
_CGROUP_V1_MEMORY = _CGROUP / "memory"
_MEMINFO = Path("/proc/meminfo")


def usable_cores(cgroup: Path = _CGROUP, cgroup_v1: Path = _CGROUP_V1_CPU) -> int:
    """Cores that this process may use: the affinity mask, cut by the cgroup's quota; at least 1."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quota = _cpu_quota(cgroup, cgroup_v1)
    return max(1, min(cores or 1, cores or 1 if quota is None else int(quota)))


def usable_memory(
    meminfo: Path = _MEMINFO, cgroup: Path = _CGROUP, cgroup_v1: Path = _CGROUP_V1_MEMORY
) -> int | None:
    """Bytes that are free for this service, by the machine and by the cgroup; None if not told."""
    limits = [
        limit
        for limit in (_available(meminfo), _cgroup_memory(cgroup, cgroup_v1))
        if limit is not None
    ]
    return min(limits, default=None)


def worker_count(wanted: int, cores: int, memory: int | None) -> int:
    """`wanted` as the operator set it, or, where that is 0, one per core as memory allows."""
    if wanted:
        return wanted
    if memory is None:
        return cores
    return max(1, min(cores, memory // WORKER_BYTES))


def _cpu_quota(cgroup: Path, cgroup_v1: Path) -> float | None:
    """Cores' worth of time that the cgroup allows, from version 2's file or version 1's two."""
    words = _read(cgroup / "cpu.max").split()
    if not words:
        words = [_read(cgroup_v1 / f"cpu.cfs_{name}_us") for name in ("quota", "period")]
    try:
        quota, period = float(words[0]), float(words[1])
    except (ValueError, IndexError):
        return None  # "max", or no cgroup: no limit
    return quota / period if quota > 0 and period > 0 else None


def _cgroup_memory(cgroup: Path, cgroup_v1: Path) -> int | None:
    """What the cgroup leaves; the files it caches are given up as memory is needed."""
    for folder, limit_name, used_name, cache_name in (
        (cgroup, "memory.max", "memory.current", "inactive_file"),
        (cgroup_v1, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        limit, used = _read(folder / limit_name), _read(folder / used_name)
        if limit.isdigit():
            taken = int(used) if used.isdigit() else 0
            cached = _statistic(folder / "memory.stat", cache_name)
            return max(0, int(limit) - max(0, taken - cached))
    return None


def _statistic(path: Path, name: str) -> int:
    """One number of a cgroup's statistics, 0 where it is not there."""
    pairs = (line.split() for line in _read(path).splitlines())
    return next((int(pair[1]) for pair in pairs if pair[0] == name), 0)


def _available(meminfo: Path) -> int | None:
    for line in _read(meminfo).splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _read(path: Path) -> str:
    """The file's text, or nothing where this machine has no such file."""
    try:
        return path.read_text().strip()
    except OSError:
        return ""
