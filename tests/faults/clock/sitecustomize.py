"""Puts a Python process's wall clock off; Python runs this where PYTHONPATH leads to it.

CLOCK_OFF_BY names a file with the seconds, which may change while the process runs.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

_right = time.time
_off_by = Path(os.environ["CLOCK_OFF_BY"])


def _wrong() -> float:
    return _right() + float(_off_by.read_text())


time.time = _wrong
