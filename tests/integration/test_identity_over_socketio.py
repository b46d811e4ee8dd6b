"""Who may come in: the platform's real PHP mints, the real service judges."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import socketio
import websocket

from eyelearn.settings import ROOT
from integration.learner import ANSWER_SECONDS, Learner
from php_platform import require_php
from service import RunningService, running_service
from tokens import HOUR_SECONDS, OLD_SECRET, SECRET, bad_tokens, tampered, token
from wall_clock import WallClock

BOTH = f"{SECRET},{OLD_SECRET}"
USER, MODULE = 7, 22
TRANSPORTS = ["websocket", "polling"]


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> WallClock:
    return WallClock(tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="module")
def service(clock: WallClock) -> Iterator[RunningService]:
    settings = {
        "AUTH_SECRET": BOTH,
        "ENVIRONMENT": "production",
        "INFERENCE_WORKERS": "1",
        **clock.environment,
    }
    with running_service(settings) as running:
        yield running


def php_token(secret: str = BOTH, user: str = str(USER), module: str = str(MODULE)) -> str:
    """As a page of the platform makes it."""
    code = f"require 'user/eyelearn_token.php'; echo eyelearnToken({user}, {module});"
    done = subprocess.run(
        [require_php(), "-r", code],
        cwd=ROOT,
        env={**os.environ, "AUTH_SECRET": secret},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def refusal(url: str, told: Any, transport: str = "websocket") -> dict[str, Any]:
    """What a client finds in its `connect_error`."""
    errors: list[dict[str, Any]] = []
    client = socketio.Client(reconnection=False)
    client.on("connect_error", errors.append)
    auth = {"token": told}
    with pytest.raises(socketio.exceptions.ConnectionError):
        client.connect(url, auth=auth, transports=[transport], wait_timeout=ANSWER_SECONDS)
    return errors[0]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_token_of_the_platform_opens_the_service(service: RunningService, transport: str) -> None:
    with Learner(service.url, transport, user_id=USER, token=php_token()) as learner:
        assert learner.start()["user_id"] == USER


def test_a_token_for_every_module_opens_every_module(service: RunningService) -> None:
    told = php_token(user='"ünï/+?"', module="null")
    with Learner(service.url, user_id="ünï/+?", token=told) as learner:
        learner.start()
        learner.start(module_id="another")


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_refused_client_reads_why(service: RunningService, transport: str) -> None:
    assert refusal(service.url, token(exp=0), transport) == {
        "message": "The token has expired.",
        "data": {"code": "unauthorized", "message": "The token has expired."},
    }


def test_no_bad_token_opens_the_service_or_reaches_its_log(service: RunningService) -> None:
    bad = {**bad_tokens(), "of PHP, tampered": tampered(php_token(), sub="8")}
    # No text that could be sent.
    del bad["a lone surrogate"]
    for told in bad.values():
        assert refusal(service.url, told)["data"]["code"] == "unauthorized"
    assert "Traceback" not in service.log
    signatures = {str(told).rpartition(".")[2] for told in bad.values() if "." in str(told)}
    assert not [signature for signature in signatures - {""} if signature in service.log]


def test_a_refused_connection_is_deaf_until_a_good_token_comes(service: RunningService) -> None:
    ids = {"user_id": USER, "module_id": MODULE}
    start = f"42{json.dumps(['start_tracking', ids])}"
    url = f"{service.url}/socket.io/?EIO=4&transport=websocket".replace("http", "ws")
    with closing(websocket.create_connection(url, timeout=ANSWER_SECONDS)) as raw:
        raw.recv()
        for packet in ("40", start, '40{"token": "bad"}', start, f'40{{"token": "{token()}"}}'):
            raw.send(packet)
        answers = [raw.recv() for _ in range(4)]
        assert [answer[:2] for answer in answers[:2]] == ["44", "44"]
        assert not [answer for answer in answers if "tracking_started" in answer]
        raw.send(start)
        while "tracking_started" not in raw.recv():
            pass


@pytest.mark.parametrize("other", [{"user_id": 8}, {"module_id": 23}], ids=["user", "module"])
def test_a_token_is_for_one_learner_and_one_module(
    service: RunningService, other: dict[str, Any]
) -> None:
    with Learner(service.url, user_id=USER, token=php_token()) as learner:
        error = learner.ask("start_tracking", {**learner.ids, **other}, "error")
        assert (error["code"], error["event"]) == ("forbidden", "start_tracking")
        learner.start()


def test_a_session_outlives_its_token_and_goes_on_elsewhere_with_a_fresh_one(
    service: RunningService, clock: WallClock
) -> None:
    with Learner(service.url, user_id=USER, token=token()) as learner:
        session_id = learner.start()["session_id"]
        clock.put(2 * HOUR_SECONDS)
        try:
            calibrated = learner.client.call("calibrate", {}, timeout=ANSWER_SECONDS)
            assert calibrated["reason"] == "invalid_payload", "no face was seen, in this session"
            resume = {**learner.ids, "session_id": session_id}
            refused = learner.ask("start_tracking", resume, "error")
            assert (refused["code"], refused["event"]) == ("unauthorized", "start_tracking")
            fresh = token(exp=round(time.time()) + 3 * HOUR_SECONDS)
            with Learner(service.url, user_id=USER, token=fresh) as elsewhere:
                assert elsewhere.start(session_id=session_id)["resumed"] is True
        finally:
            clock.put(0)


def test_while_a_secret_replaces_another_both_open_the_service(service: RunningService) -> None:
    for secret in (OLD_SECRET, BOTH):
        with Learner(service.url, user_id=USER, token=php_token(secret)) as learner:
            learner.start()
