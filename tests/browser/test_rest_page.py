"""The REST description as a page: what it says, and that it can be tried."""

from __future__ import annotations

import pytest
from chromium import Browsers
from playwright.sync_api import Page, expect

from service import RunningService


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def page(browsers: Browsers, service: RunningService, complaints: list[str]) -> Page:
    opened = browsers.page()
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(f"{service.url}/api/docs")
    return opened


def test_the_example_can_be_sent_as_it_is(page: Page, complaints: list[str]) -> None:
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#outcome")).to_contain_text("200 OK")
    expect(page.locator("#answer")).to_contain_text('"gaze_direction": "centered"')
    assert complaints == []


def test_another_picture_is_sent_instead_and_an_error_is_shown(page: Page) -> None:
    page.locator("#file").set_input_files(
        {"name": "no.png", "mimeType": "image/png", "buffer": b"no picture"}
    )
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#outcome")).to_contain_text("422")
    expect(page.locator("#answer")).to_contain_text("undecodable_frame")


def test_every_route_and_model_is_described(page: Page) -> None:
    for name in ("/api/frames", "/api/stream-frame", "/healthz", "/readyz"):
        expect(page.locator("#routes")).to_contain_text(name)
    for name in ("FrameMessage", "FrameAnswer", "MetricsTold", "Refusal"):
        expect(page.locator("#models summary").get_by_text(name, exact=True)).to_have_count(1)


def test_a_token_is_sent_and_not_shown(page: Page) -> None:
    page.get_by_label("Token").fill("a-secret-token")
    with page.expect_request("**/api/frames") as sent:
        page.get_by_role("button", name="Send").click()
    assert sent.value.headers["authorization"] == "Bearer a-secret-token"
    expect(page.locator("#request")).not_to_contain_text("a-secret-token")
