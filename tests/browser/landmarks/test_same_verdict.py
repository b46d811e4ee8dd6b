"""One learner before one camera, judged both ways at once: from landmarks and from pictures."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import NamedTuple

import pytest
from chromium import Browsers, until
from clip import write_clip
from own_client import FIRST_SECONDS, filming_page

from pictures import empty_frame, face_frame, turned_frame
from service import RunningService

SECONDS = 45.0
# Both clients film with the same camera and so see the same clip, which begins when the first does.
BOTH = """async () => {
    window.told = { browser: [], server: [] };
    window.clients = [];
    const start = (mode, options) => {
        const client = new WebcamWebSocket({
            mode,
            consent: 'given',
            ...options,
            onTrackingUpdate: ({ frame_timestamp: at, is_focused, gaze_direction, metrics }) => {
                told[mode].push([at / 1000, is_focused, gaze_direction, metrics.focused_time]);
            },
        });
        clients.push(client);
        return client.initialize(mode, 22, null);
    };
    // Each sample has an update of its own; and as many pictures as there would be samples.
    return [
        await start('browser', { batchSeconds: 0.2 }),
        await start('server', { frameRate: 5 }),
    ];
}"""
ENOUGH = f"told.server.length > 0 && told.server.at(-1)[0] - told.server[0][0] > {SECONDS}"
# Of the time, and of the samples.
MAX_TIME_DIFFERENCE, MIN_SAME_STATE = 0.02, 0.97
# Between samples where no software draws. A change is told with the second sample that shows it,
# and so by twice as much later as they are further apart.
STEP_SECONDS, SAMPLES_TO_CHANGE = 0.2, 2


class Told(NamedTuple):
    """at: when the picture was taken, in seconds; focused_time: counted until then, in seconds."""

    at: float
    is_focused: bool
    direction: str
    focused_time: float


@pytest.fixture(scope="module")
def lesson_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Looks at the lesson, then has the head on one side, then is gone, and is back."""
    path = tmp_path_factory.mktemp("clip") / "lesson.y4m"
    return write_clip(path, [(face_frame, 22), (turned_frame, 11), (empty_frame, 11)])


def state_at(told: Sequence[Told], moment: float) -> Told:
    """What was told last of pictures until this moment."""
    return told[bisect_right(told, moment, key=lambda each: each.at) - 1]


def has_changed(told: Sequence[Told], since: float, until: float) -> bool:
    """Whether the state at the end is younger than that."""
    states = [each.is_focused for each in told if since < each.at <= until]
    return {state_at(told, since).is_focused, *states} == {True, False}


def focused_until(told: Sequence[Told], moment: float) -> float:
    """Seconds; what is told holds until something else is."""
    last = state_at(told, moment)
    return last.focused_time + (moment - last.at if last.is_focused else 0.0)


def test_landmarks_from_the_browser_are_judged_as_its_pictures_are(
    browsers: Browsers, service: RunningService, lesson_clip: Path
) -> None:
    page = filming_page(browsers, lesson_clip)
    page.goto(service.url)
    assert page.evaluate(BOTH) == [True, True]
    until(page, ENOUGH, SECONDS + FIRST_SECONDS)
    rows = page.evaluate("told")
    page.evaluate("Promise.all(clients.map((client) => client.disconnect()))")
    browser, server = ([Told(*row) for row in rows[mode]] for mode in ("browser", "server"))
    begin, end = max(browser[0].at, server[0].at), min(browser[-1].at, server[-1].at)

    samples = [sample for sample in browser if begin <= sample.at <= end]
    step = median(later.at - one.at for one, later in pairwise(samples))
    changes = sum(one.is_focused != later.is_focused for one, later in pairwise(samples))
    by_browser, by_server = (
        focused_until(told, end) - focused_until(told, begin) for told in (browser, server)
    )
    late = SAMPLES_TO_CHANGE * max(0.0, step - STEP_SECONDS)
    allowed = MAX_TIME_DIFFERENCE * by_server + changes * late
    assert by_browser == pytest.approx(by_server, abs=allowed)

    lasting = [s for s in samples if not has_changed(server, s.at - late, s.at)]
    same = [s for s in lasting if s.is_focused == state_at(server, s.at).is_focused]
    assert len(lasting) > len(samples) / 2
    assert len(same) / len(lasting) >= MIN_SAME_STATE
    assert {sample.direction for sample in samples} >= {"centered", "distracted", "no_face"}
