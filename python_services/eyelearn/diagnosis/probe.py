"""A look in a process of its own: a crash in native code, or a hang, costs one line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .check import Check, failure

PACKAGE_PARENT = Path(__file__).resolve().parents[2]
_HANGS = "what was asked hangs, or this machine is too busy: look at what runs here, and try again"
_ANEW = (
    "what is installed is damaged, or built for another machine: "
    "PIP_NO_DEPS=1 pip install --force-reinstall -r requirements_railway.txt"
)
_SIGNAL_MENDS = {
    "SIGILL": "this processor, or the virtual machine's, lacks instructions that the package was "
    "built with, such as AVX: have the host's processor passed through, or take another machine",
    "SIGKILL": "memory ran out, most likely (`dmesg` tells): give this machine more",
}


@dataclass(frozen=True)
class Probe:
    """name: of its line; module: where its `look` is; seconds: that it may take at most."""

    name: str
    module: str
    seconds: float

    def run(self) -> list[Check]:
        """What `look` found, or what became of it."""
        try:
            done = subprocess.run(
                # -P: nothing is imported from the folder that this happens to be called in.
                [sys.executable, "-P", "-m", "eyelearn.diagnosis.child", self.module, self.name],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return [failure(self.name, f"no end after {self.seconds:g} s", _HANGS)]
        try:
            return [Check(**told) for told in json.loads(done.stdout)]
        except ValueError:
            return [self._died(done.returncode)]

    def _died(self, status: int) -> Check:
        if status >= 0:
            return failure(self.name, f"Python ended with status {status}", _ANEW)
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = f"signal {-status}"
        found = f"the process died of {name}"
        return failure(self.name, found, _SIGNAL_MENDS.get(name, _ANEW))


def _environment() -> dict[str, str]:
    path = filter(None, [str(PACKAGE_PARENT), os.environ.get("PYTHONPATH")])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
