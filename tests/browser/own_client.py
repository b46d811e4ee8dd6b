"""A client of the test's own on the service's page, which finds the landmarks in the browser."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from chromium import ALLOWED, Browsers, camera, until
from playwright.sync_api import Page

# `told`: all updates, in order; `taken`: all samples of Face Mesh, as time and whether the page was
# hidden; `sent`: all batches, also those lost on their way; `errors`: all that went wrong.
_INITIALIZE = """(async (options) => {
    for (const list of ['told', 'taken', 'sent', 'errors']) window[list] = [];
    window.Worker = class extends Worker {
        constructor(...options) {
            super(...options);
            this.addEventListener('message', ({ data: { type, about } }) => {
                if (type === 'sample') taken.push([about.at, about.hidden]);
            });
        }
    };
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (message) {
        const isBatch = typeof message === 'string' && message.includes('["face_landmarks"');
        if (isBatch) sent.push(JSON.parse(message.slice(message.indexOf('[')))[1]);
        return send.call(this, message);
    };
    window.webcam = new WebcamWebSocket({
        consent: 'given',
        mode: 'browser',
        ...options,
        onTrackingUpdate: (update) => told.push(update),
        onError: (error) => errors.push(error),
    });
    return webcam.initialize('learner', 22, null);
})"""
NEWEST = "told.at(-1)"
# Loading Face Mesh takes 5 to 10 s where software draws, and more beside other work.
FIRST_SECONDS = 120.0
# The service's MAX_OBSERVATION_GAP_SECONDS: on a busy machine, software may take longer.
MAX_GAP_SECONDS = 2.0


def initialize(**options: Any) -> str:
    """The JavaScript expression that starts a client with these options."""
    return f"{_INITIALIZE}({json.dumps(options)})"


def filming_page(browsers: Browsers, clip: Path) -> Page:
    """A page whose camera shows the clip, and which waits for as long as Face Mesh takes."""
    page = browsers.bare_page(ALLOWED, *camera(clip))
    page.set_default_timeout(FIRST_SECONDS * 1000)
    return page


def track(page: Page, url: str, **options: Any) -> None:
    """Opens the service's page, starts a client there, and waits for its first update."""
    page.goto(url)
    assert page.evaluate(initialize(**options)) is True, page.evaluate("errors")
    until(page, "told.length > 0", FIRST_SECONDS)


def newest(page: Page) -> dict[str, Any]:
    return dict(page.evaluate(NEWEST))


def first_after(page: Page, moment: float) -> dict[str, Any]:
    """The first update of a picture that was taken after this moment, in milliseconds."""
    until(page, f"{NEWEST}.frame_timestamp > {moment}", FIRST_SECONDS)
    return dict(page.evaluate(f"told.find((update) => update.frame_timestamp > {moment})"))


class Sample(NamedTuple):
    """at: seconds on the learner's clock; hidden: whether the page was."""

    at: float
    hidden: bool


def samples_of(
    taken: Sequence[tuple[float, bool]], before: dict[str, Any] | None, after: dict[str, Any]
) -> list[Sample]:
    """From the last sample of one update (None: from the first of all) to that of another."""
    first = before["frame_timestamp"] if before else 0.0
    last = after["frame_timestamp"]
    return [Sample(moment / 1000, hidden) for moment, hidden in taken if first <= moment <= last]


def seconds_seen(samples: Sequence[Sample], hidden: bool) -> float:
    """What passed between samples of a page that was, or was not, out of sight at their start."""
    gaps = [later.at - one.at for one, later in pairwise(samples) if one.hidden == hidden]
    return sum(gap for gap in gaps if gap <= MAX_GAP_SECONDS)


def counted_between(before: dict[str, Any], after: dict[str, Any], what: str) -> float:
    """Seconds of `focused_time`, `unfocused_time` or `total_time` that came between updates."""
    return float(after["metrics"][what] - before["metrics"][what])
