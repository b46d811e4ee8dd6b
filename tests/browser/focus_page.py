"""The focus page, as a learner uses it."""

from __future__ import annotations

from pathlib import Path

from chromium import ALLOWED, Browsers, camera
from playwright.sync_api import Page, expect

# Counts the errors that the page explains from here on; one that passes may be too short to see.
COUNT_ALERTS = """() => {
    window.alerts = 0;
    new MutationObserver(() => { alerts += 1; }).observe(
        document.querySelector('#error p'), { childList: true });
}"""


def start(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Start").click()


def opened_page(browsers: Browsers, url: str, clip: Path, state: str) -> Page:
    """The focus page, tracking whoever the clip shows, and it says that they are in this state."""
    page = browsers.page(ALLOWED, *camera(clip))
    start(page, url)
    wait_for_state(page, state)
    return page


def wait_for_state(page: Page, state: str) -> None:
    expect(page.locator("body")).to_have_attribute("data-state", state)


def error_type(page: Page) -> str | None:
    """The type of the error that the page explains."""
    expect(page.get_by_role("alert")).to_be_visible()
    return page.get_by_role("alert").get_attribute("data-type")
