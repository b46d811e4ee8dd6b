"""The focus page in a real browser, with a clip as its camera, on the real service."""

from __future__ import annotations

import re
import signal
import sqlite3
import time
from pathlib import Path

import pytest
from cdp import bare_chromium
from chromium import ALLOWED, DENIED, FLAGS, Browsers, camera, until
from focus_page import error_type, start, wait_for_state
from playwright.sync_api import expect

import waiting
from service import RunningService, running_service


def saved_row(service: RunningService, session_id: str) -> tuple[float, float] | None:
    path = service.environment["DATABASE_URL"].removeprefix("sqlite:///")
    with sqlite3.connect(path) as database:
        query = "SELECT focused_time, unfocused_time FROM sessions WHERE session_id = ?"
        row: tuple[float, float] | None = database.execute(query, (session_id,)).fetchone()
    database.close()
    return row


def test_focus_is_lost_and_found_and_its_times_are_saved(
    browsers: Browsers, service: RunningService, focus_clip: Path
) -> None:
    page = browsers.page(ALLOWED, *camera(focus_clip))
    start(page, service.url)
    wait_for_state(page, "focused")
    expect(page.locator("#words")).to_have_text("You are looking at the lesson")
    wait_for_state(page, "away")
    expect(page.locator("#words")).to_have_text("No face in view")
    expect(page.locator("#words")).to_have_text("Your head is tilted far to the side")
    wait_for_state(page, "focused")
    expect(page.locator("#focus_sessions")).to_have_text(re.compile("[2-9]"))
    session_id = page.evaluate("eyelearn.sessionId")
    page.get_by_role("button", name="Stop").click()
    wait_for_state(page, "off")

    def is_saved() -> bool:
        row = saved_row(service, session_id)
        return row is not None and min(row) >= 1

    waiting.until(is_saved, seconds=60)


def test_a_face_that_is_too_dark_to_be_judged_is_told_what_helps(
    browsers: Browsers, service: RunningService, dark_clip: Path
) -> None:
    page = browsers.page(ALLOWED, *camera(dark_clip))
    start(page, service.url)
    expect(page.locator("#words")).to_have_text("Your face can hardly be seen")
    expect(page.locator("#hint")).to_have_text("A little more light on your face helps.")


def test_stopping_switches_the_camera_off_and_leaves_nothing_in_the_page(
    browsers: Browsers, service: RunningService, face_clip: Path
) -> None:
    page = browsers.page(ALLOWED, *camera(face_clip))
    start(page, service.url)
    wait_for_state(page, "focused")
    page.evaluate("window.track = eyelearn.stream.getVideoTracks()[0]")
    assert page.evaluate("track.readyState") == "live"
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#connection")).to_have_text("Camera off")
    assert page.evaluate("track.readyState") == "ended"
    assert page.locator("[data-eyelearn]").count() == 0
    assert page.evaluate("eyelearn.stream") is None


def test_starting_twice_joins_and_a_stop_in_between_wins(
    browsers: Browsers, service: RunningService, face_clip: Path
) -> None:
    page = browsers.page(ALLOWED, *camera(face_clip))
    page.goto(service.url)
    both = "Promise.all([eyelearn.initialize(7, 1), eyelearn.initialize(7, 1)])"
    assert page.evaluate(both) == [True, True]
    assert page.locator("[data-eyelearn=camera]").count() == 1
    page.evaluate("Promise.all([eyelearn.disconnect(), eyelearn.disconnect()])")
    stopped = "(() => { const a = eyelearn.initialize(7, 1); eyelearn.disconnect(); return a; })()"
    assert page.evaluate(stopped) is False
    page.wait_for_timeout(1_000)
    assert page.evaluate("[eyelearn.stream, eyelearn.connected]") == [None, False]
    assert page.locator("[data-eyelearn]").count() == 0


def test_a_hidden_tab_keeps_reporting_and_counts_as_unfocused(
    chromium: str, service: RunningService, face_clip: Path, tmp_path: Path
) -> None:
    flags = [*FLAGS, ALLOWED, *camera(face_clip)]
    with bare_chromium(chromium, flags, tmp_path / "profile") as browser:
        page = browser.open(service.url)
        page.until("document.readyState === 'complete' && !!window.eyelearn")
        page.run("document.querySelector('[name=mode]').value = 'server'")
        page.run("document.getElementById('start').click()")
        question = "document.querySelector('[data-eyelearn=question]')"
        page.run(f"{question}.shadowRoot.querySelector('button:last-child').click()")
        page.until("document.body.dataset.state === 'focused'")
        browser.open("about:blank").show()
        page.until("document.hidden")
        words = "document.getElementById('words').textContent"
        page.until(f"{words} === 'The lesson is in the background'")
        time.sleep(3)  # longer than the window over which `fps` is measured
        # A hidden page's own timers tick once a second.
        page.until("eyelearn.stats.fps >= 2")
        page.show()
        page.until("document.body.dataset.state === 'focused'")


