"""How Debian's Chromium is started here, and what the tests do with it."""

from __future__ import annotations

import time
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-default-browser-check",
    "--enable-unsafe-swiftshader",
    # A name of our own for the page that is not secure; nothing outside this machine is reached.
    "--host-resolver-rules=MAP insecure.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, "
    "EXCLUDE 127.0.0.1",
]
ALLOWED = "--use-fake-ui-for-media-stream"
DENIED = "--deny-permission-prompts"

# What every client is told, unless the page says otherwise.
DEFAULTS = """(() => {
    let client;
    Object.defineProperty(window, 'WebcamWebSocket', {
        get: () => client,
        set: (Client) => {
            client = class extends Client {
                constructor(options) { super({ %s, ...options }); }
            };
        },
    });
})()"""
CONSENT_GIVEN = "consent: 'given'"
# Software draws too slowly for Face Mesh in the browser, which is tried where that is tested.
IN_PICTURES = "mode: 'server'"


# Generous: a machine that is busy with other things is no fault of the page.
WAIT_SECONDS = 60.0
WAIT_MS = WAIT_SECONDS * 1000


def camera(clip: Path) -> list[str]:
    return ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={clip}"]


class Browsers:
    """Starts Chromium with the flags that a test needs, and closes it with the test."""

    def __init__(self, playwright: Playwright, executable: str) -> None:
        self._playwright = playwright
        self._executable = executable
        self._open: list[Browser] = []

    def page(self, *flags: str) -> Page:
        """A page whose learner has agreed to the camera, and which sends pictures."""
        page = self.bare_page(*flags)
        page.add_init_script(DEFAULTS % f"{CONSENT_GIVEN}, {IN_PICTURES}")
        return page

    def asking_page(self, *flags: str) -> Page:
        """A page whose learner is asked for the camera, and which sends pictures."""
        page = self.bare_page(*flags)
        page.add_init_script(DEFAULTS % IN_PICTURES)
        return page

    def bare_page(self, *flags: str) -> Page:
        """A page whose client does what it is made to do."""
        browser = self._playwright.chromium.launch(
            executable_path=self._executable,
            args=[*FLAGS, *flags],
            ignore_default_args=["--headless"],
            timeout=WAIT_MS,
        )
        self._open.append(browser)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(WAIT_MS)
        return page

    def close(self) -> None:
        for browser in self._open:
            browser.close()


def until(page: Page, expression: str, seconds: float = WAIT_SECONDS) -> None:
    """Waits until a JavaScript expression is true.

    Playwright's own `wait_for_function` needs 'unsafe-eval', which no page of ours allows.
    """
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"not true within {seconds} s: {expression}"
        page.wait_for_timeout(100)
