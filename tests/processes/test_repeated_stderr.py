from __future__ import annotations

import subprocess
import sys

import pytest

from eyelearn.concurrency import threads
from eyelearn.processes.repeated_stderr import LINES_PER_SECOND, repeat_stderr


def repeated(code: str, caplog: pytest.LogCaptureFixture) -> list[str]:
    """Messages of the log, after a process that ran this code."""
    caplog.set_level("INFO")
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) as process:
        repeat_stderr(process, "child", threads())
    return [record.getMessage() for record in caplog.records]


def test_last_words_are_told_with_who_said_them(caplog: pytest.LogCaptureFixture) -> None:
    told = repeated("raise SystemExit('no such model')", caplog)
    assert len(told) == 1
    for part in ("'process': 'child'", "'pid': ", "'text': 'no such model'"):
        assert part in told[0]


def test_one_who_writes_without_end_is_not_repeated(caplog: pytest.LogCaptureFixture) -> None:
    told = repeated("import sys; sys.stderr.write('again\\n' * 20_000)", caplog)
    assert LINES_PER_SECOND < len(told) < 20_000
    assert any("is not repeated" in line for line in told)
