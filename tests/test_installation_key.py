from __future__ import annotations

from pathlib import Path

import pytest

from eyelearn.installation_key import KEY_FILE, kept_key, key_from
from eyelearn.redaction import KEY_BYTES
from eyelearn.saving.database_url import sqlite_file


def test_the_key_is_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    made = kept_key(folder)
    assert kept_key(folder) == made != kept_key(tmp_path / "elsewhere")
    assert len(bytes.fromhex(made)) == KEY_BYTES
    assert [(file.name, file.stat().st_mode & 0o777) for file in folder.iterdir()] == [
        (KEY_FILE, 0o600)
    ]


@pytest.mark.parametrize("content", ["", "abc", "00ff"])
def test_a_damaged_key_is_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / KEY_FILE).write_text(content)
    with pytest.raises(ValueError, match=r"hexadecimal|log\.key"):
        kept_key(tmp_path)


def test_what_an_operator_writes_is_a_key_whatever_its_length() -> None:
    keys = {key_from(phrase) for phrase in ("a", "a" * 500, "ä")}
    assert {len(bytes.fromhex(key)) for key in keys} == {KEY_BYTES}
    assert len(keys) == 3


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:////srv/data/eyelearn.db", "/srv/data/eyelearn.db"),
        ("sqlite:///data/eyelearn.db?timeout=3", "data/eyelearn.db"),
        ("sqlite:///file:/srv/eyelearn.db?uri=true", None),
        ("postgresql://user:password@host/eyelearn", None),
    ],
)
def test_the_key_is_kept_beside_a_database_that_is_a_file(url: str, file: str | None) -> None:
    assert sqlite_file(url) == (file and Path(file))
