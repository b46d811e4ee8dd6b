"""Landmarks or pictures: by what the page wants, the browser can, and the service takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import ALLOWED, Browsers, camera
from picture_watch import PictureWatch
from playwright.sync_api import Page, Route
from told_page import (
    LOAD_SECONDS,
    assert_nothing_is_left,
    crash_graphics,
    start,
    wait_for_end,
    wait_for_mode,
    wait_for_updates,
)

from service import RunningService, running_service

WORKER = "landmark-worker.js"
# With --disable-gpu: nothing is left to draw with. --disable-3d-apis spares the workers.
NO_WEBGL = "--disable-software-rasterizer"
REMEMBER = """([verdict, daysAgo]) => {
    const day = new Date();
    day.setDate(day.getDate() - daysAgo);
    const found = { day: day.toDateString(), verdict };
    localStorage.setItem('eyelearn-face-mesh', JSON.stringify(found));
}"""
VERDICT = "JSON.parse(localStorage.getItem('eyelearn-face-mesh'))?.verdict"
# Goes before the worker, whose browser is as quick as this machine is at that moment.
EACH_TAKES = """{
    const tell = self.postMessage.bind(self);
    self.postMessage = (message, transferred) => {
        if (message.type === 'sample') message.tookMs = MILLISECONDS;
        tell(message, transferred);
    };
}
"""
SLOW_MS = 300
USELESS_MS = 2000
# A browser is slow once 11 of 20 pictures were, after 2 that do not count.
MORE_THAN_A_TRIAL = 16
RAN = "this file was run"


@pytest.fixture
def page(browsers: Browsers, face_clip: Path) -> Page:
    return browsers.bare_page(ALLOWED, *camera(face_clip))


@pytest.fixture
def page_without_webgl(browsers: Browsers, face_clip: Path) -> Page:
    return browsers.bare_page(ALLOWED, NO_WEBGL, *camera(face_clip))


@pytest.fixture(scope="module")
def pictureless() -> Iterator[RunningService]:
    """A service that takes no pictures from browsers."""
    with running_service(
        {"ENABLE_BROWSER_EYE_STREAMING": "0", "INFERENCE_WORKERS": "1"}
    ) as running:
        yield running


def put_before(page: Page, file: str, source: str) -> None:
    """From now on, the browser gets this script before what is in the file."""

    def answer(route: Route) -> None:
        original = route.fetch()
        route.fulfill(response=original, body=source.encode() + original.body())

    page.route(f"**/{file}", answer)


def pretend_each_takes(page: Page, milliseconds: int) -> None:
    """The worker tells that each picture took so long; it is no slower for that."""
    put_before(page, WORKER, EACH_TAKES.replace("MILLISECONDS", str(milliseconds)))


def remember(page: Page, verdict: str, days_ago: int = 0) -> None:
    page.evaluate(REMEMBER, [verdict, days_ago])


def wait_for_samples(page: Page, watch: PictureWatch, count: int) -> None:
    """So many more than were sent before."""
    waits_for = watch.samples + count
    for _ in range(round(LOAD_SECONDS * 10)):
        if watch.samples >= waits_for:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"{watch.samples} samples were sent, not {waits_for}")


def test_without_webgl_pictures_are_sent_and_nothing_else_is_tried_on_that_day(
    page_without_webgl: Page, service: RunningService
) -> None:
    page = page_without_webgl
    page.goto(service.url)
    start(page)
    wait_for_updates(page, 1)
    found = {"mode": "server", "reason": "unsupported: no WebGL 2"}
    assert page.evaluate("told.modes") == [found]

    page.reload()
    watch = PictureWatch(page)
    start(page)
    wait_for_updates(page, 1)
    assert page.evaluate("told.modes") == [
        {"mode": "server", "reason": "unsupported, as found earlier today"}
    ]
    assert len(watch.pictures) > 0
    assert not watch.asked_for(WORKER)

    page.evaluate("webcam.disconnect()")
    remember(page, "unsupported", days_ago=1)
    start(page)
    wait_for_updates(page, 1)
    assert page.evaluate("told.modes") == [found]
    assert watch.asked_for(WORKER)


def test_without_webgl_and_where_no_picture_may_be_sent_the_learner_is_told(
    page_without_webgl: Page, service: RunningService, pictureless: RunningService
) -> None:
    page = page_without_webgl
    watch = PictureWatch(page)
    page.goto(service.url)
    for options in ({"mode": "browser"}, {"allowPictures": False}):
        start(page, **options)
        error = wait_for_end(page)
        assert (error["type"], error["detail"]) == ("BROWSER_UNSUPPORTED", "no WebGL 2")
        assert page.evaluate("[initialized, told.modes]") == [False, []]
    watch.paths.clear()
    start(page, allowPictures=False)
    assert wait_for_end(page)["detail"] == "unsupported"
    assert not watch.asked_for(WORKER), "that is known already"

    page.goto(pictureless.url)
    start(page)
    assert wait_for_end(page)["type"] == "BROWSER_UNSUPPORTED"
    assert page.evaluate("initialized") is False
    assert watch.pictures == []


def test_a_slow_browser_goes_on_with_pictures_in_the_same_session(
    page: Page, service: RunningService
) -> None:
    pretend_each_takes(page, SLOW_MS)
    page.goto(service.url)
    start(page)
    wait_for_mode(page, "browser")
    wait_for_mode(page, "server")
    wait_for_updates(page, 10)
    first, then = page.evaluate("told.modes")
    assert first == {"mode": "browser", "reason": None}
    assert then["reason"].startswith("slow: ")
    assert page.evaluate(VERDICT) == "slow"

    updates = page.evaluate("told.updates")
    assert len({update["session"] for update in updates}) == 1
    totals = [update["total"] for update in updates]
    assert totals == sorted(totals)
    assert all(update["total"] <= update["after"] for update in updates)
    in_browser = [update["total"] for update in updates if update["mode"] == "browser"]
    assert totals[-1] > in_browser[-1] > 0


@pytest.mark.parametrize(
    ("options", "milliseconds", "verdict"),
    [
        pytest.param({"allowPictures": False}, SLOW_MS, "slow", id="slow"),
        pytest.param({"mode": "browser"}, USELESS_MS, None, id="useless"),
    ],
)
def test_a_browser_that_is_too_slow_and_may_send_no_pictures_ends_it(
    page: Page,
    service: RunningService,
    options: dict[str, object],
    milliseconds: int,
    verdict: str | None,
) -> None:
    pretend_each_takes(page, milliseconds)
    watch = PictureWatch(page)
    page.goto(service.url)
    start(page, **options)
    error = wait_for_end(page)
    assert (error["type"], error["final"]) == ("BROWSER_UNSUPPORTED", True)
    assert page.evaluate("told.modes") == [{"mode": "browser", "reason": None}]
    assert page.evaluate(VERDICT) == verdict
    assert watch.samples > 0
    assert watch.pictures == []


def test_a_browser_once_found_quick_is_kept_until_it_fails(
    page: Page, service: RunningService
) -> None:
    pretend_each_takes(page, SLOW_MS)
    watch = PictureWatch(page)
    page.goto(service.url)
    remember(page, "quick")
    start(page)
    wait_for_samples(page, watch, MORE_THAN_A_TRIAL)
    assert page.evaluate("told.modes") == [{"mode": "browser", "reason": None}]
    assert watch.pictures == []

    with page.workers[0].expect_event("close"):
        crash_graphics(page)
    wait_for_mode(page, "server")
    wait_for_updates(page, 5)
    assert page.evaluate("told.modes.at(-1).reason").startswith("error: ")
    assert page.evaluate("new Set(told.updates.map(({ session }) => session)).size") == 1
    assert page.evaluate(VERDICT) == "error"


def test_a_service_that_takes_no_pictures_is_sent_none_by_a_page_that_would(
    page: Page, pictureless: RunningService
) -> None:
    watch = PictureWatch(page)
    page.goto(pictureless.url)
    start(page, mode="server")
    error = wait_for_end(page)
    assert (error["code"], error["final"]) == ("streaming_disabled", True)
    assert page.evaluate("initialized") is False
    assert watch.pictures == []


def test_a_service_that_takes_no_pictures_is_sent_landmarks_however_slow_the_browser(
    page: Page, pictureless: RunningService
) -> None:
    pretend_each_takes(page, SLOW_MS)
    watch = PictureWatch(page)
    page.goto(pictureless.url)
    remember(page, "slow")
    start(page)
    wait_for_samples(page, watch, MORE_THAN_A_TRIAL)
    with page.workers[0].expect_event("close"):
        crash_graphics(page)
    wait_for_updates(page, 2)
    assert page.evaluate("told.modes") == [{"mode": "browser", "reason": None}]
    assert page.evaluate("told.errors") == []
    page.evaluate("webcam.disconnect()")
    assert_nothing_is_left(page)
    assert watch.pictures == []


@pytest.mark.parametrize("file", ["face_mesh.js", "face_mesh_solution_simd_wasm_bin.js"])
def test_a_file_of_face_mesh_that_was_changed_on_its_way_is_not_run(
    page: Page, service: RunningService, file: str
) -> None:
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text))
    put_before(page, f"face-mesh/*/{file}", f"console.log('{RAN}');")
    page.goto(service.url)
    start(page, mode="browser")
    error = wait_for_end(page)
    assert error["type"] == "BROWSER_UNSUPPORTED"
    for way in ("workerBesideTheScript", "workerOfTheService"):
        assert f"{way}: {file}: " in error["detail"]
    assert RAN not in said


def test_options_that_can_t_be_are_refused_at_once(page: Page, service: RunningService) -> None:
    page.goto(service.url)
    refused = page.evaluate(
        """(wrong) => wrong.map((options) => {
            try {
                return typeof new WebcamWebSocket(options);
            } catch (error) {
                return error.name;
            }
        })""",
        [
            {"mode": "x"},
            {"batchSeconds": 0},
            {"batchSeconds": 31},
            {"batchSeconds": "often"},
            {"mode": "server", "allowPictures": False},
        ],
    )
    assert refused == ["TypeError"] * 5
