"""What the platform does not have yet, to its PHP page."""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import requests
from sqlalchemy.exc import SQLAlchemyError

from ..events import get_logger
from .delivery import Acknowledged, Outcome, Owed, Refused, Released
from .health import Health
from .lease import RENEW_SECONDS, Lease
from .page_watch import PageWatch
from .payload import SaveMode, added, cumulative, delta, payload
from .posting import NotSaved, post
from .retry import RetryPolicy
from .signature import signed_headers
from .store import SessionStore

_log = get_logger(__name__)

MAX_POSTS = 8
RETRY = RetryPolicy(first_seconds=1.0, longest_seconds=300.0)
# A page that is back is noticed within half a minute.
PROBE = RetryPolicy(first_seconds=1.0, longest_seconds=30.0)
# A backlog of 10,000 sessions goes out in 90 s, and evenly: page and database often share their
# machine with whoever judges frames, and every post wants some milliseconds of it.
POST_INTERVAL_SECONDS = 0.009
# The database is asked at least this often: another service may have left sessions owed.
POLL_SECONDS = RENEW_SECONDS
# A service whose turn it is not looks again after so long.
TURN_SECONDS = 1.0
# A session that the page answers and won't take for so long is left to a person.
PARK_AFTER_SECONDS = 24 * 3600.0
# A day of attempts has hundreds; a clock that leaps by a day has not.
PARK_AFTER_REFUSALS = 100


@dataclass(frozen=True, slots=True)
class Page:
    """The platform's page. secret: signs every save, where it is not empty."""

    endpoint: str
    mode: SaveMode = "cumulative"
    secret: str = ""


