"""What the client does when the service has no place for it, or wants fewer frames.

The service is the real one; on the way, its answers are made those of one that is short of CPU.
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

from chromium import ALLOWED, Browsers, camera, until
from focus_page import COUNT_ALERTS, error_type, wait_for_state
from playwright.sync_api import Page, WebSocketRoute, expect

from service import RunningService

RETRY_SECONDS = 1.0
# The client sends two frames before it waits for an answer.
IN_FLIGHT = 2
FRAME = re.compile(r'451-(\d+)\["video_frame"')


# A client of landmarks; `gaps`: milliseconds between the newest samples of two updates.
UPDATES = """async () => {
    window.gaps = [];
    let last = null;
    const webcam = new WebcamWebSocket({
        mode: 'browser',
        consent: 'given',
        onTrackingUpdate: ({ frame_timestamp: at }) => {
            if (last !== null) gaps.push(at - last);
            last = at;
        },
    });
    await webcam.initialize('learner', 22, null);
}"""


class BusyService:
    """Turns the first frames away, as a service does that follows as many as it can."""

    def __init__(self, page: Page, refusals: int) -> None:
        self.refused: list[float] = []
        self._refusals = refusals
        self._drops_payload = False
        page.route_web_socket("**/socket.io/**", self._connect)

    def _connect(self, client: WebSocketRoute) -> None:
        server = client.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            if isinstance(message, bytes) and self._drops_payload:
                self._drops_payload = False
                return
            frame = FRAME.match(message) if isinstance(message, str) else None
            if frame is None or len(self.refused) >= self._refusals:
                server.send(message)
                return
            self.refused.append(time.monotonic())
            self._drops_payload = True
            error = {"code": "overloaded", "message": "busy", "event": "video_frame"}
            told = {**error, "retry_after_seconds": RETRY_SECONDS}
            client.send(f"42{json.dumps(['error', told])}")
            ack = {"status": "rejected", "reason": "overloaded"}
            client.send(f"43{frame[1]}{json.dumps([ack])}")

        client.on_message(pass_on)


def tell_besides(page: Page) -> dict[str, Any]:
    """What each update that the page gets from now on says besides, or instead."""
    told: dict[str, Any] = {}

    def connect(client: WebSocketRoute) -> None:
        def pass_on(message: str | bytes) -> None:
            if isinstance(message, str) and message.startswith('42["tracking_update"'):
                event, update = json.loads(message[2:])
                message = f"42{json.dumps([event, {**update, **told}])}"
            client.send(message)

        client.connect_to_server().on_message(pass_on)

    page.route_web_socket("**/socket.io/**", connect)
    return told


def test_a_learner_who_is_turned_away_comes_back_later_and_is_told_once(
    browsers: Browsers, service: RunningService, face_clip: Path
) -> None:
    page = browsers.page(ALLOWED, *camera(face_clip))
    busy = BusyService(page, refusals=2 * IN_FLIGHT)
    page.goto(service.url)
    page.evaluate(COUNT_ALERTS)
    page.get_by_role("button", name="Start").click()
    assert error_type(page) == "SERVER_ERROR"
    expect(page.get_by_role("alert")).to_contain_text("busy")
    expect(page.get_by_role("alert")).to_contain_text("tried again by itself")
    wait_for_state(page, "focused")
    assert len(busy.refused) == 2 * IN_FLIGHT
    assert busy.refused[IN_FLIGHT] - busy.refused[IN_FLIGHT - 1] >= 0.9 * RETRY_SECONDS
    assert page.evaluate("alerts") == 1


def test_the_client_sends_what_it_is_told_at_once_and_both_ways(
    browsers: Browsers, service: RunningService, face_clip: Path
) -> None:
    page = browsers.page(ALLOWED, *camera(face_clip))
    told = tell_besides(page)
    page.goto(service.url)
    page.get_by_role("button", name="Start").click()
    until(page, "eyelearn.stats.fps > 5")
    told["max_fps"] = 3
    until(page, "eyelearn.stats.fps <= 3.5")
    told["max_fps"] = 15
    until(page, "eyelearn.stats.fps > 5")


def test_landmarks_are_sent_as_seldom_as_the_service_asks_for(
    browsers: Browsers, service: RunningService, face_clip: Path
) -> None:
    page = browsers.bare_page(ALLOWED, *camera(face_clip))
    told = tell_besides(page)
    page.goto(service.url)
    page.evaluate(UPDATES)
    told["batch_seconds"] = 3
    # Counted on the page's clock: between two updates lies what was gathered for one.
    until(page, "gaps.length > 0 && gaps.at(-1) > 2900")
    told["batch_seconds"] = 0
    until(page, "gaps.at(-1) < 2000")
