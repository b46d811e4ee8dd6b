"""The focus page, as a learner uses it."""

from __future__ import annotations

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


def wait_for_state(page: Page, state: str) -> None:
    expect(page.locator("body")).to_have_attribute("data-state", state)


def error_type(page: Page) -> str | None:
    """The type of the error that the page explains."""
    expect(page.get_by_role("alert")).to_be_visible()
    return page.get_by_role("alert").get_attribute("data-type")
