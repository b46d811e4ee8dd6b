"""Who may save."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from saves import a_save, post, signed

from databases import MariadbServer
from php_platform import Platform, running_platform

SECRET = "a secret of both servers"


@pytest.fixture
def signing_platform(mariadb_server: MariadbServer) -> Iterator[Platform]:
    environment = {"SAVE_SECRET": SECRET, "ENVIRONMENT": "production"}
    with running_platform(mariadb_server, environment=environment) as running:
        yield running


def test_a_signed_save_is_kept(signing_platform: Platform) -> None:
    body = json.dumps(a_save(user_id="ünï")).encode()
    assert post(signing_platform, body, **signed(SECRET, body)).status_code == 200
    assert len(signing_platform.sessions()) == 1


def test_a_missing_or_wrong_signature_is_refused(signing_platform: Platform) -> None:
    body = json.dumps(a_save()).encode()
    good = signed(SECRET, body)
    signature = good["X-EyeLearn-Signature"]
    later = str(int(good["X-EyeLearn-Timestamp"]) + 1)
    for headers in (
        {},
        {"X-EyeLearn-Signature": signature},
        {"X-EyeLearn-Timestamp": good["X-EyeLearn-Timestamp"]},
        {**good, "X-EyeLearn-Signature": signature.upper()},
        {**good, "X-EyeLearn-Signature": ""},
        {**good, "X-EyeLearn-Timestamp": later},
        {**good, "X-EyeLearn-Timestamp": f"{later}.0"},
        signed("another secret", body),
        signed(SECRET, body + b" "),
        # Tells nothing of the clock.
        signed("another secret", body, at=time.time() - 9999),
    ):
        answer = post(signing_platform, body, **headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature"), headers
        assert "Retry-After" not in answer.headers
    assert signing_platform.sessions() == []


@pytest.mark.parametrize("seconds", [-360, 360])
def test_a_clock_that_is_wrong_is_told_and_may_be_mended(
    signing_platform: Platform, seconds: int
) -> None:
    body = json.dumps(a_save()).encode()
    answer = post(signing_platform, body, **signed(SECRET, body, at=time.time() + seconds))
    assert (answer.status_code, answer.json()["code"]) == (401, "clock_skew")
    assert answer.headers["Retry-After"] == "60"


@pytest.mark.parametrize("seconds", [-240, 240])
def test_clocks_may_differ_by_some_minutes(signing_platform: Platform, seconds: int) -> None:
    body = json.dumps(a_save()).encode()
    answer = post(signing_platform, body, **signed(SECRET, body, at=time.time() + seconds))
    assert answer.status_code == 200


def test_production_without_a_secret_saves_nothing(mariadb_server: MariadbServer) -> None:
    with running_platform(mariadb_server, environment={"ENVIRONMENT": "production"}) as platform:
        answer = post(platform, a_save())
        assert (answer.status_code, answer.json()["code"]) == (500, "misconfigured")
        assert platform.sessions() == []
