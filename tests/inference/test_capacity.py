from __future__ import annotations

import os
from pathlib import Path

import pytest

from eyelearn.inference.capacity import usable_cores, usable_memory, worker_count

MB = 1024 * 1024
NOWHERE = Path("/nowhere")


def test_the_affinity_mask_limits_the_cores() -> None:
    everything = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(everything)})
    try:
        assert usable_cores(NOWHERE, NOWHERE) == 1
    finally:
        os.sched_setaffinity(0, everything)


@pytest.mark.parametrize(
    ("cpu_max", "cores"),
    [("100000 100000", 1), ("50000 100000", 1), ("max 100000", None), ("", None)],
)
def test_the_cgroup_quota_limits_the_cores(tmp_path: Path, cpu_max: str, cores: int | None) -> None:
    (tmp_path / "cpu.max").write_text(cpu_max)
    expected = len(os.sched_getaffinity(0)) if cores is None else cores
    assert usable_cores(tmp_path, NOWHERE) == expected


def test_an_old_cgroup_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "cpu.cfs_quota_us").write_text("100000")
    (tmp_path / "cpu.cfs_period_us").write_text("100000")
    (tmp_path / "memory.limit_in_bytes").write_text(str(300 * MB))
    (tmp_path / "memory.usage_in_bytes").write_text(str(100 * MB))
    assert usable_cores(NOWHERE, tmp_path) == 1
    assert usable_memory(NOWHERE, NOWHERE, tmp_path) == 200 * MB


def test_the_tighter_of_machine_and_cgroup_decides_on_memory(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 9999999 kB\nMemAvailable: 1024000 kB\n")
    assert usable_memory(meminfo, NOWHERE, NOWHERE) == 1000 * MB
    (tmp_path / "memory.max").write_text(str(512 * MB))
    (tmp_path / "memory.current").write_text(str(112 * MB))
    assert usable_memory(meminfo, tmp_path, NOWHERE) == 400 * MB
    (tmp_path / "memory.stat").write_text(f"anon 5\ninactive_file {50 * MB}\n")
    assert usable_memory(meminfo, tmp_path, NOWHERE) == 450 * MB


def test_no_limit_told_is_no_limit() -> None:
    assert usable_memory(NOWHERE, NOWHERE, NOWHERE) is None


@pytest.mark.parametrize(
    ("wanted", "cores", "memory", "count"),
    [
        (0, 4, None, 4),
        (0, 4, 10_000 * MB, 4),
        (0, 4, 320 * MB, 2),
        (0, 4, 10 * MB, 1),
        (3, 1, 10 * MB, 3),
    ],
)
def test_one_worker_per_core_as_memory_allows(
    wanted: int, cores: int, memory: int | None, count: int
) -> None:
    assert worker_count(wanted, cores, memory) == count
