"""Faces are found in the learner's browser, in whichever way a platform's page allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from chromium import ALLOWED, DENIED, Browsers, camera
from picture_watch import PictureWatch
from platform_page import POLICY, THE_CLIENT, Headers, Platforms
from playwright.sync_api import Page
from told_page import (
    assert_nothing_is_left,
    crash_graphics,
    start,
    wait_for_end,
    wait_for_mode,
    wait_for_updates,
)

from service import RunningService

WORKER = "landmark-worker.js"
OUR_SCRIPT = '<script src="{service}/user/js/webcam-websocket.js"></script>'
OWN_COPY = """<meta name="eyelearn-server" content="{service}">
<script src="/user/js/webcam-websocket.js"></script>"""
NO_FRAME = "default-src 'none'; script-src {service}; connect-src {service} {socket}"
EVAL_IS_REFUSED = """() => new Promise((resolve) => setTimeout(() => {
    try { (0, eval)('1'); resolve(false); } catch (error) { resolve(error instanceof EvalError); }
}))"""


@dataclass(frozen=True)
class PlatformPage:
    """A page, its Content-Security-Policy, and the platform's copies of our scripts.

    {service} and {socket} stand for the service's address over HTTP and as a WebSocket.
    """

    head: str = OUR_SCRIPT
    policy: str = ""
    headers: Headers = field(default_factory=dict)
    copies: Mapping[str, Headers] = field(default_factory=lambda: THE_CLIENT)

    def serve(self, platforms: Platforms, service: RunningService) -> str:
        def filled(text: str) -> str:
            socket = service.url.replace("http", "ws")
            return text.replace("{service}", service.url).replace("{socket}", socket)

        copies = {
            name: {header: filled(value) for header, value in headers.items()}
            for name, headers in self.copies.items()
        }
        head, policy = filled(self.head), filled(self.policy)
        return platforms.serve(head, policy, headers=self.headers, copies=copies)


WORKER_POLICY = "default-src 'none'; script-src blob: 'unsafe-eval'; connect-src blob: {service}"
OF_THE_PLATFORM = PlatformPage(
    OWN_COPY,
    "default-src 'none'; script-src 'self' {service}; worker-src 'self'; "
    "connect-src {service} {socket}",
    copies={**THE_CLIENT, WORKER: {POLICY: WORKER_POLICY}},
)
OF_THE_SERVICE = PlatformPage()
IN_A_FRAME = PlatformPage(policy=f"{NO_FRAME}; frame-src {{service}}")
ON_THE_PAGE = PlatformPage(
    policy="default-src 'none'; script-src {service} blob: 'unsafe-eval'; worker-src 'none'; "
    "connect-src {service} {socket} blob:"
)
NOWHERE = PlatformPage(policy=NO_FRAME)
NO_CAMERA_IN_FRAMES = PlatformPage(
    policy=IN_A_FRAME.policy, headers={"Permissions-Policy": "camera=(self)"}
)


@pytest.fixture
def page(browsers: Browsers, face_clip: Path) -> Page:
    return browsers.bare_page(ALLOWED, *camera(face_clip))


def way_of(page: Page, service: RunningService) -> str:
    """Where Face Mesh runs."""
    addresses = [worker.url for worker in page.workers]
    if any(frame.url == f"{service.url}/landmark-frame" for frame in page.frames):
        assert addresses == [f"{service.url}/user/js/{WORKER}"]
        return "frame"
    if addresses:
        [address] = addresses
        kinds = {f"{page.url}user/js/{WORKER}": "worker", f"blob:{page.url}": "blob"}
        return next(kind for begin, kind in kinds.items() if address.startswith(begin))
    assert page.evaluate("typeof EyeLearnLandmarkServer") == "function"
    return "page"


def test_a_picture_sent_would_be_seen(
    page: Page, service: RunningService, platforms: Platforms
) -> None:
    watch = PictureWatch(page)
    page.goto(OF_THE_SERVICE.serve(platforms, service))
    start(page, mode="server")
    wait_for_updates(page, 1)
    assert len(watch.pictures) > 0
    assert watch.samples == 0


@pytest.mark.parametrize(
    ("platform_page", "way"),
    [
        pytest.param(OF_THE_PLATFORM, "worker", id="worker"),
        pytest.param(OF_THE_SERVICE, "blob", id="service"),
        pytest.param(IN_A_FRAME, "frame", id="frame"),
        pytest.param(ON_THE_PAGE, "page", id="page"),
    ],
)
def test_a_face_is_followed_without_a_picture_and_nothing_is_left_afterwards(
    page: Page, service: RunningService, platforms: Platforms, platform_page: PlatformPage, way: str
) -> None:
    watch = PictureWatch(page)
    page.goto(platform_page.serve(platforms, service))
    start(page, mode="browser")
    wait_for_mode(page, "browser")
    wait_for_updates(page, 2)

    assert way_of(page, service) == way
    assert page.evaluate("told.updates.at(-1).gaze") == "centered"
    assert page.evaluate("told.modes") == [{"mode": "browser", "reason": None}]
    assert (page.evaluate("webcam.stream") is None) == (way == "frame")
    if platform_page.policy:
        assert page.evaluate(EVAL_IS_REFUSED) == (way != "page")

    page.evaluate("webcam.disconnect()")
    assert_nothing_is_left(page)
    assert watch.samples > 0
    assert watch.pictures == []


def test_a_page_that_allows_none_of_them_is_told_so(
    page: Page, service: RunningService, platforms: Platforms
) -> None:
    watch = PictureWatch(page)
    page.goto(NOWHERE.serve(platforms, service))
    start(page, mode="browser")
    error = wait_for_end(page)
    assert error["type"] == "BROWSER_UNSUPPORTED"
    assert [way.split(":")[0] for way in error["detail"].split("; ")] == [
        "workerBesideTheScript",
        "workerOfTheService",
        "frameOfTheService",
        "pageItself",
    ]
    assert page.evaluate("initialized") is False
    assert watch.pictures == []

    start(page)
    wait_for_updates(page, 1)
    assert page.evaluate("[told.modes[0].mode, told.modes.length]") == ["server", 1]
    assert page.evaluate("told.modes[0].reason").startswith("blocked: ")
    assert page.evaluate("localStorage.length") == 0, "it says nothing of this browser"


def test_no_frame_is_opened_that_the_page_gives_no_camera(
    page: Page, service: RunningService, platforms: Platforms
) -> None:
    watch = PictureWatch(page)
    page.goto(NO_CAMERA_IN_FRAMES.serve(platforms, service))
    start(page, mode="browser")
    error = wait_for_end(page)
    assert error["type"] == "BROWSER_UNSUPPORTED"
    assert "frameOfTheService: Permissions-Policy: no camera" in error["detail"]
    assert "; pageItself: " in error["detail"]
    assert not watch.asked_for("landmark-frame")


def test_a_learner_who_refuses_the_frame_s_camera_is_told_so(
    browsers: Browsers, service: RunningService, platforms: Platforms
) -> None:
    page = browsers.bare_page(DENIED, "--use-fake-device-for-media-stream")
    watch = PictureWatch(page)
    page.goto(IN_A_FRAME.serve(platforms, service))
    start(page, mode="browser")
    error = wait_for_end(page)
    assert (error["type"], error["final"]) == ("CAMERA_PERMISSION_DENIED", True)
    assert page.evaluate("initialized") is False
    assert watch.asked_for("landmark-frame")
    assert not watch.asked_for("socket.io/")


def test_the_page_itself_goes_on_after_its_graphics_crashed(
    page: Page, service: RunningService, platforms: Platforms
) -> None:
    watch = PictureWatch(page)
    page.goto(ON_THE_PAGE.serve(platforms, service))
    start(page, mode="browser")
    wait_for_updates(page, 1)
    crash_graphics(page)
    wait_for_updates(page, 4)
    assert page.evaluate("[...new Set(told.updates.map(({ gaze }) => gaze))]") == ["centered"]
    assert page.evaluate("[...new Set(told.updates.map(({ session }) => session))].length") == 1
    assert way_of(page, service) == "page"
    assert watch.pictures == []
