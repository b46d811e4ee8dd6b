from __future__ import annotations

from collections.abc import Callable

import pytest

from eyelearn.diagnosis.check import FAILURE, WARNING, Check
from eyelearn.diagnosis.contradictions import contradictions
from eyelearn.settings import Settings

SECRET = "hunter2-hunter2-hunter2-hunter2-hunter2"
Found = Callable[..., list[Check]]
# Nothing to be told about.
GOOD = {
    "ENVIRONMENT": "production",
    "AUTH_SECRET": SECRET,
    "ADMIN_TOKEN": SECRET,
    "SAVE_SECRET": SECRET,
    "ALLOWED_ORIGINS": "https://school.example",
    "DATABASE_URL": f"postgres://ann:{SECRET}@db/focus",
    "PHP_ENDPOINT": "https://school.example/save.php",
}


@pytest.fixture(autouse=True)
def _no_other_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*Settings.model_fields, "tracking_save_url"]:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setitem(Settings.model_config, "env_file", None)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Found:
    """A function: what is told of GOOD with these changes, where None leaves a setting out."""

    def look(**changes: str | None) -> list[Check]:
        variables = {name: value for name, value in (GOOD | changes).items() if value is not None}
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        checks = list(contradictions(Settings(), variables))
        assert SECRET not in str(checks)
        assert all(check.found and check.mend for check in checks)
        return checks

    return look


def test_a_service_as_the_readme_deploys_it_has_none(found: Found) -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("changes", "name", "status"),
    [
        ({"AUTH_SECRET": None}, "AUTH_SECRET", FAILURE),
        ({"DATABASE_URL": "sqlite:////data/x.db"}, "DATABASE_URL", WARNING),
        ({"ADMIN_TOKEN": None}, "ADMIN_TOKEN", WARNING),
        ({"ALLOWED_ORIGINS": "https://a.example, *"}, "ALLOWED_ORIGINS", WARNING),
        ({"ALLOWED_ORIGINS": None}, "ALLOWED_ORIGINS", WARNING),
        ({"ENABLED_FACES": "focus, emotions"}, "ENABLED_FACES", WARNING),
        ({"SAVE_SECRET": None}, "SAVE_SECRET", WARNING),
        ({"PHP_ENDPOINT": None}, "SAVE_SECRET", WARNING),
        ({"PHP_ENDPOINT": "http://school.example/save.php"}, "PHP_ENDPOINT", WARNING),
        ({"TRACKING_SAVE_URL": "https://other.example/"}, "PHP_ENDPOINT", WARNING),
        ({"PHP_ENDPOINT": "http://localhost:5000/save.php"}, "PHP_ENDPOINT", FAILURE),
        ({"ENABLE_BROWSER_EYE_STREAMING": "0"}, "ENABLE_BROWSER_EYE_STREAMING", WARNING),
        ({"CAMERA_SOURCE": f"rtsp://ann:{SECRET}@cam/1"}, "CAMERA_SOURCE", WARNING),
        ({"WORKER_MAX_MEMORY_MB": "100"}, "WORKER_MAX_MEMORY_MB", WARNING),
        ({"SESSION_IDLE_SECONDS": "20"}, "SESSION_IDLE_SECONDS", WARNING),
        ({"MAX_OBSERVATION_GAP_SECONDS": "61"}, "SESSION_IDLE_SECONDS", WARNING),
        ({"RESUME_SECONDS": "0"}, "RESUME_SECONDS", WARNING),
    ],
    ids=str,
)
def test_what_nobody_wants_is_told_by_its_setting(
    changes: dict[str, str | None], name: str, status: str, found: Found
) -> None:
    assert [(check.name, check.status) for check in found(**changes)] == [(name, status)]


@pytest.mark.parametrize(
    "changes",
    [
        {"PHP_ENDPOINT": "http://php/save.php"},
        {"PHP_ENDPOINT": "http://platform.railway.internal/save.php"},
        {"PHP_ENDPOINT": "http://10.0.0.7/save.php"},
        {"PHP_ENDPOINT": "http://localhost:8080/save.php"},
        {"PHP_ENDPOINT": "https://school.example:99999/save.php"},
        {"TRACKING_SAVE_URL": GOOD["PHP_ENDPOINT"]},
        {"ENABLE_BROWSER_EYE_STREAMING": "0", "CAMERA_ENABLED": "1", "CAMERA_SOURCE": "0"},
        {"WORKER_MAX_MEMORY_MB": "0"},
    ],
    ids=str,
)
def test_what_somebody_may_want_is_not(changes: dict[str, str], found: Found) -> None:
    assert found(**changes) == []


def test_the_one_that_is_used_of_two_names_is_told(found: Found) -> None:
    (check,) = found(TRACKING_SAVE_URL="https://other.example/")
    assert check.found == "differs from TRACKING_SAVE_URL; PHP_ENDPOINT is used"


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:5000/", "http://0.0.0.0:5000/", "http://[::1]:5000/"]
)
def test_this_service_is_known_by_every_address_of_its_own(address: str, found: Found) -> None:
    (check,) = found(PHP_ENDPOINT=address)
    assert "own address" in check.found


def test_while_developing_only_what_the_service_itself_warns_of_is_told(found: Found) -> None:
    (check,) = found(**dict.fromkeys(GOOD, None))
    assert (check.name, check.status) == ("AUTH_SECRET", WARNING)
    assert "openssl rand -hex 32" in check.mend
