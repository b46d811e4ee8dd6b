"""What the fuzzer sets out from, and what it ever found, breaks nothing."""

from __future__ import annotations

import subprocess
import sys

from eyelearn.settings import ROOT

# In a process of its own: what is fuzzed makes the standard library's sockets green.
TRY_ALL = """
import sys
from pathlib import Path
sys.path.insert(0, "fuzz")
from targets import TARGETS
for name, target in TARGETS.items():
    inputs = [*Path("fuzz/corpus", name).iterdir(), *Path("fuzz/findings").glob(f"{name}-*")]
    assert inputs, name
    for path in inputs:
        try:
            target(path.read_bytes())
        except BaseException as error:
            raise RuntimeError(f"{path} breaks {name}") from error
"""


def test_no_known_input_breaks_what_reads_it() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", TRY_ALL],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
