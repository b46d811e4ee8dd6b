"""Landmarks that the browser keeps while they can't be sent, and what becomes of them."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cdp import bare_chromium
from chromium import ALLOWED, FLAGS, Browsers, camera, until
from cut_line import Line, line_to
from own_client import (
    FIRST_SECONDS,
    NEWEST,
    counted_between,
    filming_page,
    first_after,
    initialize,
    newest,
    samples_of,
    seconds_seen,
    track,
)
from wire import Wire

import waiting
from endpoints import RecordingEndpoint, recording_endpoint
from service import RunningService, running_service

# The client looks for the service every few seconds only, so it is away for longer.
OUTAGE_SECONDS = 7.0
# By so much the first batch may have been later than others.
NEAR_SECONDS = 0.5
FLUSH_SECONDS = 0.5
# What the client keeps, and longer than that.
KEPT_MS, SLEEP_MS = 600_000, 660_000


@pytest.fixture(scope="module")
def endpoint() -> Iterator[RecordingEndpoint]:
    with recording_endpoint() as running:
        yield running


@pytest.fixture(scope="module")
def service(endpoint: RecordingEndpoint) -> Iterator[RunningService]:
    settings = {
        "FLUSH_INTERVAL_SECONDS": str(FLUSH_SECONDS),
        "INFERENCE_WORKERS": "1",
        "PHP_ENDPOINT": endpoint.url,
    }
    with running_service(settings) as running:
        yield running


@pytest.fixture
def line(service: RunningService) -> Iterator[Line]:
    with line_to(service) as running:
        yield running


def saved_total(service: RunningService, session_id: str) -> float:
    path = service.environment["DATABASE_URL"].removeprefix("sqlite:///")
    with sqlite3.connect(path) as database:
        query = "SELECT focused_time + unfocused_time FROM sessions WHERE session_id = ?"
        (seconds,) = database.execute(query, (session_id,)).fetchone()
    database.close()
    return float(seconds)


def assert_all_counts_once(
    taken: list[tuple[float, bool]], before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Each second that was seen between two updates."""
    samples = samples_of(taken, before, after)
    for what, hidden in (("focused_time", False), ("unfocused_time", True)):
        seen, counted = seconds_seen(samples, hidden), counted_between(before, after, what)
        assert counted == pytest.approx(seen, abs=NEAR_SECONDS), what


def test_what_was_counted_and_not_acknowledged_is_sent_again_and_counts_once(
    browsers: Browsers, service: RunningService, line: Line, face_clip: Path
) -> None:
    page = filming_page(browsers, face_clip)
    # Longer batches than usual: one that counted twice would be noticed.
    track(page, line.url, batchSeconds=4)
    session_id = page.evaluate("webcam.sessionId")
    line.answers_pass = False
    page.wait_for_timeout(500)  # what was on its way has arrived
    before = newest(page)
    told = before["metrics"]["total_time"]
    waiting.until(lambda: saved_total(service, session_id) > told + 2, seconds=60)
    line.cut()
    until(page, "!webcam.connected")
    line.answers_pass = True
    line.mend()
    after = first_after(page, page.evaluate("Date.now()"))
    assert page.evaluate("webcam.sessionId") == session_id
    assert_all_counts_once(page.evaluate("taken"), before, after)
    times_sent = Counter(
        moment for batch in page.evaluate("sent") for moment in batch["timestamps"]
    )
    assert set(times_sent.values()) == {1, 2}


