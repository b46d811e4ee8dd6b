"""Chromium over the bare DevTools protocol.

For hidden tabs: Playwright makes every page believe that it is visible, by emulating focus.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

START_SECONDS = 60.0
STOP_SECONDS = 30.0
WAIT_SECONDS = 60.0


class Refused(Exception):
    """DevTools could not do it: code and message, as it says them."""


class Tab:
    """One page, until its connection closes."""

    def __init__(self, browser: Browser, target_id: str) -> None:
        self._browser = browser
        self.target_id = target_id
        self._session = browser.send("Target.attachToTarget", targetId=target_id, flatten=True)[
            "sessionId"
        ]

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited where it is a promise, as after a click."""
        answer = self._browser.send(
            "Runtime.evaluate",
            self._session,
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, expression: str, seconds: float = WAIT_SECONDS) -> None:
        """Waits until the expression is true."""
        end = time.monotonic() + seconds
        while not self._is_true(expression):
            assert time.monotonic() < end, f"not true within {seconds} s: {expression}"
            time.sleep(0.1)

    def _is_true(self, expression: str) -> bool:
        try:
            return bool(self.run(expression))
        except Refused:
            # Between two documents there is none to ask.
            return False

    def show(self) -> None:
        """Brings the tab to the front: the others are hidden."""
        self._browser.send("Target.activateTarget", targetId=self.target_id)


class Browser:
    """A running Chromium."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)

    def open(self, url: str) -> Tab:
        return Tab(self, self.send("Target.createTarget", url=url)["targetId"])

    def send(self, method: str, session: str | None = None, /, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        self._connection.send(json.dumps(message))
        while True:
            answer = json.loads(self._connection.recv(timeout=START_SECONDS))
            if answer.get("id") == number:
                if "error" in answer:
                    raise Refused(method, answer["error"])
                result: dict[str, Any] = answer["result"]
                return result


@contextlib.contextmanager
def bare_chromium(executable: str, flags: Sequence[str], profile: Path) -> Iterator[Browser]:
    """profile: an empty folder."""
    arguments = [*flags, "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(
        [executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        with connect(_address(profile), max_size=None, proxy=None) as connection:
            yield Browser(connection)
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def _address(profile: Path) -> str:
    """Where DevTools listens, which Chromium writes into its profile."""
    file = profile / "DevToolsActivePort"
    end = time.monotonic() + START_SECONDS
    while not file.exists() or "\n" not in file.read_text():
        assert time.monotonic() < end, "Chromium did not start"
        time.sleep(0.05)
    port = file.read_text().splitlines()[0]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/version") as answer:
        address: str = json.load(answer)["webSocketDebuggerUrl"]
    return address
