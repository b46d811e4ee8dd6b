"""A page that finds the landmarks itself, and is put into the background for a while."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cdp import bare_chromium
from chromium import ALLOWED, FLAGS, camera
from own_client import (
    FIRST_SECONDS,
    NEWEST,
    Sample,
    counted_between,
    initialize,
    samples_of,
    seconds_seen,
)

from service import RunningService

HIDDEN_SECONDS = 10.0
# Longer than software takes for some pictures.
BATCH_SECONDS = 3.0
NEAR_SECONDS = 0.5

Update = dict[str, Any]


class Stay(NamedTuple):
    """Updates: the last before the page was hidden, the first and last while it was, and one of
    after; and all samples that were taken, and batches that were sent."""

    before: Update
    first: Update
    last: Update
    after: Update
    taken: list[tuple[float, bool]]
    batches: list[dict[str, Any]]


@pytest.fixture(scope="module")
def stay(
    chromium: str,
    service: RunningService,
    face_clip: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Stay:
    flags = [*FLAGS, ALLOWED, *camera(face_clip)]
    with bare_chromium(chromium, flags, tmp_path_factory.mktemp("profile")) as browser:
        page = browser.open(service.url)
        page.until("document.readyState === 'complete' && !!window.WebcamWebSocket")
        page.run(f"void {initialize(batchSeconds=BATCH_SECONDS)}")
        page.until("window.told?.length >= 2", FIRST_SECONDS)
        browser.open("about:blank").show()
        page.until(f"{NEWEST}.gaze_direction === 'page_hidden'")
        time.sleep(HIDDEN_SECONDS)
        page.show()
        page.until(f"{NEWEST}.gaze_direction === 'centered'")
        told, taken, batches = page.run("[told, taken, sent]")
    hidden = [n for n, update in enumerate(told) if update["gaze_direction"] == "page_hidden"]
    first, last = hidden[0], hidden[-1]
    return Stay(told[first - 1], told[first], told[last], told[-1], taken, batches)


def rate(samples: Sequence[Sample]) -> float:
    """Samples a second."""
    return (len(samples) - 1) / (samples[-1].at - samples[0].at)


def test_a_hidden_tab_goes_on_with_its_samples(stay: Stay) -> None:
    while_hidden = samples_of(stay.taken, stay.first, stay.last)
    assert all(sample.hidden for sample in while_hidden)
    assert while_hidden[-1].at - while_hidden[0].at > HIDDEN_SECONDS / 2
    before = samples_of(stay.taken, None, stay.before)
    # A page's own timers would tick once a second there.
    assert rate(while_hidden) > 0.5 * rate(before)


def test_a_hidden_tab_counts_as_unfocused(stay: Stay) -> None:
    seen = seconds_seen(samples_of(stay.taken, stay.first, stay.after), hidden=True)
    unfocused = counted_between(stay.first, stay.after, "unfocused_time")
    assert unfocused == pytest.approx(seen, abs=NEAR_SECONDS)
    assert counted_between(stay.first, stay.last, "focused_time") == 0


def test_that_the_tab_is_hidden_or_seen_again_is_told_with_the_first_sample(stay: Stay) -> None:
    hidden = [batch for batch in stay.batches if batch["hidden"]]
    after = [batch for batch in stay.batches if batch["sent_at"] > hidden[-1]["sent_at"]]
    for first, *_ in (hidden, after):
        assert len(first["timestamps"]) == 1
