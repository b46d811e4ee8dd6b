"""A camera that goes away in the middle of a lesson.

Chromium's camera of a file can't be pulled out: a track's end is sent by hand, as the browser does.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from chromium import Browsers, until
from focus_page import COUNT_ALERTS, error_type, opened_page, wait_for_state
from playwright.sync_api import Page, expect

from service import RunningService

END = """() => {
    const track = eyelearn.stream.getVideoTracks()[0];
    track.stop();
    track.dispatchEvent(new Event('ended'));
}"""
# A camera that another program holds refuses as often as `refusals` says.
REFUSE = """([refusals, name]) => {
    const devices = navigator.mediaDevices;
    const open = devices.getUserMedia.bind(devices);
    window.asked = [];
    devices.getUserMedia = (wanted) => {
        asked.push(performance.now());
        if (asked.length <= refusals) return Promise.reject(new DOMException('held', name));
        return open(wanted);
    };
}"""


@pytest.fixture
def page(browsers: Browsers, service: RunningService, face_clip: Path) -> Page:
    """The focus page, and it tracks."""
    return opened_page(browsers, service.url, face_clip, "focused")


def test_an_unplugged_camera_is_told_and_comes_back_when_it_is_plugged_in(page: Page) -> None:
    page.evaluate(END)
    assert error_type(page) == "CAMERA_LOST"
    page.evaluate("navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
    expect(page.get_by_role("alert")).to_be_hidden()
    wait_for_state(page, "focused")


def test_a_camera_comes_back_without_any_event_and_its_loss_is_told_once(page: Page) -> None:
    session_id = page.evaluate("eyelearn.sessionId")
    page.evaluate(COUNT_ALERTS)
    page.evaluate(REFUSE, [3, "NotReadableError"])
    page.evaluate(END)
    assert error_type(page) == "CAMERA_LOST"
    expect(page.get_by_role("alert")).to_be_hidden()
    wait_for_state(page, "focused")
    assert page.evaluate("alerts") == 1
    assert page.evaluate("eyelearn.sessionId") == session_id
    first, *_, third, last = page.evaluate("asked")
    assert last - third > 2 * 1000
    assert last - first > 6 * 1000


def test_a_second_loss_is_told_again(page: Page) -> None:
    page.evaluate(COUNT_ALERTS)
    for count in (1, 2):
        page.evaluate(END)
        until(page, f"alerts === {count}")
        expect(page.get_by_role("alert")).to_be_hidden()


def test_a_lost_camera_is_left_alone_after_a_stop(page: Page) -> None:
    page.evaluate(REFUSE, [1, "NotReadableError"])
    page.evaluate(END)
    until(page, "asked.length === 1")
    page.get_by_role("button", name="Stop").click()
    page.wait_for_timeout(4_000)
    assert page.evaluate("asked.length") == 1
    assert page.evaluate("eyelearn.stream") is None


def test_a_lost_camera_that_may_not_be_used_again_ends_tracking(page: Page) -> None:
    page.evaluate(REFUSE, [9, "NotAllowedError"])
    page.evaluate(END)
    wait_for_state(page, "off")
    assert error_type(page) == "CAMERA_PERMISSION_DENIED"
    assert page.evaluate("asked.length") == 1
    expect(page.get_by_role("button", name="Start")).to_be_enabled()
