"""A page that makes a client, and notes what it is told."""

from __future__ import annotations

import time
from typing import Any

from chromium import WAIT_SECONDS, until
from playwright.sync_api import Page

# Face Mesh takes seconds to load where software draws, and longer on a busy machine.
LOAD_SECONDS = 120.0

_START = """(options) => {
    const began = performance.now();
    const after = () => (performance.now() - began) / 1000;
    window.told = { updates: [], modes: [], errors: [] };
    window.initialized = null;
    window.webcam = new WebcamWebSocket({
        consent: 'given',
        ...options,
        onTrackingUpdate: ({ session_id: session, gaze_direction: gaze, metrics }) => {
            const { mode } = webcam;
            told.updates.push({ session, mode, gaze, total: metrics.total_time, after: after() });
        },
        onModeChange: (change) => told.modes.push(change),
        onError: (error) => told.errors.push(error),
    });
    void webcam.initialize('learner-1', 22).then((done) => { window.initialized = done; });
}"""


def start(page: Page, **options: object) -> None:
    """Makes a client with these options, whose learner has agreed, and starts it."""
    page.evaluate(_START, options)


def wait_for_updates(page: Page, count: int) -> None:
    """So many more than there are."""
    there = page.evaluate("told.updates.length")
    until(page, f"told.updates.length >= {there + count} || told.errors.length > 0", LOAD_SECONDS)
    assert_no_error(page)


def wait_for_mode(page: Page, mode: str) -> None:
    until(page, f"webcam.mode === '{mode}' || told.errors.length > 0", LOAD_SECONDS)
    assert_no_error(page)


def assert_no_error(page: Page) -> None:
    errors = page.evaluate("told.errors")
    assert errors == [], f"the page was told of {errors}"


def wait_for_end(page: Page) -> dict[str, Any]:
    """The final error; the client has left nothing in the page."""
    until(page, "told.errors.some(({ final }) => final)", LOAD_SECONDS)
    until(page, "initialized !== null")
    error: dict[str, Any] = page.evaluate("told.errors.at(-1)")
    assert_nothing_is_left(page)
    return error


def assert_nothing_is_left(page: Page) -> None:
    assert page.evaluate("[webcam.stream, webcam.mode]") == [None, None]
    assert page.locator("[data-eyelearn]").count() == 0
    assert len(page.frames) == 1
    end = time.monotonic() + WAIT_SECONDS
    while page.workers:  # Those that have ended: DevTools tells it a little later.
        assert time.monotonic() < end, f"still there: {[worker.url for worker in page.workers]}"
        page.wait_for_timeout(50)


def crash_graphics(page: Page) -> None:
    """The browser's GPU process dies, as of a faulty driver; another takes its place."""
    browser = page.context.browser
    assert browser is not None
    browser.new_browser_cdp_session().send("Browser.crashGpuProcess")
