"""The learner is asked before the camera, may say no, and takes a yes back at any time."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from chromium import ALLOWED, Browsers, camera, until
from focus_page import start, wait_for_state
from playwright.sync_api import Page, expect

import waiting
from service import RunningService

TITLE = "May this lesson use your camera?"
# How what the learner is told begins, where pictures are sent, are not, or may be.
LANDMARKS = "The pictures stay on this computer."
PICTURES = "A computer judges each picture at once and then forgets it."
EITHER = "If this computer is quick enough, the pictures stay on it"
# What the page's client is told, and how often the browser is asked for the camera.
WATCH = """
window.asked = 0;
window.told = [];
const devices = navigator.mediaDevices;
const open = devices.getUserMedia.bind(devices);
devices.getUserMedia = (wanted) => { asked += 1; return open(wanted); };
window.watched = (options) => new WebcamWebSocket({
    onConnectionChange: (connected) => told.push(connected),
    onError: ({ type, final }) => told.push([type, final]),
    ...options,
});
"""


@pytest.fixture
def page(browsers: Browsers, face_clip: Path) -> Page:
    page = browsers.asking_page(ALLOWED, *camera(face_clip))
    page.add_init_script(WATCH)
    return page


def ended(service: RunningService, session_id: str) -> tuple[str | None, float] | None:
    path = service.environment["DATABASE_URL"].removeprefix("sqlite:///")
    with sqlite3.connect(path) as database:
        query = "SELECT end_reason, focused_time FROM sessions WHERE session_id = ?"
        row: tuple[str | None, float] | None = database.execute(query, (session_id,)).fetchone()
    database.close()
    return row


def test_the_learner_is_asked_first_by_keyboard_and_screen_reader_too(
    page: Page, service: RunningService
) -> None:
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text))
    start(page, service.url)
    question = page.get_by_role("dialog", name=TITLE)
    expect(question).to_be_focused()
    expect(question).to_have_accessible_description(re.compile("look at the lesson"))
    assert page.evaluate("[asked, eyelearn.stream]") == [0, None]
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="No, thank you")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Use my camera")).to_be_focused()
    page.keyboard.press("Enter")
    expect(question).to_have_count(0)

    expect(page.get_by_role("group", name="Camera on")).to_be_focused()
    assert page.evaluate("asked") == 1
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Stop the camera")).to_be_focused()
    page.reload()
    page.get_by_role("button", name="Start").click()
    wait_for_state(page, "focused")
    page.get_by_role("button", name="Stop the camera").press("Enter")
    expect(page.get_by_role("button", name="Start")).to_be_focused()
    expect(page.get_by_role("alert")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(question).to_be_visible()
    assert [line for line in complaints if "Content Security" in line] == []


def test_after_a_no_no_camera_is_opened_and_nothing_is_sent(
    page: Page, service: RunningService
) -> None:
    page.goto(service.url)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.on("websocket", lambda socket: sent.append(socket.url))
    ask = "window.started = watched({OPTIONS}).initialize(7, 1); undefined"
    page.evaluate(ask.replace("OPTIONS", ""))
    page.get_by_role("button", name="No, thank you").click()
    assert page.evaluate("started") is False
    page.evaluate(ask.replace("OPTIONS", ""))
    page.get_by_role("dialog", name=TITLE).press("Escape")
    assert page.evaluate("started") is False
    page.evaluate(ask.replace("OPTIONS", "consent: async () => 'no'"))
    assert page.evaluate("started") is False
    assert page.evaluate("told") == [["CONSENT_DECLINED", True]] * 3
    assert page.evaluate("asked") == 0
    assert [url for url in sent if "socket.io" in url] == []
    assert page.locator("[data-eyelearn]").count() == 0


def test_a_yes_is_taken_back_at_once_and_what_was_measured_is_saved(
    page: Page, service: RunningService
) -> None:
    page.goto(service.url)
    page.evaluate("window.webcam = watched({ consent: 'given' }); webcam.initialize(7, 1)")
    until(page, "webcam.stats.fps > 1")
    session_id = page.evaluate("webcam.sessionId")
    page.evaluate("window.track = webcam.stream.getTracks()[0]; undefined")
    page.get_by_role("button", name="Stop the camera").evaluate(
        "(button) => { button.click(); window.state = [track.readyState, webcam.stream]; }"
    )
    assert page.evaluate("state") == ["ended", None]
    assert page.evaluate("told") == [True, False, ["CONSENT_WITHDRAWN", True]]
    assert page.locator("[data-eyelearn]").count() == 0
    waiting.until(lambda: (ended(service, session_id) or (None,))[0] == "stopped", seconds=30)

    page.evaluate("void webcam.initialize(7, 1)")
    expect(page.get_by_role("dialog", name=TITLE)).to_be_visible()
    page.evaluate("webcam.disconnect()")
    assert page.locator("[data-eyelearn]").count() == 0


def ask(page: Page, **options: object) -> None:
    """Starts another client; the one before is gone."""
    page.evaluate(
        """async (options) => {
            await window.webcam?.disconnect();
            window.webcam = watched(options);
            void webcam.initialize(7, 1);
        }""",
        options,
    )


def test_the_learner_is_told_what_becomes_of_the_pictures(
    page: Page, service: RunningService
) -> None:
    page.goto(service.url)
    question = page.get_by_role("dialog", name=TITLE)
    for options, words in (
        ({"mode": "server"}, PICTURES),
        ({"mode": "browser"}, LANDMARKS),
        ({"mode": "auto"}, EITHER),
        ({"mode": "auto", "allowPictures": False}, LANDMARKS),
    ):
        ask(page, **options)
        expect(question).to_contain_text(words)
        for others in {PICTURES, LANDMARKS, EITHER} - {words}:
            expect(question).not_to_contain_text(others)


def test_who_agreed_to_landmarks_is_asked_again_for_pictures(
    page: Page, service: RunningService
) -> None:
    page.goto(service.url)
    question = page.get_by_role("dialog", name=TITLE)
    ask(page, mode="browser")
    page.get_by_role("button", name="Use my camera").click()
    until(page, "asked === 1")
    ask(page, mode="auto", allowPictures=False)
    until(page, "asked === 2")
    assert page.evaluate("webcam.consentOf(7, 1)") == "agreed"
    for options in ({"mode": "auto"}, {"mode": "server"}, {"mode": "server", "consent": "given"}):
        ask(page, **options)
        expect(question).to_be_visible()
    assert page.evaluate("asked") == 2


def test_who_agreed_to_pictures_is_not_asked_again_for_landmarks(
    page: Page, service: RunningService
) -> None:
    page.goto(service.url)
    ask(page, mode="server")
    page.get_by_role("button", name="Use my camera").click()
    until(page, "asked === 1")
    for mode in ("browser", "auto"):
        ask(page, mode=mode)
        until(page, "webcam.stream !== null")
    assert page.evaluate("asked") == 3


def test_a_page_s_own_words_about_pictures_stand_in_every_mode(
    page: Page, service: RunningService
) -> None:
    page.goto(service.url)
    question = page.get_by_role("dialog", name=TITLE)
    for mode in ("server", "browser", "auto"):
        ask(page, mode=mode, texts={"pictures": "Was mit den Bildern geschieht."})
        expect(question).to_contain_text("Was mit den Bildern geschieht.")
        for ours in (PICTURES, LANDMARKS, EITHER):
            expect(question).not_to_contain_text(ours)
    texts = {"pictures": "Mit Bildern.", "landmarks": "Ohne Bilder."}
    ask(page, mode="browser", texts=texts)
    expect(question).to_contain_text("Ohne Bilder.")
    expect(question).not_to_contain_text("Mit Bildern.")
