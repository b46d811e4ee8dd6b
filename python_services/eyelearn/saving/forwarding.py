"""Results as they come, to the platform's page: what the older pipeline did with each of its own.

Beside the saves, and no part of them: a result that the page does not take is gone, and the next
one follows.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import Any

import orjson
import requests

from ..events import get_logger
from .courier import Page
from .posting import NotSaved, post
from .signature import signed_headers

_log = get_logger(__name__)

# Some seconds of a class; a page that is slower than they come misses the rest.
MAX_WAITING = 500
# Posts at the same time: one takes 5 to 50 ms, and a class has 50 results a second.
POSTERS = 4
TELL_INTERVAL_SECONDS = 60.0


class Forwarder:
    """Posts beside the caller. Which results are lost, is told once a minute, by number."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._waiting: queue.Queue[dict[str, Any]] = queue.Queue(MAX_WAITING)
        self._lock = threading.Lock()
        self._lost = 0
        self._told_at: float | None = None

    def start(self) -> None:
        for number in range(POSTERS):
            threading.Thread(target=self._post_all, name=f"forwarder {number}", daemon=True).start()

    def put(self, result: dict[str, Any]) -> None:
        """Never waits."""
        try:
            self._waiting.put_nowait(result)
        except queue.Full:
            self._lose("more come than it takes")

    def _post_all(self) -> None:
        with requests.Session() as http:
            while True:
                self._post(http, self._waiting.get())

    def _post(self, http: requests.Session, result: dict[str, Any]) -> None:
        body, secret = orjson.dumps(result), self._page.secret
        headers = signed_headers(body, secret, time.time()) if secret else {}
        try:
            post(http, self._page.endpoint, body, headers)
        except NotSaved as error:
            self._lose(error.reason)

    def _lose(self, reason: str) -> None:
        with self._lock:
            self._lost += 1
            now = time.monotonic()
            if self._told_at is not None and now - self._told_at < TELL_INTERVAL_SECONDS:
                return
            lost, self._lost, self._told_at = self._lost, 0, now
        _log.warning("results were not forwarded to PHP_ENDPOINT", count=lost, reason=reason)
