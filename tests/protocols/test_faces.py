from __future__ import annotations

import pytest
from pydantic import ValidationError

from eyelearn.protocols.faces import enabled_faces
from eyelearn.settings import FACES, Settings, describe_problems


def enabled(names: str, environment: str) -> frozenset[str]:
    return enabled_faces(Settings(_env_file=None, enabled_faces=names, environment=environment))


def test_while_developing_every_face_answers() -> None:
    assert enabled("", "development") == FACES


def test_in_production_emotions_answer_only_where_they_are_named() -> None:
    assert enabled("", "production") == FACES - {"emotions"}
    assert enabled("focus, emotions", "production") == {"focus", "emotions"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENABLED_FACES", "focus,smiles"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,proxy.example"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("ALLOWED_ORIGINS", "school.example"),
        ("ALLOWED_ORIGINS", "https://school.example/course"),
        ("ALLOWED_ORIGINS", "https://school.example; script-src *"),
        ("ALLOWED_ORIGINS", "https://[school"),
        ("ALLOWED_ORIGINS", "null"),
    ],
)
def test_a_wrong_name_is_told(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None)
    assert f"{name}={value!r} won't do" in describe_problems(caught.value)
