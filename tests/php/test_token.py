"""The learner's token that the platform mints."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from databases import MariadbServer
from php_platform import Platform, running_platform

LOG_IN = "<?php session_start(); $_SESSION['user_id'] = json_decode($_GET['user']);"
SECRET = "what platform and service know"


@pytest.fixture
def lesson_platform(mariadb_server: MariadbServer) -> Iterator[Platform]:
    """Whoever asks for log_in.php?user=… is logged in; the JSON type of the id is kept."""
    environment = {
        "AUTH_SECRET": f"{SECRET}, the older one",
        "EYELEARN_SERVER_URL": "https://focus.example",
    }
    with running_platform(mariadb_server, environment=environment) as running:
        (running.folder / "log_in.php").write_text(LOG_IN)
        yield running


def logged_in(platform: Platform, user: object) -> requests.Session:
    browser = requests.Session()
    browser.get(f"{platform.url}/log_in.php", params={"user": json.dumps(user)}, timeout=20)
    return browser


def ask(platform: Platform, browser: requests.Session, **query: str) -> requests.Response:
    return browser.get(f"{platform.url}/user/eyelearn_token.php", params=query, timeout=20)


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def claims(token: str) -> dict[str, Any]:
    """Of a token whose signature is right."""
    header, payload, signature = token.split(".")
    assert json.loads(decoded(header)) == {"alg": "HS256", "typ": "JWT"}
    expected = hmac.new(SECRET.encode(), f"{header}.{payload}".encode(), hashlib.sha256).digest()
    assert hmac.compare_digest(decoded(signature), expected)
    assert "=" not in token
    told: dict[str, Any] = json.loads(decoded(payload))
    return told


@pytest.mark.parametrize("user", [7, "7", "ünï/+?", "x" * 64])
def test_a_learner_gets_a_signed_token_for_one_module(
    lesson_platform: Platform, user: int | str
) -> None:
    with logged_in(lesson_platform, user) as browser:
        answer = ask(lesson_platform, browser, module="22")
    assert "no-store" in answer.headers["Cache-Control"]
    told = claims(answer.json()["token"])
    assert (told["sub"], told["aud"], told["module_id"]) == (str(user), "eyelearn", 22)
    assert told["iat"] == pytest.approx(time.time(), abs=60)
    assert 0 < told["exp"] - told["iat"] <= 24 * 3600


def test_nobody_gets_no_token(lesson_platform: Platform) -> None:
    with requests.Session() as browser:
        answer = ask(lesson_platform, browser, module="22")
    assert (answer.status_code, "token" in answer.json()) == (401, False)


@pytest.mark.parametrize("query", [{}, {"module": ""}, {"module": "x" * 65}, {"module[]": "22"}])
def test_a_token_needs_a_module(lesson_platform: Platform, query: dict[str, str]) -> None:
    with logged_in(lesson_platform, 7) as browser:
        assert ask(lesson_platform, browser, **query).status_code == 400


@pytest.mark.parametrize("user", [None, True, 1.5, "", "x" * 65, [7]])
def test_what_is_no_id_is_nobody(lesson_platform: Platform, user: object) -> None:
    with logged_in(lesson_platform, user) as browser:
        assert ask(lesson_platform, browser, module="22").status_code == 401
        page = browser.get(
            f"{lesson_platform.url}/user/Smodulepart.php", params={"module": "22"}, timeout=20
        )
    assert page.status_code == 401
    assert "You are not logged in" in page.text


def test_a_lesson_page_carries_its_ids_as_data_only(lesson_platform: Platform) -> None:
    hostile = "</script><script>alert('&\"1')</script>"
    with logged_in(lesson_platform, hostile) as browser:
        page = browser.get(
            f"{lesson_platform.url}/user/Smodulepart.php",
            params={"module": hostile, "section": "007"},
            timeout=20,
        )
    assert page.status_code == 200
    assert "alert('" not in page.text
    head, data = page.text.split('id="focus-lesson">')
    assert 'content="https://focus.example"' in head
    lesson = json.loads(data.split("</script>")[0])
    assert (lesson["userId"], lesson["moduleId"], lesson["sectionId"]) == (hostile, hostile, "007")
    assert claims(lesson["token"])["sub"] == hostile
    assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("query", [{}, {"module": "x" * 65}, {"module": "22", "section": "y" * 65}])
def test_a_lesson_that_is_not_named_is_refused(
    lesson_platform: Platform, query: dict[str, str]
) -> None:
    with logged_in(lesson_platform, 7) as browser:
        page = browser.get(f"{lesson_platform.url}/user/Smodulepart.php", params=query, timeout=20)
    assert page.status_code == 400
    assert "focus-lesson" not in page.text


def test_without_a_secret_there_is_no_token(mariadb_server: MariadbServer) -> None:
    with running_platform(mariadb_server, environment={"AUTH_SECRET": ""}) as platform:
        (platform.folder / "log_in.php").write_text(LOG_IN)
        with logged_in(platform, 7) as browser:
            assert ask(platform, browser, module="22").json() == {"token": None}
