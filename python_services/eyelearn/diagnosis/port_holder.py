"""Which process listens on a port, as Linux tells it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from ..safe_text import safe_text

_PROC = Path("/proc")
_LISTENING = "0A"
_ADDRESS, _STATE, _INODE = 1, 3, 9  # columns of /proc/net/tcp


def holder(port: int, proc: Path = _PROC) -> str:
    """Its name and number; never its command line, where secrets may stand."""
    wanted = {f"socket:[{inode}]" for inode in _sockets(port, proc)}
    for process in proc.glob("[0-9]*"):
        if wanted and not wanted.isdisjoint(_open_files(process)):
            return f"{safe_text(_read(process / 'comm').strip())} (process {process.name})"
    return "a process that this user may not see"


def _sockets(port: int, proc: Path) -> Iterator[str]:
    """The inodes of those that listen on it."""
    for table in ("tcp", "tcp6"):
        for line in _read(proc / "net" / table).splitlines()[1:]:
            columns = line.split()
            number = int(columns[_ADDRESS].rpartition(":")[2], 16)
            if number == port and columns[_STATE] == _LISTENING:
                yield columns[_INODE]


def _open_files(process: Path) -> Iterator[str]:
    """What they lead to; nothing of a process that ended meanwhile, or that is another user's."""
    with contextlib.suppress(OSError):
        for file in (process / "fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                yield str(file.readlink())


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