def test_what_was_kept_counts_after_the_service_was_killed(
    browsers: Browsers, service: RunningService, face_clip: Path
) -> None:
    page = filming_page(browsers, face_clip)
    track(page, service.url)
    until(page, f"{NEWEST}.metrics.total_time > 3", FIRST_SECONDS)
    session_id = page.evaluate("webcam.sessionId")
    service.kill()
    before = newest(page)
    page.wait_for_timeout(1000 * FLUSH_SECONDS)  # the keeper ends after the service
    saved = saved_total(service, session_id)
    service.start()
    after = first_after(page, page.evaluate("Date.now()"))
    assert page.evaluate("webcam.sessionId") == session_id
    # Not what was told of before, but is not saved.
    _, *kept = samples_of(page.evaluate("taken"), before, after)
    seen = seconds_seen(kept, hidden=False)
    assert seen > 2
    assert after["metrics"]["total_time"] - saved == pytest.approx(seen, abs=NEAR_SECONDS)


def test_who_hides_the_tab_while_the_connection_is_lost_is_unfocused_for_that_time(
    chromium: str, line: Line, face_clip: Path, tmp_path: Path
) -> None:
    flags = [*FLAGS, ALLOWED, *camera(face_clip)]
    with bare_chromium(chromium, flags, tmp_path / "profile") as browser:
        page = browser.open(line.url)
        page.until("document.readyState === 'complete' && !!window.WebcamWebSocket")
        page.run(f"void {initialize()}")
        page.until("window.told?.length > 0", FIRST_SECONDS)
        line.cut()
        before = page.run(NEWEST)
        page.until("!webcam.connected")
        browser.open("about:blank").show()
        page.until("document.hidden")
        time.sleep(OUTAGE_SECONDS)
        page.show()
        page.until("!document.hidden")
        shown_at = page.run("Date.now()")
        line.mend()
        page.until(f"{NEWEST}.frame_timestamp > {shown_at} + 1000", FIRST_SECONDS)
        after, taken = page.run(f"[{NEWEST}, taken]")
    assert_all_counts_once(taken, before, after)
    assert counted_between(before, after, "unfocused_time") > OUTAGE_SECONDS / 2
    assert after["gaze_direction"] == "centered"


def test_nothing_is_kept_for_longer_than_ten_minutes(
    browsers: Browsers, line: Line, face_clip: Path
) -> None:
    page = filming_page(browsers, face_clip)
    track(page, line.url)
    line.cut()
    before = newest(page)
    until(page, "!webcam.connected")
    page.wait_for_timeout(3_000)
    # As after a sleep of the machine, which is also one of the connection.
    page.evaluate(f"(() => {{ const now = Date.now; Date.now = () => now() + {SLEEP_MS}; }})()")
    woken_at = page.evaluate("Date.now()")
    page.wait_for_timeout(3_000)
    line.mend()
    after = first_after(page, page.evaluate("Date.now()"))
    late = [batch for batch in page.evaluate("sent") if batch["sent_at"] >= woken_at]
    assert len(late) > 0
    assert all(batch["sent_at"] - batch["timestamps"][0] <= KEPT_MS for batch in late)
    assert [error.get("code") for error in page.evaluate("errors")] == [None]
    seen = seconds_seen(
        [
            each
            for each in samples_of(page.evaluate("taken"), before, after)
            if each.at > woken_at / 1000
        ],
        hidden=False,
    )
    assert seen > 2
    assert counted_between(before, after, "total_time") == pytest.approx(seen, abs=2 * NEAR_SECONDS)


def test_disconnecting_sends_the_last_part_of_a_batch_first(
    browsers: Browsers, service: RunningService, endpoint: RecordingEndpoint, face_clip: Path
) -> None:
    page = filming_page(browsers, face_clip)
    wire = Wire(page)
    page.goto(service.url)
    assert page.evaluate(initialize(batchSeconds=30)) is True
    session_id = page.evaluate("webcam.sessionId")
    page.wait_for_timeout(6_000)
    assert page.evaluate("told.length") == 0
    page.evaluate("webcam.disconnect()")
    (stopped,) = wire.payloads_received("tracking_stopped")
    total = stopped["metrics"]["total_time"]
    assert total > 3

    def is_saved() -> bool:
        saved = {body["total_time"] for body in endpoint.bodies if body["session_id"] == session_id}
        return total in saved

    waiting.until(is_saved, seconds=60)
