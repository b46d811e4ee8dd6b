from __future__ import annotations

import time
from typing import Any

import pytest
from pydantic import ValidationError

from eyelearn.errors import Forbidden, Unauthorized
from eyelearn.protocols.identity import (
    CLOCK_LEEWAY_SECONDS,
    Identities,
    Identity,
    bearer_token,
    problem_with,
    token_in,
)
from eyelearn.settings import Settings, describe_problems
from eyelearn.tracking.session import LearnerIds
from tokens import DAY_SECONDS, HOUR_SECONDS, OLD_SECRET, SECRET, bad_tokens, token


def settings(secret: str = SECRET, **more: str) -> Settings:
    return Settings(_env_file=None, auth_secret=secret, **more)


def identify(told: Any, secret: str = SECRET, now: float | None = None) -> Identity:
    found = Identities(settings(secret))
    return found.identify(token_in({"token": told}), time.time() if now is None else now)


def test_a_good_token_says_who_it_is() -> None:
    expires = round(time.time()) + HOUR_SECONDS
    assert identify(token(exp=expires)) == Identity("7", None, expires)
    assert identify(token(module_id=22, exp=expires)) == Identity("7", "22", expires)
    assert identify(token(aud=["eyelearn", "another"], iat=expires)).user_id == "7"
    assert identify(token(sub="ünï/+?" * 10, exp=expires + 0.5)).user_id == "ünï/+?" * 10


@pytest.mark.parametrize("wrong", bad_tokens())
def test_a_bad_token_says_nothing_and_is_not_quoted(wrong: str) -> None:
    told = bad_tokens()[wrong]
    with pytest.raises(Unauthorized) as refused:
        identify(told)
    assert refused.value.message.endswith(".")
    assert len(refused.value.message) < 100
    for part in str(told).split("."):
        assert len(part) < 5 or part not in refused.value.message


def test_while_a_secret_replaces_another_both_are_good() -> None:
    for secret in (SECRET, OLD_SECRET):
        assert identify(token(secret), f"{SECRET}, {OLD_SECRET}").user_id == "7"
    with pytest.raises(Unauthorized, match="not signed with this service's AUTH_SECRET"):
        identify(token(OLD_SECRET), SECRET)


def test_clocks_may_differ_a_little() -> None:
    good = token(exp=1_000_000)
    assert identify(good, now=1_000_000 + CLOCK_LEEWAY_SECONDS).expires == 1_000_000
    assert identify(good, now=1_000_000 - DAY_SECONDS - CLOCK_LEEWAY_SECONDS).user_id == "7"
    with pytest.raises(Unauthorized, match="expired"):
        identify(good, now=1_000_001 + CLOCK_LEEWAY_SECONDS)
    with pytest.raises(Unauthorized, match="more than a day"):
        identify(good, now=999_999 - DAY_SECONDS - CLOCK_LEEWAY_SECONDS)


def test_an_identity_outlives_its_token_by_the_same() -> None:
    identity = Identity("7", None, expires=1000)
    identity.check_time(1000 + CLOCK_LEEWAY_SECONDS)
    with pytest.raises(Unauthorized):
        identity.check_time(1001 + CLOCK_LEEWAY_SECONDS)


@pytest.mark.parametrize("user_id", [7, "7"])
@pytest.mark.parametrize("module_id", [22, "22"])
def test_ids_are_compared_as_texts(user_id: int | str, module_id: int | str) -> None:
    ids = LearnerIds(user_id, module_id, 82)
    Identity("7", "22", 0).check(ids)
    Identity("7", None, 0).check(ids)
    for stranger in (Identity("07", None, 0), Identity("7", "23", 0), Identity("8", "22", 0)):
        with pytest.raises(Forbidden):
            stranger.check(ids)


def test_without_a_secret_nobody_is_asked() -> None:
    assert not Identities(settings("")).required
    assert Identities(settings()).required
    with pytest.raises(Unauthorized):
        Identities(settings("")).identify(token(""), time.time())


def test_production_needs_a_secret() -> None:
    told = problem_with(settings("", environment="production"))
    assert told is not None
    assert "AUTH_SECRET" in told
    assert problem_with(settings(environment="production")) is None
    assert problem_with(settings("", environment="development")) is None


@pytest.mark.parametrize(
    "secret", ["short", SECRET + ",", "," + SECRET, SECRET + ",short", ",".join([SECRET] * 3), " "]
)
def test_a_secret_that_will_not_do_is_named_and_not_shown(secret: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        settings(secret)
    told = describe_problems(wrong.value)
    assert told.startswith("AUTH_SECRET won't do: ")
    assert "short" not in told
    assert SECRET not in told


def test_a_token_comes_in_a_header() -> None:
    assert bearer_token("Bearer abc.def") == "abc.def"
    assert bearer_token("bearer  abc") == "abc"
    assert [bearer_token(header) for header in (None, "", "Bearer", "Bearer ", "Basic abc")] == [
        None
    ] * 5


def test_a_token_comes_in_a_message() -> None:
    assert token_in({"token": "abc"}) == "abc"
    assert [token_in(message) for message in (None, "abc", ["token"], {}, {"token": 7})] == [
        None
    ] * 5
