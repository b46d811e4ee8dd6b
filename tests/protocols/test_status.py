from __future__ import annotations

import pytest

from eyelearn.protocols.status import warnings
from eyelearn.settings import Settings

FINE = {"page_adds_up": False, "parked": 0}


def codes(saving: dict[str, object], **values: str) -> list[str]:
    settings = Settings(_env_file=None, **{"auth_secret": "x" * 32, **values})
    return [warning["code"] for warning in warnings(settings, saving)]


def test_nothing_is_warned_of_where_all_is_well() -> None:
    assert codes(FINE, environment="development", database_url="sqlite:///x.db") == []
    assert codes(FINE, environment="production", database_url="postgres://ann@db/x") == []


def test_a_service_that_anyone_may_connect_to_is_warned_of() -> None:
    assert codes(FINE, auth_secret="") == ["anyone_may_connect"]


@pytest.mark.parametrize("url", ["sqlite:///x.db", "sqlite+pysqlite:////data/x.db"])
def test_sqlite_in_production_is_warned_of(url: str) -> None:
    assert codes(FINE, environment="production", database_url=url) == ["sqlite_in_production"]


def test_what_a_person_should_look_at_is_told() -> None:
    saving = {"page_adds_up": True, "parked": 2}
    assert codes(saving, environment="development") == ["page_adds_up", "sessions_parked"]


def test_emotions_that_somebody_named_in_production_are_warned_of() -> None:
    production = {"environment": "production", "database_url": "postgres://ann@db/x"}
    named = codes(FINE, **production, enabled_faces="focus,emotions")
    assert named == ["emotions_in_production"]
    assert codes(FINE, environment="development", enabled_faces="emotions") == []


def test_an_emotion_model_that_is_none_is_warned_of() -> None:
    settings = Settings(_env_file=None, auth_secret="x" * 32)
    found = warnings(settings, FINE, "no-such-file.onnx is not there.")
    assert found == [{"code": "no_emotion_model", "message": "no-such-file.onnx is not there."}]
