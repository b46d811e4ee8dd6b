from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from eyelearn.settings import ROOT, Settings, describe_problems, env_example, settings_table


def test_env_example_lists_every_setting() -> None:
    assert (ROOT / "env.example").read_text() == env_example()


def test_the_readme_lists_every_setting() -> None:
    assert settings_table() in (ROOT / "README.md").read_text()


def test_an_env_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORT", raising=False)
    (tmp_path / ".env").write_text("PORT=5055\nTRACKING_SAVE_URL=http://localhost/save.php\n")
    settings = Settings(_env_file=tmp_path / ".env")
    assert (settings.port, settings.php_endpoint) == (5055, "http://localhost/save.php")


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("PORT=5055\n")
    monkeypatch.setenv("PORT", "5066")
    assert Settings(_env_file=tmp_path / ".env").port == 5066


def test_what_env_example_shows_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    text = (ROOT / "env.example").read_text()
    uncommented = re.sub(r"^# ([A-Z_]+=)", r"\1", text, flags=re.MULTILINE)
    assert uncommented.count("\nPORT=5000\n") == 1
    (tmp_path / ".env").write_text(uncommented)
    assert Settings(_env_file=tmp_path / ".env") == Settings(_env_file=None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "70000"),
        ("MAX_FRAME_KB", "many"),
        ("PHP_ENDPOINT", "school.example/save.php"),
        ("PHP_ENDPOINT", "http:///save.php"),
        ("PHP_ENDPOINT", "http://["),
    ],
)
def test_a_wrong_setting_is_named_with_its_value(name: str, value: str) -> None:
    done = started({name: value})
    assert done.returncode == 2
    assert f"{name}='{value}'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_can_never_work_ends_the_start() -> None:
    done = started({"DATABASE_URL": "oracle://ann:secret@db/x"})
    assert done.returncode == 2
    assert "DATABASE_URL must begin with sqlite, postgresql or mysql" in done.stderr
    assert "secret" not in done.stderr


def test_production_does_not_start_open_to_everybody() -> None:
    done = started({"ENVIRONMENT": "production", "AUTH_SECRET": ""})
    assert done.returncode == 2
    assert "AUTH_SECRET is unset" in done.stderr
    assert "Traceback" not in done.stderr


def started(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The service, as it ends at once."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "python_services/eye_tracking_service_websocket.py"],
        cwd=ROOT,
        env={"PATH": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_wrong_setting_does_not_show_its_password() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None, PHP_ENDPOINT="ftp://ann:secret@school.example/")
    told = describe_problems(caught.value)
    assert "PHP_ENDPOINT" in told
    assert "secret" not in told


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Settings(_env_file=None).port = 1  # type: ignore[misc]
