"""What ends tracking: the page says so once, switches the camera off, and offers to start again."""

from __future__ import annotations

from pathlib import Path

from chromium import ALLOWED, Browsers, camera
from focus_page import error_type, start, wait_for_state
from playwright.sync_api import Page, expect

from service import RunningService, running_service


def assert_ended(page: Page, failure: str) -> None:
    """Everything that the page shows and says agrees that tracking is over."""
    assert error_type(page) == failure
    wait_for_state(page, "off")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Start again")
    expect(alert).not_to_contain_text("by itself")
    expect(page.locator("#connection")).to_have_text("Camera off")
    expect(page.locator("#announcer")).to_have_text("Camera off")
    expect(page.locator("#words")).to_be_empty()
    expect(page.get_by_role("button", name="Start")).to_be_enabled()
    expect(page.get_by_label("User")).to_be_enabled()
    assert page.evaluate("[eyelearn.stream, eyelearn.connected]") == [None, False]
    assert page.locator("[data-eyelearn]").count() == 0


def start_again(page: Page) -> None:
    page.get_by_role("button", name="Start").click()
    wait_for_state(page, "focused")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_service_that_takes_no_pictures_ends_tracking(
    browsers: Browsers, face_clip: Path
) -> None:
    settings = {"ENABLE_BROWSER_EYE_STREAMING": "0", "INFERENCE_WORKERS": "1"}
    with running_service(settings) as service:
        page = browsers.page(ALLOWED, *camera(face_clip))
        page.goto(service.url)
        page.evaluate(
            """() => {
                window.alerts = 0;
                new MutationObserver(() => { alerts += 1; }).observe(
                    document.querySelector('#error p'), { childList: true });
            }"""
        )
        page.get_by_role("button", name="Start").click()
        assert_ended(page, "SERVER_ERROR")
        expect(page.get_by_role("alert")).to_contain_text("takes no camera pictures")
        page.wait_for_timeout(2_000)
        assert page.evaluate("alerts") == 1
        assert_ended(page, "SERVER_ERROR")

        service.terminate()
        service.environment["ENABLE_BROWSER_EYE_STREAMING"] = "1"
        service.start()
        start_again(page)


def test_a_socket_io_client_that_can_not_be_loaded_ends_tracking(
    browsers: Browsers, service: RunningService, face_clip: Path
) -> None:
    page = browsers.page(ALLOWED, *camera(face_clip))
    page.route("**/socket.io.min.js", lambda route: route.abort())
    start(page, service.url)
    assert_ended(page, "WEBSOCKET_ERROR")
    page.unroute("**/socket.io.min.js")
    start_again(page)


def test_a_service_that_can_not_be_reached_at_the_start_ends_tracking(
    browsers: Browsers, service: RunningService, face_clip: Path
) -> None:
    page = browsers.page(ALLOWED, *camera(face_clip))
    page.route("**/socket.io/**", lambda route: route.abort())
    page.route_web_socket("**/socket.io/**", lambda socket: socket.close())
    start(page, service.url)
    assert_ended(page, "WEBSOCKET_ERROR")
    page.unroute("**/socket.io/**")
    start_again(page)


def test_a_service_that_goes_away_later_does_not_end_tracking(
    browsers: Browsers, face_clip: Path
) -> None:
    with running_service({"INFERENCE_WORKERS": "1"}) as service:
        page = browsers.page(ALLOWED, *camera(face_clip))
        start(page, service.url)
        wait_for_state(page, "focused")
        service.kill()
        assert error_type(page) == "WEBSOCKET_ERROR"
        expect(page.get_by_role("alert")).to_contain_text("tried again by itself")
        expect(page.get_by_role("alert")).not_to_contain_text("Start")
        expect(page.get_by_role("button", name="Stop")).to_be_enabled()
