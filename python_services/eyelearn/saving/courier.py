"""What the platform does not have yet, to its PHP page."""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import requests
from sqlalchemy.exc import SQLAlchemyError
from urllib3.exceptions import HTTPError

from ..redaction import hashed
from ..timestamps import utc_text
from .health import Health
from .record import SessionRecord
from .retry import RetryPolicy
from .store import SessionStore

_log = logging.getLogger(__name__)

MAX_POSTS = 8
POST_TIMEOUT_SECONDS = 10.0
# An acknowledgement has some 100 bytes; a page that answers without end must not fill memory.
MAX_ANSWER_BYTES = 64 * 1024
RETRY = RetryPolicy(first_seconds=1.0, longest_seconds=300.0)
# A page that is back is noticed within half a minute.
PROBE = RetryPolicy(first_seconds=1.0, longest_seconds=30.0)
# The database is asked at least this often: another process may have left sessions owed.
POLL_SECONDS = 30.0
# A page may refuse one session for reasons of that session; so many refusals in a row are its own.
TOLERATED_REFUSALS = 2


class NotSaved(Exception):
    """The page did not acknowledge. The message holds no address, id or body."""

    def __init__(self, reason: str, answered: bool) -> None:
        super().__init__(reason)
        self.answered = answered


def payload(record: SessionRecord) -> dict[str, Any]:
    """The JSON of one save: seconds to the millisecond, percent to 0.1.

    The sum and the share are those of the rounded times, as they are in what the learner is told.
    """
    told = replace(
        record,
        focused_time=round(record.focused_time, 3),
        unfocused_time=round(record.unfocused_time, 3),
    )
    return {
        "user_id": record.user_id,
        "module_id": record.module_id,
        "section_id": record.section_id,
        "focused_time": told.focused_time,
        "unfocused_time": told.unfocused_time,
        "total_time": round(told.total_time, 3),
        "focus_percentage": round(told.focus_percentage, 1),
        "focus_sessions": record.focus_sessions,
        "unfocus_sessions": record.unfocus_sessions,
        "session_type": "websocket_cv_tracking",
        "timestamp": utc_text(record.updated_at),
        "session_id": record.session_id,
        "revision": record.revision,
    }


def check_answer(status: int, body: bytes) -> None:
    """Done means HTTP 200 and a JSON object with `"success": true`; else raises NotSaved."""
    if status != requests.codes.ok:
        raise NotSaved(f"HTTP {status}", answered=True)
    try:
        answer = json.loads(body)
    except ValueError:
        raise NotSaved("the answer is not JSON", answered=True) from None
    if not isinstance(answer, dict) or answer.get("success") is not True:
        raise NotSaved('the answer has no "success": true', answered=True)


