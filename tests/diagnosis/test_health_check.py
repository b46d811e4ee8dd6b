"""`health_check.py`, as a person or a script calls it."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from eyelearn.diagnosis import program
from eyelearn.diagnosis.check import FAILURE
from eyelearn.diagnosis.program import main
from eyelearn.settings import ROOT
from service import free_port

SECRET = "hunter2-hunter2-hunter2-hunter2-hunter2"


def health_check(
    *words: str, python: str | Path = sys.executable, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, ROOT / "python_services" / "health_check.py", *words],
        cwd="/",
        env={"PATH": "", **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What it finds on this machine, of a service that is set up, and has secrets."""
    done = health_check(
        "--json",
        environment={
            "HOST": "127.0.0.1",
            "PORT": str(free_port()),
            "DATABASE_URL": f"sqlite:///{tmp_path_factory.mktemp('sessions')}/sessions.db",
            "AUTH_SECRET": SECRET,
            "ADMIN_TOKEN": SECRET,
            "SAVE_SECRET": SECRET,
            "ALLOWED_ORIGIN": SECRET,
            "PHP_ENDPOINT": f"http://ann:{SECRET}@127.0.0.1:{free_port()}/?token={SECRET}",
        },
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert SECRET not in done.stdout
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python without a package."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder)
    return folder / "bin" / "python"


def test_every_check_is_told_with_its_four_fields(whole: dict[str, Any]) -> None:
    assert whole.keys() == {"status", "checks"}
    for check in whole["checks"]:
        assert check.keys() == {"name", "status", "found", "mend"}
        assert check["status"] in {"ok", "warning", "failure"}
        assert bool(check["mend"]) == (check["status"] != "ok")
    names = {check["name"] for check in whole["checks"]}
    assert {"Python", "Open files"} | {probe.name for probe in program.PROBES} - {
        "Settings"
    } <= names


def test_this_machine_can_run_it_but_for_the_page_that_is_not_there(whole: dict[str, Any]) -> None:
    failed = {check["name"] for check in whole["checks"] if check["status"] == FAILURE}
    assert (whole["status"], failed) == ("failure", {"PHP endpoint"})


def test_what_was_misspelt_is_told_without_its_value(whole: dict[str, Any]) -> None:
    (check,) = (check for check in whole["checks"] if check["name"] == "ALLOWED_ORIGIN")
    assert check["mend"] == "did you mean ALLOWED_ORIGINS?"


def test_a_bare_python_is_told_what_is_missing(bare: Path) -> None:
    done = health_check(python=bare)
    assert (done.returncode, done.stderr) == (1, "")
    assert "Traceback" not in done.stdout
    assert "failure  Packages             missing: all" in done.stdout
    assert "PIP_NO_DEPS=1 pip install -r requirements_railway.txt" in done.stdout
    for probe in program.PROBES:
        assert f"failure  {probe.name}" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("the service can't run here like this.")


def test_with_a_python_that_does_not_fit_nothing_else_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program.platform, "python_version", lambda: "3.9.2")
    assert main([]) == 1
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 3
    assert told[0].startswith("failure  Python               3.9.2, and it must be >=3.11,<3.13")


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_where_all_is_ok_the_exit_status_is_0(
    words: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words, probes=()) == 0
    told = capsys.readouterr().out
    assert json.loads(told)["status"] == "ok" if words else "all ok" in told


def test_wrong_usage_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--jsn"])
    assert ended.value.code == 2
    assert "--json" in capsys.readouterr().err


def test_help_tells_the_exit_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "exit status: 0 where all is ok" in capsys.readouterr().out
