"""A disk that can really be full."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import RawIOBase
from pathlib import Path
from typing import NoReturn

import pytest

DISK_MEGABYTES = 4
BLOCK = bytes(4096)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A small file system, mounted at `folder`. Skips the test where mounting is not allowed."""
    options = ["-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m", "tmpfs", str(folder)]
    if subprocess.run(["mount", *options], capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs rights that this machine does not give")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(ballast: Path) -> None:
    """Writes this file until its disk takes no more."""
    with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        _write_for_ever(file)


def _write_for_ever(file: RawIOBase) -> NoReturn:
    while True:
        file.write(BLOCK)
