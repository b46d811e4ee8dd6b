"""How the client gets in: it asks the page for a token, and for another where one is refused."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import ALLOWED, Browsers, camera, until
from playwright.sync_api import Page, WebSocketRoute

from service import RunningService, running_service
from tokens import HOUR_SECONDS, OLD_SECRET, SECRET, token
from wall_clock import WallClock

# What a page's client is told; `inTurn` gives tokens one after the other, the last for ever.
WATCH = """
window.asked = 0;
window.told = [];
window.watched = (token) => {
    window.webcam = new WebcamWebSocket({
        token,
        onError: ({ code, final }) => told.push([code, final]),
    });
    return webcam;
};
window.inTurn = (tokens) => () => {
    asked += 1;
    return tokens[Math.min(asked, tokens.length) - 1];
};
"""
NOT_TRACKING = f"42{json.dumps(['error', {'code': 'not_tracking', 'message': 'Forgotten.'}])}"


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> WallClock:
    return WallClock(tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="module")
def service(clock: WallClock) -> Iterator[RunningService]:
    settings = {"AUTH_SECRET": SECRET, "INFERENCE_WORKERS": "1", **clock.environment}
    with running_service(settings) as running:
        yield running


@pytest.fixture
def connections() -> list[WebSocketRoute]:
    """Those that the page makes."""
    return []


@pytest.fixture
def page(
    browsers: Browsers,
    service: RunningService,
    clock: WallClock,
    face_clip: Path,
    connections: list[WebSocketRoute],
) -> Page:
    def connect(client: WebSocketRoute) -> None:
        connections.append(client)
        client.connect_to_server()

    clock.put(0)
    page = browsers.page(ALLOWED, *camera(face_clip))
    page.add_init_script(WATCH)
    page.route_web_socket("**/socket.io/**", connect)
    page.goto(service.url)
    return page


def test_a_refused_token_is_asked_for_again_at_the_start_and_in_a_lesson(
    page: Page, clock: WallClock, connections: list[WebSocketRoute]
) -> None:
    for_three_hours = token(exp=round(time.time()) + 3 * HOUR_SECONDS)
    tokens = [token(OLD_SECRET), token(), token(module_id=22), for_three_hours]
    assert page.evaluate("(them) => watched(inTurn(them)).initialize(7, 22)", tokens) is True
    assert page.evaluate("[asked, told]") == [2, []]
    session_id = page.evaluate("webcam.sessionId")

    clock.put(2 * HOUR_SECONDS)
    connections[-1].send(NOT_TRACKING)
    until(page, "asked === 4 && webcam.connected")
    assert page.evaluate("[webcam.sessionId, told]") == [session_id, [["unauthorized", False]]]


def test_what_goes_on_being_refused_ends_it(
    page: Page, clock: WallClock, connections: list[WebSocketRoute]
) -> None:
    started = "(token) => watched(token).initialize(7, 22)"
    always_the_same = "(token) => watched(inTurn([token])).initialize(7, 22)"
    assert page.evaluate(always_the_same, token(OLD_SECRET)) is False
    assert page.evaluate("[asked, told.pop()]") == [2, ["unauthorized", True]]
    assert page.evaluate(started, token(sub="8")) is False
    assert page.evaluate("told.pop()") == ["forbidden", True]

    assert page.evaluate(started, token()) is True
    clock.put(2 * HOUR_SECONDS)
    connections[-1].send(NOT_TRACKING)
    until(page, "told.length > 0")
    assert page.evaluate("told") == [["unauthorized", True]]
    assert page.evaluate("[webcam.stream, webcam.connected]") == [None, False]