def where_posted(endpoint: str) -> str:
    """The endpoint for people: without user, password and query."""
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class Courier:
    """Posts owed sessions: several at once, of each session one at a time, its newest state."""

    def __init__(
        self,
        store: SessionStore,
        endpoint: str,
        health: Health,
        mark_saved: Callable[[str, int], None],
    ) -> None:
        """mark_saved has an acknowledged revision written; `marked` tells when it is."""
        self._store = store
        self._endpoint = endpoint
        self._health = health
        self._mark_saved = mark_saved
        self._jobs: queue.SimpleQueue[SessionRecord] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._news = True
        # Sessions being posted, or posted and not yet marked: neither may be posted now.
        self._claimed: set[str] = set()
        self._failures: dict[str, int] = {}
        self._retry_at: dict[str, float] = {}
        self._page_failures = 0
        self._probe_at = 0.0
        self._draining = False

    def start(self) -> None:
        """Begins with what was owed before."""
        for number in range(MAX_POSTS):
            threading.Thread(target=self._deliver, name=f"courier-{number}", daemon=True).start()
        threading.Thread(target=self._dispatch, name="courier", daemon=True).start()

    def wake(self) -> None:
        """Sessions were written that may be owed."""
        with self._changed:
            self._news = True
            self._changed.notify_all()

    def marked(self, saved: dict[str, int]) -> None:
        """The database holds these acknowledgements."""
        with self._changed:
            self._claimed.difference_update(saved)
        self.wake()

    def drain(self, seconds: float) -> None:
        """Posts everything owed now, whatever waits for its next attempt; at most `seconds`."""
        with self._changed:
            self._retry_at.clear()
            self._draining = True
        self.wake()
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._is_done():
            with self._changed:
                # Woken by each acknowledgement; else looks again now and then.
                self._changed.wait(min(left, 0.5))

    def _is_done(self) -> bool:
        if self._claimed:
            return False
        try:
            return not self._store.owed(1)
        except SQLAlchemyError:
            _log.debug("the database does not tell what is owed")
            return False

    def _dispatch(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._news, self._pause(time.monotonic()))
                self._news = False
                free = self._free_posts(time.monotonic())
                self._forget_waits_over(time.monotonic())
                passed_over = self._claimed | self._retry_at.keys()
            if free:
                self._claim(self._owed(free, passed_over))

    def _free_posts(self, now: float) -> int:
        """How many sessions may be posted now.

        While the page does not work, one at a time finds out whether it is back: asking for every
        session that waits would only keep page, database and this machine busy.
        """
        if self._page_works() or self._draining:
            return MAX_POSTS - len(self._claimed)
        return 1 if not self._claimed and now >= self._probe_at else 0

    def _page_works(self) -> bool:
        return self._health.ok is not False

    def _owed(self, limit: int, passed_over: set[str]) -> list[SessionRecord]:
        try:
            return self._store.owed(limit, passed_over)
        except SQLAlchemyError:
            # The writer tells of the database's trouble, and wakes this thread when it is over.
            _log.debug("the database does not tell what is owed")
            return []

    def _claim(self, records: list[SessionRecord]) -> None:
        with self._changed:
            self._claimed.update(record.session_id for record in records)
        for record in records:
            self._jobs.put(record)

    def _forget_waits_over(self, now: float) -> None:
        self._retry_at = {session: at for session, at in self._retry_at.items() if at > now}

    def _pause(self, now: float) -> float:
        """Seconds until something may be posted that may not be now."""
        if not self._page_works() and not self._draining:
            return max(0.0, self._probe_at - now) if not self._claimed else POLL_SECONDS
        later = [at - now for at in self._retry_at.values()]
        return max(0.0, min([POLL_SECONDS, *later]))

    def _deliver(self) -> None:
        with requests.Session() as http:
            while True:
                record = self._jobs.get()
                try:
                    self._post(http, record)
                except NotSaved as error:
                    self._postpone(record, error)
                else:
                    self._acknowledged(record)

    def _post(self, http: requests.Session, record: SessionRecord) -> None:
        """Raises NotSaved."""
        try:
            with http.post(
                self._endpoint,
                json=payload(record),
                timeout=POST_TIMEOUT_SECONDS,
                allow_redirects=False,
                stream=True,
            ) as response:
                body = response.raw.read(MAX_ANSWER_BYTES, decode_content=True)
        except requests.Timeout:
            raise NotSaved(f"no answer in {POST_TIMEOUT_SECONDS:g} s", answered=False) from None
        except (requests.RequestException, HTTPError) as error:
            # From None, and the type alone: their texts quote the address, query included.
            raise NotSaved(type(error).__name__, answered=False) from None
        check_answer(response.status_code, body)

    def _acknowledged(self, record: SessionRecord) -> None:
        with self._changed:
            if not self._page_works():
                # Who failed meanwhile did so for the page's sake.
                self._retry_at.clear()
                self._failures.clear()
            self._page_failures = 0
            self._failures.pop(record.session_id, None)
        self._health.worked()
        self._mark_saved(record.session_id, record.revision)

    def _postpone(self, record: SessionRecord, error: NotSaved) -> None:
        with self._changed:
            failures = self._failures.get(record.session_id, 0) + 1
            delay = RETRY.delay(failures)
            self._failures[record.session_id] = failures
            self._retry_at[record.session_id] = time.monotonic() + delay
            self._claimed.discard(record.session_id)
        _log.log(
            # A page that is down is told of once; not again for every session that waits for it.
            logging.DEBUG if self._health.ok is False else logging.INFO,
            "session %s is not saved (attempt %d, next in %.1f s): %s",
            hashed(record.session_id),
            failures,
            delay,
            error,
        )
        self._health.failed(str(error), TOLERATED_REFUSALS if error.answered else 0)
        self._put_off_probe(time.monotonic())
        self.wake()

    def _put_off_probe(self, now: float) -> None:
        """After a failure of the page; those that were posted beside it count as the same one."""
        with self._changed:
            if not self._page_works() and now >= self._probe_at:
                self._page_failures += 1
                self._probe_at = now + PROBE.delay(self._page_failures)
