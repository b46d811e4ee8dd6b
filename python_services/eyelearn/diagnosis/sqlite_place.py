"""Whether a file of sessions may be written where it is to be, and for how long there is room."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .check import Check, failure, warning

# 300,000 sessions, more than a school has in the 90 days that they are kept.
LITTLE_BYTES = 200 * 1024**2
_MEND = "let the user who runs the service write there, or name another file in DATABASE_URL"


def place(name: str, file: Path) -> Check | None:
    """What is wrong with it; None where the file is there, or can be made, and written."""
    folder = _nearest_folder(file)
    if file.exists() and not file.is_file():
        return failure(name, f"{file} is no file", _MEND)
    if not folder.is_dir():
        return failure(name, f"{folder} is no folder", _MEND)
    if not os.access(folder, os.W_OK | os.X_OK):
        return failure(name, f"the folder {folder} can't be written", _MEND)
    if file.exists() and not os.access(file, os.R_OK | os.W_OK):
        return failure(name, f"{file} can't be read and written", _MEND)
    return None


def space(name: str, file: Path) -> Check | None:
    """What is wrong with the room on its disk."""
    folder = _nearest_folder(file)
    free = shutil.disk_usage(folder).free
    if free >= LITTLE_BYTES:
        return None
    mend = "make room, or set DATABASE_URL to a file on a larger disk"
    return warning(name, f"{free / 1024**2:.0f} MiB are free in {folder}", mend)


def _nearest_folder(file: Path) -> Path:
    """The folder of the file, or that in which its folders would be made."""
    folder = file.absolute().parent
    while not folder.exists():
        folder = folder.parent
    return folder
