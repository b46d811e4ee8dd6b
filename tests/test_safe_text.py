from __future__ import annotations

import base64
import random

import pytest

from eyelearn.redaction import hashed
from eyelearn.safe_text import safe_text, safe_value
from eyelearn.safe_traceback import safe_traceback

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ.8nUdCzIMvzLk0nUWYlPyVfyl0Jo8Wn1AKTHPdm1VWqc"
SESSION = "64616e3f-273c-4d62-8635-fe2c633ed3cb"
PICTURE = random.Random(6).randbytes(300)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"invalid token {JWT}", "invalid token <token>"),
        ("broken eyJhbGciOiJI", "broken <token>"),
        ("data:image/jpeg;base64,/9j/4AAQ is no picture", "<data URL> is no picture"),
        (f"what is {base64.b64encode(PICTURE).decode()}?", "what is <400 characters>?"),
        (f"what is {PICTURE[:60].hex()}?", "what is <120 characters>?"),
        ("url: /save.php?token=abc&x=1 (refused)", "url: /save.php?<query> (refused)"),
        ("{'Authorization': 'Bearer abc', 'Host': 'x'}", "{'Authorization': '<hidden>"),
        ("Cookie: PHPSESSID=a1b2; lang=ro", "Cookie: <hidden>"),
        ("sent Bearer a.b.c", "sent Bearer <hidden>"),
        ("postgresql://eyelearn:pa@ss@db/x", "postgresql://<user>@db/x"),
        ("one\nWARNING two\x1b[2J", "one\\nWARNING two\\x1b[2J"),
        ("x" * 501, "<501 characters>"),
    ],
)
def test_what_must_not_stand_in_a_text_is_taken_out(text: str, shown: str) -> None:
    assert safe_text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "can't listen on 127.0.0.1:5000: [Errno 98] Address already in use",
        "sqlite:////srv/a/long/way/to/the/place/where/sessions/are/kept/eyelearn.db",
        "PHP_ENDPOINT does not work: HTTP 500; is the database up? Ask whoever runs it.",
        "worker 12 is 11.5 h old",
    ],
)
def test_what_people_need_stays(text: str) -> None:
    assert safe_text(text) == text


def test_a_session_in_a_text_looks_as_it_does_in_a_field() -> None:
    assert safe_text(f"KeyError: '{SESSION}'") == f"KeyError: '{hashed(SESSION)}'"


def test_a_value_is_a_number_or_a_text_or_told_by_its_length() -> None:
    assert [safe_value(value) for value in (7, 0.5, True, None)] == [7, 0.5, True, None]
    assert safe_value(PICTURE) == safe_value(bytearray(PICTURE)) == "<300 bytes>"
    assert safe_value({"token": JWT}) == "{'token': '<token>'}"


def raised(message: object, local: str) -> Exception:
    try:
        try:
            del local
            raise ValueError(message)
        except ValueError as error:
            raise RuntimeError("while judging") from error
    except RuntimeError as error:
        return error


def test_a_traceback_tells_where_and_no_values() -> None:
    told = safe_traceback(raised(f"no picture: {PICTURE!r}", "a local value"))
    assert told.count("Traceback (most recent call last):") == 2
    assert "in raised\n    raise ValueError(message)" in told
    assert "\nValueError: <" in told
    assert told.endswith("RuntimeError: while judging")
    assert "a local value" not in told
    assert repr(PICTURE)[2:20] not in told


def test_a_deep_recursion_is_told_in_short() -> None:
    def deeper() -> None:
        deeper()

    with pytest.raises(RecursionError) as caught:
        deeper()
    assert len(safe_traceback(caught.value)) < 4000


def test_an_exception_that_cannot_tell_what_it_is_is_told_all_the_same() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise KeyError("picture")

    assert safe_traceback(Mute()).endswith("Mute: <no message: KeyError>")
