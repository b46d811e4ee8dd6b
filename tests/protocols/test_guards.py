from __future__ import annotations

import pytest

from eyelearn.protocols.guards import Origins, Throttle
from eyelearn.settings import Settings

ENVIRON = {"wsgi.url_scheme": "http", "HTTP_HOST": "focus.example:5000"}
PROXIED = {
    "wsgi.url_scheme": "http",
    "HTTP_HOST": "127.0.0.1:5000",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_HOST": "focus.example",
}


def allowed(allowed_origins: str, origin: str | None, environ: dict[str, str] = ENVIRON) -> bool:
    settings = Settings(_env_file=None, allowed_origins=allowed_origins)
    return Origins(settings).allow(origin, environ)


@pytest.mark.parametrize(
    ("setting", "origin", "answer"),
    [
        ("", None, True),
        ("", "http://focus.example:5000", True),
        ("", "http://localhost:8080", True),
        ("", "http://127.0.0.1", True),
        ("", "https://school.example", False),
        ("", "null", False),
        ("", "http://[", False),
        ("", "http://localhost.evil.example", False),
        ("https://school.example", "https://school.example", True),
        ("https://school.example, https://other.example/", "https://other.example", True),
        ("https://school.example", "http://focus.example:5000", True),
        ("https://school.example", "http://school.example", False),
        ("https://school.example", "http://localhost:8080", False),
        ("https://school.example", "https://evil-school.example", False),
        ("*", "https://anybody.example", True),
    ],
)
def test_origins(setting: str, origin: str | None, answer: bool) -> None:
    assert allowed(setting, origin) is answer


def test_behind_a_proxy_our_own_origin_is_the_one_the_browser_sees() -> None:
    assert allowed("https://school.example", "https://focus.example", PROXIED)


def test_a_limit_that_goes_on_being_exceeded_is_told_once_a_second() -> None:
    throttle = Throttle(interval_seconds=1.0)
    assert [throttle.allow("a", now) for now in (0.0, 0.5, 0.99, 1.0, 1.5)] == [
        True,
        False,
        False,
        True,
        False,
    ]
    assert throttle.allow("b", 1.5)
