"""What a process writes that is configured as the service is, whoever writes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from eyelearn.processes.supervised import PACKAGE_PARENT

SESSION = "64616e3f-273c-4d62-8635-fe2c633ed3cb"
EVERYBODY_WRITES = f"""
import logging, sys, threading, traceback, warnings
from pathlib import Path
from eyelearn.events import get_logger
from eyelearn.logs import configure_service
from eyelearn.settings import Settings

configure_service(Settings(), Path("data/eyelearn.db"))
log = get_logger("eyelearn.somewhere")
log.info("session begins", session="{SESSION}", user=123, pid=7, token="abc", picture=b"abc")
log.debug("in detail", address="10.1.2.3")
library = logging.getLogger("library")
library.debug("secret detail")
library.warning("session %s came from %s", "{SESSION}", "/x?token=abc")
library.warning("%d pictures", "secret picture")
warnings.warn("old, but working")
try:
    raise ValueError("secret " * 100)
except ValueError:
    log.exception("a frame could not be judged")
    traceback.print_exc()
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
raise SystemError("at the end")
"""


def written(folder: Path, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", EVERYBODY_WRITES],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PACKAGE_PARENT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("json")
    lines = written(folder, DEBUG="1", ENVIRONMENT="production", LOG_KEY="some key")
    return [json.loads(line) for line in lines]


def named(events: list[dict[str, Any]], event: str) -> dict[str, Any]:
    (found,) = [each for each in events if event in each["event"]]
    return found


def test_every_line_says_when_how_grave_who_and_what(events: list[dict[str, Any]]) -> None:
    for event in events:
        assert list(event)[:4] == ["timestamp", "level", "logger", "event"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event["timestamp"])
        assert event["level"] in ("debug", "info", "warning", "error", "critical")


def test_ids_are_hashed_and_secrets_hidden_by_the_name_of_their_field(
    events: list[dict[str, Any]],
) -> None:
    begins = named(events, "session begins")
    assert re.fullmatch("[0-9a-f]{8}", begins["session"])
    assert re.fullmatch("[0-9a-f]{8}", begins["user"])
    assert (begins["pid"], begins["token"], begins["picture"]) == (7, "<hidden>", "<hidden>")
    library = named(events, "came from")
    assert library["event"] == f"session {begins['session']} came from /x?<query>"


def test_debug_tells_our_details_and_not_those_of_libraries(events: list[dict[str, Any]]) -> None:
    assert re.fullmatch("[0-9a-f]{8}", named(events, "in detail")["address"])
    for private in ("secret", SESSION, "123", "10.1.2.3", "abc"):
        assert private not in json.dumps([{**event, "timestamp": ""} for event in events])


def test_faults_are_events_wherever_they_end(events: list[dict[str, Any]]) -> None:
    assert "ValueError: <700 characters>" in named(events, "could not be judged")["exception"]
    assert "ZeroDivisionError" in named(events, "a thread ended")["exception"]
    assert named(events, "the process ends")["exception"].endswith("SystemError: at the end")
    assert "old, but working" in named(events, "UserWarning")["event"]
    assert "is missing here: TypeError" in named(events, "an event of library")["event"]


def test_what_is_printed_to_stderr_is_events(events: list[dict[str, Any]]) -> None:
    printed = [event["text"] for event in events if event["event"] == "stderr"]
    assert printed[0] == "Traceback (most recent call last):"
    assert printed[-1] == "<712 characters>"


def test_text_shows_a_traceback_over_its_lines(tmp_path: Path) -> None:
    lines = written(tmp_path, LOG_FORMAT="text")
    (fault,) = [number for number, line in enumerate(lines) if "could not be judged" in line]
    assert lines[fault + 1] == "Traceback (most recent call last):"
    assert lines[fault + 3] == "ValueError: <700 characters>"


def test_text_is_for_people_and_ids_look_the_same_after_a_restart(tmp_path: Path) -> None:
    first, second = (
        [line for line in written(tmp_path) if "session begins" in line] for _ in range(2)
    )
    assert len(first) == 1
    assert "[info     ] session begins [eyelearn.somewhere] session=" in first[0]
    assert first[0].split("session=")[1] == second[0].split("session=")[1]
    assert (tmp_path / "data" / "log.key").stat().st_mode & 0o777 == 0o600
