"""The page to try emotion prediction with: one file, in a real browser, on the real service."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from chromium import ALLOWED, WAIT_MS, Browsers, camera
from playwright.sync_api import Browser, FilePayload, Page, Playwright, expect

from eyelearn.settings import ROOT
from pictures import face_frame, jpeg
from service import RunningService

EXAMPLES = ROOT / "examples"
NAME = "test_websocket.html"
EMOTIONS = ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """Where a developer's own server shows the page: on this machine, and not by the service."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(EXAMPLES)))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/{NAME}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser(playwright: Playwright, chromium: str, face_clip: Path) -> Iterator[Browser]:
    """One for all."""
    started = Browsers(playwright, chromium)
    browser = started.asking_page(ALLOWED, *camera(face_clip)).context.browser
    assert browser is not None
    yield browser
    started.close()


@pytest.fixture
def blank(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.set_default_timeout(WAIT_MS)
    yield page
    page.close()


@pytest.fixture
def page(blank: Page, service: RunningService, served: str) -> Page:
    blank.goto(f"{served}?url={address(service)}")
    return blank


def address(service: RunningService) -> str:
    return service.url.replace("http", "ws") + "/ws"


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def choose(page: Page, content: bytes) -> None:
    picture = FilePayload(name="a.jpg", mimeType="image/jpeg", buffer=content)
    page.get_by_label("Choose a picture").set_input_files(picture)


def test_a_picture_is_predicted_and_seven_bars_tell_how_likely_each_emotion_is(page: Page) -> None:
    press(page, "Connect")
    expect(page.locator("#state")).to_have_text("Connected.")
    choose(page, jpeg(face_frame()))
    press(page, "Predict")
    bars = page.get_by_role("list", name="How likely each emotion is").get_by_role("listitem")
    expect(bars).to_have_count(len(EMOTIONS))
    likeliest = page.locator("#bars [data-likeliest] .name").inner_text()
    expect(page.locator("#answer")).to_contain_text(f"{likeliest}, ")
    sent = page.locator("#log pre").filter(has_text='"command": "predict"')
    expect(sent).to_contain_text("characters)")
    assert len(sent.inner_text()) < 200


def test_a_snapshot_is_predicted_and_the_camera_goes_off_with_it(page: Page) -> None:
    press(page, "Connect")
    press(page, "Open the camera")
    expect(page.locator("#picture-told")).to_have_text("The camera is on.")
    press(page, "Take the picture")
    expect(page.get_by_role("button", name="Open the camera")).to_be_visible()
    assert page.evaluate("document.querySelector('video').srcObject") is None
    press(page, "Predict")
    expect(page.locator("#bars li")).to_have_count(len(EMOTIONS))
    expect(page.locator("#answer")).not_to_contain_text("No face")


def test_the_other_commands_are_answered_in_words(page: Page) -> None:
    press(page, "Connect")
    for name, words in (
        ("Emotions", ", ".join(EMOTIONS)),
        ("Model info", "7 emotions out"),
        ("Health", "is healthy"),
    ):
        press(page, name)
        expect(page.locator("#answer")).to_contain_text(words)


def test_what_is_no_picture_is_told_and_not_sent(page: Page) -> None:
    press(page, "Connect")
    choose(page, b"no picture")
    expect(page.locator("#picture-told")).to_contain_text("can’t read this picture")
    expect(page.get_by_role("button", name="Predict")).to_be_disabled()


def test_an_error_of_the_service_is_shown(
    blank: Page, service: RunningService, served: str
) -> None:
    answer = '{"type": "error", "message": "There is no face.", "code": "no_face"}'
    blank.route_web_socket(
        address(service), lambda socket: socket.on_message(lambda _: socket.send(answer))
    )
    blank.goto(f"{served}?url={address(service)}")
    press(blank, "Connect")
    press(blank, "Health")
    expect(blank.locator("#answer")).to_have_text("There is no face. (no_face)")
    expect(blank.locator("#answer")).to_have_attribute("data-bad", "true")


def test_from_disk_the_page_is_refused_and_says_what_to_do(
    blank: Page, service: RunningService
) -> None:
    blank.goto(f"{(EXAMPLES / NAME).as_uri()}?url={address(service)}")
    press(blank, "Connect")
    expect(blank.locator("#state")).to_have_text("The connection did not come about.")
    expect(blank.locator("#from-disk")).to_contain_text("ALLOWED_ORIGINS=*")
    expect(blank.locator("#healthz")).to_have_attribute("href", f"{service.url}/healthz")


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_sticks_out(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