def where_posted(endpoint: str) -> str:
    """The endpoint for people: without user, password and query."""
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class Courier:
    """Posts owed sessions: several at once, of each session one at a time, its newest state."""

    def __init__(
        self,
        store: SessionStore,
        lease: Lease,
        page: Page,
        health: Health,
        note: Callable[[str, Outcome], None],
    ) -> None:
        """note has an outcome written; `noted` tells when it is."""
        self._store = store
        self._lease = lease
        self._page = page
        self._health = health
        self._note = note
        self._jobs: queue.SimpleQueue[Owed] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._news = True
        # Sessions being posted, or posted and not yet noted: neither may be posted now.
        self._claimed: set[str] = set()
        self._to_release: set[str] = set()
        self._failures: dict[str, int] = {}
        self._retry_at: dict[str, float] = {}
        self._watch = PageWatch()
        # When the page came back from its last pause, seconds since 1970.
        self._working_since = 0.0
        self._probe_failures = 0
        self._probe_at = 0.0
        self._probed: set[str] = set()
        self._draining = False
        self._finishing = False
        self._tells_revision: bool | None = None
        self._next_post_at = 0.0
        self._may_post = True

    def start(self) -> None:
        """Begins with what was owed before."""
        for number in range(MAX_POSTS):
            threading.Thread(target=self._deliver, name=f"courier-{number}", daemon=True).start()
        threading.Thread(target=self._dispatch, name="courier", daemon=True).start()

    @property
    def refused(self) -> int:
        """Sessions whose last POST failed, and that wait for their next."""
        return len(self._failures)

    @property
    def adds_up(self) -> bool:
        """Whether the page seems to be one that adds up what is cumulative.

        A page that keeps sessions apart tells the revision it holds.
        """
        return self._page.mode == "cumulative" and self._tells_revision is False

    def wake(self) -> None:
        """Sessions were written that may be owed."""
        with self._changed:
            self._news = True
            self._changed.notify_all()

    def noted(self, outcomes: dict[str, Outcome]) -> None:
        """The database holds these outcomes."""
        done = {who for who, outcome in outcomes.items() if not isinstance(outcome, Released)}
        with self._changed:
            self._claimed -= done
            released = self._to_release & done
            self._to_release -= released
        self._release(released)
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
                # Woken by each outcome; else looks again now and then.
                self._changed.wait(min(left, 0.5))

    def finish(self, seconds: float) -> None:
        """Posts nothing more; waits at most so many seconds for deltas that are on their way.

        Sent once more they would be counted twice; a page that keeps sessions apart takes no harm.
        """
        with self._changed:
            self._finishing = True
            patience = seconds if self._page.mode == "delta" else 0.0
            arrived = self._changed.wait_for(lambda: not self._claimed, patience)
        if arrived:
            self._give_way()

    def _give_way(self) -> None:
        """To another service that posts from the same database."""
        try:
            self._lease.give_back()
        except SQLAlchemyError:
            _log.debug("the database does not take the lease back; it runs out by itself")

    def _is_done(self) -> bool:
        if self._claimed:
            return False
        try:
            return not self._lease.held() or not self._store.owed(1)
        except SQLAlchemyError:
            _log.debug("the database does not tell what is owed")
            return False

    def _dispatch(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._news, self._wait(time.monotonic()))
                self._news = False
                now = time.monotonic()
                self._retry_at = {who: at for who, at in self._retry_at.items() if at > now}
                probing = self._is_probing
                free = MAX_POSTS - len(self._claimed)
                waiting = self._claimed | self._retry_at.keys()
                may_probe = not self._claimed and now >= self._probe_at
            if not probing and free:
                self._claim(self._owed(free, waiting))
            elif probing and may_probe:
                self._claim(self._next_probe())

    @property
    def _is_probing(self) -> bool:
        """While the page does not work, one session at a time finds out whether it is back: asking
        for every session that waits would only keep page, database and this machine busy."""
        return self._watch.paused and not self._draining

    def _next_probe(self) -> list[Owed]:
        """Another session each time, so that one that the page won't take proves nothing."""
        found = self._owed(1, self._probed)
        if not found:
            self._probed.clear()
            found = self._owed(1, self._probed)
        self._probed.update(owed.record.session_id for owed in found)
        return found

    def _owed(self, limit: int, passed_over: set[str]) -> list[Owed]:
        if self._finishing:
            return []
        try:
            self._may_post = self._lease.held()
            return self._store.owed(limit, passed_over) if self._may_post else []
        except SQLAlchemyError:
            # The writer tells of the database's trouble, and wakes this thread when it is over.
            _log.debug("the database does not tell what is owed")
            return []

    def _claim(self, found: list[Owed]) -> None:
        with self._changed:
            if self._finishing:
                return
            self._claimed.update(owed.record.session_id for owed in found)
        for owed in found:
            self._jobs.put(owed)

    def _wait(self, now: float) -> float:
        """Seconds until something may be posted that may not be now."""
        if not self._may_post:
            return TURN_SECONDS
        moments = [self._probe_at] if self._is_probing else list(self._retry_at.values())
        return min([POLL_SECONDS, *(at - now for at in moments if at > now)])

    def _deliver(self) -> None:
        with requests.Session() as http:
            while True:
                owed = self._jobs.get()
                sent = self._measure(owed)
                if not sent.focused_time and not sent.unfocused_time:
                    # Nothing was seen yet, or less than a delta can tell.
                    untold = replace(owed.acknowledged, revision=sent.revision)
                    self._note(owed.record.session_id, untold)
                    continue
                try:
                    self._await_turn()
                    self._post(http, owed, sent)
                except NotSaved as error:
                    self._not_saved(owed, error)
                else:
                    self._saved(owed, sent)

    def _await_turn(self) -> None:
        with self._changed:
            now = time.monotonic()
            turn = max(now, self._next_post_at)
            self._next_post_at = turn + POST_INTERVAL_SECONDS
            hurry = self._draining or self._finishing
        if not hurry:
            time.sleep(turn - now)

    def _measure(self, owed: Owed) -> Acknowledged:
        return cumulative(owed) if self._page.mode == "cumulative" else delta(owed)

    def _post(self, http: requests.Session, owed: Owed, sent: Acknowledged) -> None:
        """Raises NotSaved."""
        body = json.dumps(payload(owed.record, sent, self._page.mode)).encode()
        secret = self._page.secret
        headers = signed_headers(body, secret, time.time()) if secret else {}
        answer = post(http, self._page.endpoint, body, headers)
        if self._page.mode == "cumulative":
            self._check_revision(answer, sent.revision)

    def _check_revision(self, answer: dict[str, Any], sent: int) -> None:
        """Raises NotSaved where the page says that it holds an older state than this one."""
        held = answer.get("revision")
        told_before, self._tells_revision = self._tells_revision, isinstance(held, int)
        if not isinstance(held, int):
            if told_before is not False:
                _log.warning(
                    "PHP_ENDPOINT acknowledges without a revision: a page that adds up what it "
                    "receives counts these saves several times; SAVE_MODE=delta is for such a page"
                )
        elif held < sent:
            reason = f"the page holds revision {held} after revision {sent}"
            raise NotSaved(reason, reason)

    def _saved(self, owed: Owed, sent: Acknowledged) -> None:
        session_id = owed.record.session_id
        with self._changed:
            was_paused = self._watch.paused
            released = self._watch.worked(session_id)
            self._failures.pop(session_id, None)
            if was_paused:
                self._resume()
        self._health.worked()
        has = sent if self._page.mode == "cumulative" else added(owed.acknowledged, sent)
        self._note(session_id, has)
        self._release(released)

    def _resume(self) -> None:
        """The page works again; who failed meanwhile did so for the page's sake."""
        self._retry_at.clear()
        self._failures.clear()
        self._probed.clear()
        self._probe_failures = 0
        self._working_since = time.time()

    def _not_saved(self, owed: Owed, error: NotSaved) -> None:
        session_id, now = owed.record.session_id, time.time()
        with self._changed:
            released = self._watch.failed(session_id)
            parked = not self._watch.paused and (error.final or self._is_hopeless(owed, error, now))
            page_fails = self._watch.fails(error.answered)
            if parked:
                self._watch.parked(session_id)
                self._failures.pop(session_id, None)
            else:
                self._postpone(session_id, error)
            self._put_off_probe(time.monotonic())
        if parked:
            _log.warning("session is parked", session=session_id, reason=str(error))
        if page_fails:
            self._health.failed(str(error))
        self._note(session_id, Refused(owed.record.revision, now, error.answer, parked))
        self._release(released)

    def _is_hopeless(self, owed: Owed, error: NotSaved, now: float) -> bool:
        """Whether the page has been refusing this session for too long, while it worked."""
        since = max(owed.refused_since or now, self._working_since)
        for_long = now - since >= PARK_AFTER_SECONDS and owed.refusals >= PARK_AFTER_REFUSALS
        return error.answered and for_long

    def _postpone(self, session_id: str, error: NotSaved) -> None:
        failures = self._failures.get(session_id, 0) + 1
        asked = min(error.retry_after or 0.0, RETRY.longest_seconds)
        delay = max(RETRY.delay(failures), asked)
        self._failures[session_id] = failures
        self._retry_at[session_id] = time.monotonic() + delay
        _log.log(
            # A page that is down is told of once; not again for every session that waits for it.
            logging.DEBUG if self._health.ok is False else logging.INFO,
            "session is not saved",
            session=session_id,
            attempt=failures,
            next_in_seconds=round(delay, 1),
            reason=str(error),
        )

    def _put_off_probe(self, now: float) -> None:
        """After a failure of the page; those that were posted beside it count as the same one."""
        if self._watch.paused and now >= self._probe_at:
            self._probe_failures += 1
            self._probe_at = now + PROBE.delay(self._probe_failures)

    def _release(self, session_ids: set[str]) -> None:
        """Has these posted again; one whose own outcome is not written yet, once it is."""
        with self._changed:
            self._to_release |= session_ids & self._claimed
            for session_id in session_ids - self._claimed:
                self._note(session_id, Released())
