"""The client on a platform's page: another origin, one script tag."""

from __future__ import annotations

from pathlib import Path

import pytest
from chromium import ALLOWED, Browsers, camera, until
from platform_page import Platforms
from playwright.sync_api import Page

from service import RunningService

START = """async () => {
    window.updates = 0;
    window.webcam = new WebcamWebSocket({ onTrackingUpdate: () => { updates += 1; } });
    return webcam.initialize('learner-1', 22, null);
}"""


def assert_tracks(page: Page, service: RunningService) -> None:
    assert page.evaluate(START) is True
    assert page.evaluate("webcam.serverUrl") == service.url
    until(page, "updates >= 10")


def test_one_script_tag_from_the_service_is_enough(
    browsers: Browsers, service: RunningService, face_clip: Path, platforms: Platforms
) -> None:
    page = browsers.page(ALLOWED, *camera(face_clip))
    page.goto(platforms.serve(f'<script src="{service.url}/user/js/webcam-websocket.js"></script>'))
    assert_tracks(page, service)


@pytest.mark.parametrize(
    "head",
    [
        '<meta name="eyelearn-server" content="{url}">',
        '<script>window.EYELEARN_SERVER_URL = "{url}";</script>',
    ],
    ids=["meta", "variable"],
)
def test_a_copy_on_the_platform_is_told_where_the_service_is(
    browsers: Browsers, service: RunningService, face_clip: Path, platforms: Platforms, head: str
) -> None:
    page = browsers.page(ALLOWED, *camera(face_clip))
    head = head.replace("{url}", service.url)
    page.goto(platforms.serve(f'{head}<script src="/user/js/webcam-websocket.js"></script>'))
    assert_tracks(page, service)


def test_a_copy_on_localhost_looks_on_port_5000(browsers: Browsers, platforms: Platforms) -> None:
    page = browsers.page()
    page.goto(platforms.serve('<script src="/user/js/webcam-websocket.js"></script>'))
    assert page.evaluate("new WebcamWebSocket().serverUrl") == "http://127.0.0.1:5000"


def test_a_copy_elsewhere_looks_on_the_page_s_own_origin(
    browsers: Browsers, platforms: Platforms
) -> None:
    page = browsers.page()
    url = platforms.serve('<script src="/user/js/webcam-websocket.js"></script>')
    url = url.replace("127.0.0.1", "insecure.test")
    page.goto(url)
    assert page.evaluate("new WebcamWebSocket().serverUrl + '/'") == url


def test_a_policy_without_workers_does_not_stop_the_frames(
    browsers: Browsers, service: RunningService, face_clip: Path, platforms: Platforms
) -> None:
    policy = f"default-src 'self'; script-src {service.url}; connect-src *; worker-src 'none'"
    page = browsers.page(ALLOWED, *camera(face_clip))
    head = f'<script src="{service.url}/user/js/webcam-websocket.js"></script>'
    page.goto(platforms.serve(head, policy))
    assert_tracks(page, service)


def test_a_policy_without_websockets_is_met_by_polling(
    browsers: Browsers, service: RunningService, face_clip: Path, platforms: Platforms
) -> None:
    policy = f"script-src {service.url}; connect-src {service.url}; worker-src blob:"
    page = browsers.page(ALLOWED, *camera(face_clip))
    page.goto(
        platforms.serve(
            f'<script src="{service.url}/user/js/webcam-websocket.js"></script>', policy
        )
    )
    with page.expect_request(lambda request: "transport=polling" in request.url):
        assert_tracks(page, service)


def test_the_token_is_asked_for_before_each_connection(
    browsers: Browsers, service: RunningService, face_clip: Path, platforms: Platforms
) -> None:
    page = browsers.page(ALLOWED, *camera(face_clip))
    page.goto(platforms.serve(f'<script src="{service.url}/user/js/webcam-websocket.js"></script>'))
    started = page.evaluate(
        """async () => {
            window.asked = 0;
            window.webcam = new WebcamWebSocket({
                token: async () => { asked += 1; return `token-${asked}`; } });
            const one = await webcam.initialize(1, 1);
            await webcam.disconnect();
            return [one, await webcam.initialize(1, 1), asked];
        }"""
    )
    assert started == [True, True, 2]
