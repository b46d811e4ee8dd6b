"""A learner tells where the middle of their screen is."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
from chromium import ALLOWED, Browsers, camera, until
from focus_page import COUNT_ALERTS, opened_page, start, wait_for_state
from playwright.sync_api import Page, expect

from service import RunningService, running_service

BUTTON = "I am looking at the middle of my screen"
CALIBRATE = """async () => {
    try { return await eyelearn.calibrate(); }
    catch (error) { return [error instanceof Error, error.code, error.message]; }
}"""


def press(page: Page) -> None:
    page.get_by_role("button", name=BUTTON).click()


def refusal(page: Page) -> str:
    """Why `calibrate` was refused: the error's code."""
    is_error, code, message = page.evaluate(CALIBRATE)
    assert is_error
    assert message
    return str(code)


@pytest.fixture
def page(browsers: Browsers, service: RunningService, face_clip: Path) -> Page:
    """The focus page, and it tracks someone."""
    return opened_page(browsers, service.url, face_clip, "focused")


@pytest.fixture
def empty_page(browsers: Browsers, service: RunningService, empty_clip: Path) -> Page:
    """The focus page, and nobody sits before the camera."""
    return opened_page(browsers, service.url, empty_clip, "away")


def test_the_page_lets_the_learner_look_and_says_that_it_worked(page: Page) -> None:
    press(page)
    expect(page.locator("#middle")).to_be_visible()
    expect(page.locator("#calibrated")).to_have_text("Look at the dot …")
    expect(page.locator("#calibrated")).to_have_text("From now on this counts as the middle.")
    expect(page.locator("#middle")).to_be_hidden()


def test_without_a_face_the_page_says_what_to_do_and_goes_on(empty_page: Page) -> None:
    press(empty_page)
    expect(empty_page.locator("#calibrated")).to_contain_text("No face was seen")
    expect(empty_page.locator("#calibrated")).to_contain_text("try again")
    expect(empty_page.locator("#middle")).to_be_hidden()
    expect(empty_page.get_by_role("alert")).to_be_hidden()
    away = empty_page.locator("#unfocused_time").inner_text()
    expect(empty_page.locator("#unfocused_time")).not_to_have_text(away)
    expect(empty_page.locator("#connection")).to_have_text("Live")


def test_the_button_is_there_while_tracking_only(page: Page) -> None:
    button = page.get_by_role("button", name=BUTTON)
    expect(button).to_be_visible()
    press(page)
    page.get_by_role("button", name="Stop").click()
    wait_for_state(page, "off")
    expect(button).to_be_hidden()
    expect(page.locator("#middle")).to_be_hidden()


def test_the_answer_gives_the_middle_and_the_pictures_behind_it(page: Page) -> None:
    answer: dict[str, Any] = page.evaluate(CALIBRATE)
    assert answer["samples"] >= 1
    assert abs(answer["baseline"]["yaw"]) <= 30
    assert abs(answer["baseline"]["pitch"]) <= 30


def test_calls_at_the_same_time_share_one_answer(page: Page) -> None:
    both = "Promise.all([eyelearn.calibrate(), eyelearn.calibrate()])"
    assert page.evaluate(f"{both}.then(([one, other]) => one === other)")


def test_without_a_face_the_call_is_refused_and_no_error_of_tracking_is_told(
    empty_page: Page,
) -> None:
    empty_page.evaluate(COUNT_ALERTS)
    assert refusal(empty_page) == "invalid_payload"
    assert empty_page.evaluate("alerts") == 0
    wait_for_state(empty_page, "away")


def test_before_a_start_and_after_a_stop_nothing_is_tracked(
    browsers: Browsers, service: RunningService, face_clip: Path
) -> None:
    page = browsers.page(ALLOWED, *camera(face_clip))
    page.goto(service.url)
    assert refusal(page) == "not_tracking"
    page.evaluate("eyelearn.initialize(7, 1)")
    page.evaluate("eyelearn.disconnect()")
    assert refusal(page) == "not_tracking"


def test_a_lost_connection_or_answer_ends_the_wait(browsers: Browsers, face_clip: Path) -> None:
    with running_service({"INFERENCE_WORKERS": "1"}) as service:
        page = browsers.page(ALLOWED, *camera(face_clip))
        start(page, service.url)
        wait_for_state(page, "focused")
        service.process.send_signal(signal.SIGSTOP)
        assert refusal(page) == "timeout"
        service.process.send_signal(signal.SIGCONT)
        wait_for_state(page, "focused")
        expect(page.get_by_role("alert")).to_be_hidden()
        service.kill()
        until(page, "!eyelearn.connected")
        assert refusal(page) == "not_tracking"