def test_a_killed_service_is_found_again_and_the_session_goes_on(
    browsers: Browsers, face_clip: Path
) -> None:
    settings = {"FLUSH_INTERVAL_SECONDS": "0.5", "INFERENCE_WORKERS": "1"}
    with running_service(settings) as service:
        page = browsers.page(ALLOWED, *camera(face_clip))
        start(page, service.url)
        wait_for_state(page, "focused")
        expect(page.locator("#focused_time")).to_have_text(re.compile("0:0[3-9]|0:[1-9]"))
        session_id = page.evaluate("eyelearn.sessionId")
        service.kill()
        assert error_type(page) == "WEBSOCKET_ERROR"
        service.start()
        wait_for_state(page, "focused")
        expect(page.get_by_role("alert")).to_be_hidden()
        assert re.match("0:0[2-9]|0:[1-9]", page.locator("#focused_time").inner_text())
        assert page.evaluate("eyelearn.sessionId") == session_id


def test_late_answers_slow_the_frames_down_and_quick_ones_bring_them_back(
    browsers: Browsers, face_clip: Path
) -> None:
    with running_service({"INFERENCE_WORKERS": "1"}) as service:
        page = browsers.page(ALLOWED, *camera(face_clip))
        start(page, service.url)
        wait_for_state(page, "focused")

        def is_coarser() -> bool:
            service.process.send_signal(signal.SIGSTOP)
            time.sleep(0.5)
            service.process.send_signal(signal.SIGCONT)
            time.sleep(0.1)
            return bool(page.evaluate("eyelearn.stats.quality") < 0.65)

        waiting.until(is_coarser, seconds=60)
        until(page, "eyelearn.stats.quality === 0.7", seconds=120)


def test_a_refused_camera_is_explained(browsers: Browsers, service: RunningService) -> None:
    page = browsers.page(DENIED, "--use-fake-device-for-media-stream")
    start(page, service.url)
    assert error_type(page) == "CAMERA_PERMISSION_DENIED"
    expect(page.get_by_role("alert")).to_contain_text("Allow the camera for this page.")
    wait_for_state(page, "off")


def test_a_missing_camera_is_explained(browsers: Browsers, service: RunningService) -> None:
    # The UI flag makes no camera here: there is none in a machine that runs tests.
    page = browsers.page(ALLOWED, "--use-fake-device-for-media-stream=device-count=0")
    start(page, service.url)
    assert error_type(page) == "NO_CAMERA"


def test_a_page_that_is_not_secure_is_explained(
    browsers: Browsers, service: RunningService
) -> None:
    page = browsers.page(ALLOWED)
    start(page, service.url.replace("127.0.0.1", "insecure.test"))
    assert error_type(page) == "INSECURE_CONTEXT"


def test_an_unreachable_service_is_explained_and_the_camera_goes_off(
    browsers: Browsers, service: RunningService, face_clip: Path
) -> None:
    page = browsers.page(ALLOWED, *camera(face_clip))
    page.goto(service.url)
    page.evaluate(
        """() => {
            window.told = [];
            window.lost = new WebcamWebSocket({
                serverUrl: 'http://127.0.0.1:9', onError: (error) => told.push(error.type) });
        }"""
    )
    assert page.evaluate("lost.initialize(1, 1, 1)") is False
    assert page.evaluate("told") == ["WEBSOCKET_ERROR"]
    assert page.evaluate("lost.stream") is None


def test_a_page_that_comes_back_from_the_browser_s_cache_goes_on_with_its_session(
    browsers: Browsers, service: RunningService, face_clip: Path
) -> None:
    page = browsers.page(ALLOWED, *camera(face_clip))
    start(page, service.url)
    wait_for_state(page, "focused")
    session_id = page.evaluate("eyelearn.sessionId")
    # Chromium keeps no page with an open camera in its cache, other browsers do: sent by hand.
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    assert page.evaluate("[eyelearn.stream, eyelearn.connected]") == [None, False]
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    until(page, "eyelearn.connected && eyelearn.stats.fps > 1")
    assert page.evaluate("eyelearn.sessionId") == session_id


def test_polling_takes_over_where_a_proxy_breaks_websockets(
    browsers: Browsers, service: RunningService, face_clip: Path
) -> None:
    page = browsers.page(ALLOWED, *camera(face_clip))
    page.route_web_socket("**/socket.io/**", lambda socket: socket.close())
    with page.expect_request(lambda request: "transport=polling" in request.url):
        start(page, service.url)
    wait_for_state(page, "focused")


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_cut_off_sideways(
    browsers: Browsers, service: RunningService, width: int
) -> None:
    page = browsers.page()
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(service.url)
    assert page.evaluate("document.documentElement.scrollWidth") == width
