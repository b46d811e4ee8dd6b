"""Cores and memory, and how many workers they carry."""

from __future__ import annotations

from collections.abc import Iterator

from ..inference.capacity import WORKER_BYTES, usable_cores, usable_memory, worker_count
from .check import Check, ok, warning
from .reading import read

_GIB = 1024**3
# Server and keeper, before the first learner.
OTHERS_BYTES = 200 * 1024**2


def look(name: str) -> Iterator[Check]:
    wanted = read().settings.inference_workers
    yield carried(name, wanted, usable_cores(), usable_memory())


def carried(name: str, wanted: int, cores: int, memory: int | None) -> Check:
    """wanted: INFERENCE_WORKERS; memory: bytes that are free, None where nobody tells."""
    workers = worker_count(wanted, cores, memory)
    free = "memory unknown" if memory is None else f"{memory / _GIB:.1f} GiB of memory free"
    found = f"{_number(cores, 'core')}, {free}: {_number(workers, 'worker')}"
    needed = workers * WORKER_BYTES + OTHERS_BYTES
    if memory is not None and memory < needed:
        mend = f"{needed / _GIB:.1f} GiB are needed: give it more, or set INFERENCE_WORKERS lower"
        return warning(name, f"{found}, more than memory carries", mend)
    if wanted > cores:
        return warning(name, found, "workers take each other's time: set INFERENCE_WORKERS to 0")
    return ok(name, found)


def _number(count: int, of: str) -> str:
    return f"{count} {of}{'s' * (count != 1)}"
