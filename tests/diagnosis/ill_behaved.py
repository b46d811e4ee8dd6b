"""Looks that end as native code can: run by name, in processes of their own."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

from eyelearn.diagnosis.check import Check, ok

SECRET = "hunter2"


def look(name: str) -> Iterator[Check]:
    yield ok(name, "begun")
    match name:
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "instruction":
            os.kill(os.getpid(), signal.SIGILL)
        case "hang":
            time.sleep(60)
        case "raise":
            raise ValueError(f"of {SECRET}")
        case "chatter":
            os.write(1, b"a library's greeting\n")
        case "missing":
            import no_such_package  # noqa: F401, PLC0415
        case "library":
            raise ImportError("libGL.so.1: cannot open shared object file: No such file")
        case "unknown library":
            raise OSError("libodd-3.so.7: cannot open shared object file: No such file")
