"""What a page sends that finds the landmarks itself: once a second, and little."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import Browsers, until
from own_client import (
    FIRST_SECONDS,
    counted_between,
    filming_page,
    first_after,
    newest,
    track,
)
from playwright.sync_api import Page, Playwright
from wire import Wire, batch_bytes

import waiting
from service import RunningService

# Software draws fewer than there are elsewhere.
SAMPLES_PER_BATCH = 5
MAX_BYTES_PER_SECOND = 2500

Tracked = tuple[Page, Wire]


@pytest.fixture(scope="module")
def tracked(
    playwright: Playwright, chromium: str, service: RunningService, face_clip: Path
) -> Iterator[Tracked]:
    """One page for all of them: it takes a while until Face Mesh is there."""
    browsers = Browsers(playwright, chromium)
    page = filming_page(browsers, face_clip)
    wire = Wire(page)
    track(page, service.url)
    yield page, wire
    browsers.close()


def test_a_batch_is_sent_once_a_second_and_each_sample_once(tracked: Tracked) -> None:
    page, wire = tracked
    wire.clear()
    page.wait_for_timeout(10_000)
    batches = wire.payloads_sent("face_landmarks")
    seconds = (batches[-1]["sent_at"] - batches[0]["sent_at"]) / 1000
    assert 0.5 <= (len(batches) - 1) / seconds <= 1.05
    times_sent = Counter(moment for batch in batches for moment in batch["timestamps"])
    assert set(times_sent.values()) == {1}


def test_a_second_of_samples_is_small(tracked: Tracked) -> None:
    page, wire = tracked
    wire.clear()
    until(page, f"{newest(page)['frame_timestamp']} < told.at(-1).frame_timestamp", FIRST_SECONDS)
    batch = wire.payloads_sent("face_landmarks")[0]
    points = wire.attachments_sent()[0]
    assert batch_bytes(batch, points, SAMPLES_PER_BATCH) < MAX_BYTES_PER_SECOND


def test_calibrating_goes_by_what_was_just_seen(tracked: Tracked) -> None:
    page, _ = tracked
    answers: list[Any] = []

    # A picture of software's may be older than the second that counts.
    def is_calibrated() -> bool:
        answers.append(page.evaluate("webcam.calibrate().catch((error) => error.code)"))
        return isinstance(answers[-1], dict)

    waiting.until(is_calibrated, seconds=60, poll_seconds=0.5)
    assert set(answers[:-1]) <= {"invalid_payload"}
    assert answers[-1]["samples"] >= 1
    assert set(answers[-1]["baseline"]) == {"yaw", "pitch"}


def test_a_pause_of_the_capture_sends_nothing_and_counts_nothing(tracked: Tracked) -> None:
    page, wire = tracked
    page.evaluate("webcam.stopCapture()")
    page.wait_for_timeout(2_000)  # the last picture, and the answer to the last batch
    before = newest(page)
    wire.clear()
    page.wait_for_timeout(4_000)
    assert wire.payloads_sent("face_landmarks") == []
    assert newest(page) == before
    page.evaluate("webcam.startCapture()")
    after = first_after(page, page.evaluate("Date.now()") + 1000)
    passed = (after["frame_timestamp"] - before["frame_timestamp"]) / 1000
    assert counted_between(before, after, "total_time") < passed - 4
