from __future__ import annotations

from pathlib import Path

import pytest

from eyelearn.diagnosis.check import FAILURE, WARNING
from eyelearn.diagnosis.reading import given, read
from eyelearn.diagnosis.settings_check import checks
from eyelearn.settings import Settings

SECRET = "hunter2"
WRONG = {
    "PORT": "70000",
    "AUTH_SECRET": SECRET,
    "PHP_ENDPOINT": f"school.example/save.php?token={SECRET}",
    "ALLOWED_ORIGINS": f"https://ann:{SECRET}@school.example",
}


@pytest.fixture(autouse=True)
def _no_other_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setitem(Settings.model_config, "env_file", None)


def test_each_setting_that_can_not_be_read_is_a_failure_by_its_name_and_no_secret_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in WRONG.items():
        monkeypatch.setenv(name, value)
    found = list(checks("Settings", read(), given()))
    assert [check.status for check in found] == [FAILURE] * len(WRONG)
    for name in WRONG:
        assert any(check.found.startswith(name) for check in found)
    assert SECRET not in str(found)


def test_the_others_are_read_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "many")
    monkeypatch.setenv("TRACKING_SAVE_URL", "ftp://school.example")
    monkeypatch.setenv("HOST", "127.0.0.1")
    reading = read()
    assert reading.wrong == {"port", "php_endpoint"}
    assert reading.settings == Settings(host="127.0.0.1", port=5000, PHP_ENDPOINT="")


def test_the_env_file_is_looked_at_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("ALLOWED_ORIGIN=https://school.example\nAUTH_SECRET=\n")
    monkeypatch.setitem(Settings.model_config, "env_file", file)
    variables = given()
    assert "AUTH_SECRET" not in variables
    found = {check.name: check.status for check in checks("Settings", read(), variables)}
    assert found["ALLOWED_ORIGIN"] == WARNING
