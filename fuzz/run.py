"""Looks for inputs that break what reads them, led by the Python code that they reach.

    .venv/bin/python fuzz/run.py frames|packets|web_socket|tokens|messages|all [--seconds 60]

`all` shares the seconds out. An input that breaks something is written to `fuzz/findings/`, which
the tests read, too; the exit status is then not 0. Compiled decoders are fuzzed, but not led.
"""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

try:
    import atheris
except ImportError:
    atheris = None

HERE = Path(__file__).resolve().parent
NAMES = ("frames", "packets", "web_socket", "tokens", "messages")
# Whose code leads the fuzzer.
INSTRUMENTED = [
    *("eyelearn.protocols", "eyelearn.vision", "jwt", "eventlet.websocket"),
    *("engineio.packet", "engineio.payload", "socketio.packet", "socketio.base_server"),
]
AT_A_TIME = 2
# An input that takes longer is a finding, as is one that takes more memory.
MAX_INPUT_SECONDS, MAX_MEMORY_MB = 5, 2048
MAX_INPUT_BYTES = 16 * 1024
NO_FUZZER = "fuzzing is skipped: there is no atheris for this machine (Linux on x86-64 has it)"


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("target", choices=(*NAMES, "all"))
    options.add_argument("--seconds", type=int, default=60)
    options.add_argument("--found", help=argparse.SUPPRESS)
    arguments = options.parse_args()
    if atheris is None:
        print(NO_FUZZER)
        return int(os.environ.get("CI") == "true")
    if arguments.found:
        fuzz(arguments.target, arguments.seconds, arguments.found)
    if arguments.target != "all":
        return run(arguments.target, arguments.seconds)
    with ThreadPoolExecutor(AT_A_TIME) as threads:
        return max(threads.map(run, NAMES, [max(1, arguments.seconds // len(NAMES))] * len(NAMES)))


def run(name: str, seconds: int) -> int:
    """The exit status of a process for this target, since the fuzzer ends its own."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as found:
        command = [sys.executable, __file__, name, "--seconds", str(seconds), "--found", found]
        return subprocess.run(command, check=False).returncode


def fuzz(name: str, seconds: int, found: str) -> NoReturn:
    """Keeps what it finds worth going on from in a folder. The exit status is not 0 where something
    broke."""
    with atheris.instrument_imports(include=INSTRUMENTED):
        targets = importlib.import_module("targets").TARGETS
    findings = HERE / "findings"
    findings.mkdir(exist_ok=True)
    atheris.Setup(
        [
            name,
            f"-max_total_time={seconds}",
            f"-timeout={MAX_INPUT_SECONDS}",
            f"-rss_limit_mb={MAX_MEMORY_MB}",
            f"-max_len={MAX_INPUT_BYTES}",
            f"-artifact_prefix={findings / name}-",
            "-verbosity=0",
            "-print_final_stats=1",
            found,
            str(HERE / "corpus" / name),
        ],
        targets[name],
    )
    atheris.Fuzz()
    raise SystemExit


if __name__ == "__main__":
    sys.exit(main())
