"""What native libraries, and an interpreter that dies, write past the log: an event per line."""

from __future__ import annotations

import subprocess
import time

from ..concurrency import Concurrency
from ..events import get_logger

_log = get_logger(__name__)

# Longer lines are told in parts.
LINE_BYTES = 400
# A traceback has fewer. Who writes without end must not keep the event loop from its work.
LINES_PER_SECOND = 60


def repeat_stderr(process: subprocess.Popen[bytes], name: str, concurrency: Concurrency) -> None:
    """Until the process has closed its standard error, which is a pipe to this one."""
    assert process.stderr is not None
    since, lines = time.monotonic(), 0
    with process.stderr as written:
        while line := written.readline(LINE_BYTES):
            concurrency.sleep(0)
            if time.monotonic() - since > 1.0:
                since, lines = time.monotonic(), 0
            lines += 1
            if lines <= LINES_PER_SECOND:
                text = line.decode(errors="replace").rstrip()
                _log.info("stderr", process=name, pid=process.pid, text=text)
            elif lines == LINES_PER_SECOND + 1:
                _log.warning("stderr goes on, and is not repeated", process=name, pid=process.pid)
