from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from werkzeug.test import Client

from eyelearn.errors import Forbidden
from eyelearn.protocols.origins import MAX_TOLD, OriginGuard, Origins
from eyelearn.settings import Settings

ENVIRON = {"wsgi.url_scheme": "http", "HTTP_HOST": "focus.example:5000"}
PROXIED = {
    "REMOTE_ADDR": "10.0.0.1",
    "wsgi.url_scheme": "http",
    "HTTP_HOST": "127.0.0.1:5000",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_HOST": "focus.example",
}
SCHOOL = "https://school.example"


def origins(allowed: str, proxies: str = "") -> Origins:
    return Origins(Settings(_env_file=None, allowed_origins=allowed, trusted_proxies=proxies))


@pytest.mark.parametrize(
    ("setting", "origin", "answer"),
    [
        ("", None, True),
        ("", "http://focus.example:5000", True),
        ("", "https://focus.example:5000", True),
        ("", "http://focus.example", False),
        ("", "http://localhost:8080", True),
        ("", "http://127.0.0.1", True),
        ("", "https://[::1]:3000", True),
        ("", "ftp://localhost", False),
        ("", SCHOOL, False),
        ("", "null", False),
        ("", "http://[", False),
        ("", "http://localhost.evil.example", False),
        ("", "http://focus.example:5000,http://evil.example", False),
        (SCHOOL, SCHOOL, True),
        (SCHOOL, "HTTPS://School.Example:443", True),
        (f"{SCHOOL}, https://other.example/", "https://other.example", True),
        ("https://other.example:8443", "https://other.example", False),
        (SCHOOL, "http://focus.example:5000", True),
        (SCHOOL, "http://school.example", False),
        (SCHOOL, "http://localhost:8080", False),
        (SCHOOL, "https://evil-school.example", False),
        (SCHOOL, "null", False),
        (SCHOOL, None, True),
        ("*", "https://anybody.example", True),
        ("*", "https://anybody.example\r\n Set-Cookie: a", False),
        ("", "http://loc\r\n\talhost", False),
    ],
)
def test_origins(setting: str, origin: str | None, answer: bool) -> None:
    assert origins(setting).allow(origin, ENVIRON) is answer


def test_behind_a_trusted_proxy_our_own_origin_is_the_one_the_browser_sees() -> None:
    assert origins(SCHOOL, proxies="10.0.0.0/8").allow("https://focus.example", PROXIED)
    assert not origins(SCHOOL).allow("https://focus.example", PROXIED)


def test_a_page_that_came_encrypted_by_an_unknown_proxy_is_ours() -> None:
    environ = {"wsgi.url_scheme": "http", "HTTP_HOST": "focus.example"}
    assert origins(SCHOOL).allow("https://focus.example", environ)


def test_without_a_host_nobody_is_us() -> None:
    assert not origins(SCHOOL).allow("http://", {"wsgi.url_scheme": "http"})


def test_a_foreign_origin_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    refusing = origins(SCHOOL)
    with caplog.at_level(logging.WARNING):
        for number in [1, 1, *range(MAX_TOLD + 50)]:
            with pytest.raises(Forbidden):
                refusing.check(f"https://evil{number}.example", ENVIRON)
    assert len(caplog.records) == MAX_TOLD


def answers(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "application/json")])
    return [b'{"success": true}']


@pytest.fixture
def client() -> Client:
    return Client(OriginGuard(answers, origins(SCHOOL), ["POST"]))


def test_rest_refuses_a_foreign_page_and_it_may_not_read_why(client: Client) -> None:
    for ask in (client.post, client.options):
        answer = ask("/frames", headers={"Origin": "https://evil.example"})
        assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert answer.headers["Vary"] == "Origin"


def test_rest_answers_an_allowed_page_and_it_may_read_it(client: Client) -> None:
    answer = client.post("/frames", headers={"Origin": SCHOOL})
    assert answer.json == {"success": True}
    assert answer.headers["Access-Control-Allow-Origin"] == SCHOOL
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_rest_says_beforehand_what_an_allowed_page_may_send(client: Client) -> None:
    asked = {"Origin": SCHOOL, "Access-Control-Request-Method": "POST"}
    answer = client.options("/frames", headers=asked)
    assert (answer.status_code, answer.data) == (204, b"")
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_rest_answers_who_is_no_page(client: Client) -> None:
    answer = client.post("/frames")
    assert answer.json == {"success": True}
    assert "Access-Control-Allow-Origin" not in answer.headers
