"""Programs in a process of their own: `server.py` makes the standard library green, for good."""

from __future__ import annotations

import subprocess
import sys

from eyelearn.settings import ROOT

MAX_SECONDS = 60.0


def what_prints(program: str) -> str:
    """What a program says that has to end well."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=ROOT / "python_services",
        capture_output=True,
        text=True,
        timeout=MAX_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
