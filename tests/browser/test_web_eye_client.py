"""The reference client of the frames: one file, in a real browser, on the real service."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from chromium import ALLOWED, DENIED, WAIT_MS, Browsers, camera, until
from playwright.sync_api import Browser, Page, Playwright, Route, expect

from eyelearn.settings import ROOT
from service import RunningService, running_service
from tokens import SECRET, token

CLIENT = ROOT / "templates" / "web_eye_client.html"
ADDRESS = "/web_eye_client.html"
SETTINGS = "window.currentUserId = 7; window.currentModuleId = 22; window.currentSectionId = 'b';"
# What the client tells the page, what it opens, and how often the browser is asked for the camera.
WATCH = """
window.updates = [];
window.gaps = [];
window.states = [];
window.errors = [];
window.sockets = [];
window.asked = 0;
addEventListener('eyelearn:update', ({ detail }) => {
    gaps.push(performance.now() - (window.updatedAt ?? performance.now()));
    window.updatedAt = performance.now();
    updates.push(detail);
});
addEventListener('eyelearn:state', ({ detail }) => states.push(detail));
addEventListener('eyelearn:error', ({ detail }) => errors.push(detail));
window.WebSocket = class extends WebSocket {
    constructor(...address) { super(...address); sockets.push(this); }
};
const devices = navigator.mediaDevices;
const open = devices?.getUserMedia.bind(devices);
if (open) devices.getUserMedia = async (wanted) => {
    asked += 1;
    window.stream = await open(wanted);
    return stream;
};
"""
# The ways that frames went, in their order.
WAYS = """states.map(({ transport }) => transport)
    .filter((way, index, all) => way && way !== all[index - 1])"""
KEPT = """async () => [localStorage.length, sessionStorage.length, document.cookie,
    (await indexedDB.databases()).length, (await caches.keys()).length]"""
TOTAL = "updates.at(-1).metrics.total_time"

Learner = Callable[..., Page]
Platform = Callable[[str], str]


@pytest.fixture(scope="module")
def filming_browser(playwright: Playwright, chromium: str, face_clip: Path) -> Iterator[Browser]:
    """One for all that need nothing else of it: each page has storage of its own."""
    started = Browsers(playwright, chromium)
    browser = started.asking_page(ALLOWED, *camera(face_clip)).context.browser
    assert browser is not None
    yield browser
    started.close()


@pytest.fixture
def learner(filming_browser: Browser, browsers: Browsers) -> Iterator[Learner]:
    """Opens a page before a learner who looks at it, and has not been asked yet."""
    opened = []

    def open_page(url: str, settings: str = SETTINGS, *flags: str) -> Page:
        page = browsers.asking_page(*flags) if flags else filming_browser.new_page()
        opened.append(page)
        page.set_default_timeout(WAIT_MS)
        page.add_init_script(settings + WATCH)
        page.goto(url)
        return page

    yield open_page
    for page in opened:
        page.close()


@pytest.fixture
def platform() -> Iterator[Platform]:
    """Serves a page of a platform on `/`, and a copy of the client beside it."""
    servers = []

    def serve(lesson: str) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                known = {"/": lesson.encode(), "/focus/client.html": CLIENT.read_bytes()}
                content = known.get(self.path)
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def agree(page: Page) -> None:
    page.get_by_role("button", name="Use my camera").click()


def says(page: Page, words: str) -> None:
    expect(page.locator(".eyelearn .message")).to_contain_text(words)


def answer_rest(page: Page, *answers: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The service's next answers over REST, the last one from then on; None: its own. Gives what
    is sent."""
    sent: list[dict[str, Any]] = []

    def answer(route: Route) -> None:
        told = answers[min(len(sent), len(answers) - 1)]
        sent.append(
            {
                "at": time.monotonic(),
                "authorization": route.request.headers.get("authorization"),
                **json.loads(route.request.post_data or ""),
            }
        )
        if told is None:
            route.continue_()
        else:
            route.fulfill(**told)

    page.route("**/api/frames", answer)
    return sent


def refusal(status: int, code: str, **headers: str) -> dict[str, Any]:
    body = {"error": "so it is", "code": code}
    return {"status": status, "json": body, "headers": headers}


def test_a_learner_is_asked_first_and_then_followed_by_rest_and_websocket(
    learner: Learner, service: RunningService
) -> None:
    page = learner(service.url + ADDRESS)
    complaints: list[str] = []
    kept: list[object] = []
    page.on("console", lambda line: complaints.append(line.text))
    page.on("download", lambda download: kept.append(download.url))
    expect(page.get_by_role("heading", name="May this lesson use your camera?")).to_be_visible()
    assert page.evaluate("[asked, eyeLearnClient.state]") == [0, "asking"]

    agree(page)
    until(page, "updates.length >= 25")
    update = page.evaluate("updates.at(-1)")
    assert (update["user_id"], update["module_id"], update["section_id"]) == (7, 22, "b")
    assert update["status"]["is_focused"] is True
    assert page.evaluate(WAYS) == ["rest", "websocket"]
    assert page.evaluate("[eyeLearnClient.state, eyeLearnClient.transport]") == [
        "tracking",
        "websocket",
    ]
    assert len(set(page.evaluate("updates.map((update) => update.session_id)"))) == 1
    assert 100 < sorted(page.evaluate("gaps"))[12] < 250, "about 7 a second"
    card = page.locator(".eyelearn")
    expect(card.locator(".connection")).to_have_text("WebSocket")
    expect(card.locator(".verdict")).to_have_text("Looking at the lesson")
    expect(card.locator(".share")).to_have_text(re.compile(r"^\d+ %$"))
    expect(card.locator(".time")).to_have_text(re.compile(r"^0:\d\d$"))
    assert page.evaluate(KEPT) == [0, 0, "", 0, 0]
    assert (kept, complaints) == ([], [])

    page.get_by_role("button", name="Stop the camera").evaluate(
        "(button) => { button.click(); window.ended = stream.getTracks()[0].readyState; }"
    )
    assert page.evaluate("[ended, eyeLearnClient.state]") == ["ended", "off"]
    says(page, "The camera is off, as you wish.")
    count = page.evaluate("updates.length")
    page.get_by_role("button", name="Start the camera").press("Enter")
    expect(page.locator(".eyelearn form")).to_be_focused()
    page.get_by_role("button", name="No, thank you").click()
    says(page, "The camera stays off, as you wish.")
    assert page.evaluate("[asked, updates.length]") == [1, count]


@pytest.mark.parametrize("cut", ["sockets.at(-1).close()", "sockets.at(-1).send = () => {}"])
def test_a_websocket_that_fails_costs_no_beat_and_is_tried_again(
    learner: Learner, service: RunningService, cut: str
) -> None:
    page = learner(service.url + ADDRESS)
    agree(page)
    until(page, "eyeLearnClient.transport === 'websocket'")
    until(page, "gaps.length > 15")
    page.evaluate(f"gaps.length = 0; {cut}; undefined")
    until(page, "eyeLearnClient.transport === 'rest'")
    expect(page.locator(".connection")).to_have_text("REST")
    until(page, "gaps.length > 8")
    # A socket that is silent is waited for, for 3 s.
    longest = 1_000 if "close" in cut else 4_500
    assert max(page.evaluate("gaps")) < longest
    until(page, "eyeLearnClient.transport === 'websocket'")
    assert page.evaluate(WAYS) == ["rest", "websocket", "rest", "websocket"]
    assert page.evaluate("errors") == []


def test_a_killed_service_is_waited_for_and_the_session_goes_on(learner: Learner) -> None:
    settings = {"FLUSH_INTERVAL_SECONDS": "1", "INFERENCE_WORKERS": "1", "AUTH_SECRET": SECRET}
    # The first one has expired: another is asked for.
    tokens = json.dumps([token(exp=1), token()])
    give = f"window.tokens = {tokens}; window.eyeLearnToken = async () => tokens.shift();"
    with running_service(settings) as service:
        page = learner(service.url + ADDRESS, SETTINGS + give)
        agree(page)
        until(page, f"updates.length && {TOTAL} > 3")
        assert page.evaluate("[eyeLearnClient.transport, tokens.length]") == ["websocket", 0]
        service.kill()
        says(page, "The focus service does not answer; trying again")
        expect(page.locator(".connection")).to_have_text("Reconnecting")
        expect(page.locator(".eyelearn[data-stale] .time")).to_have_text(re.compile("0:0[3-9]"))
        before = page.evaluate("updates.at(-1)")
        count = page.evaluate("updates.length")

        service.start()
        until(page, f"updates.length > {count}")
        first = page.evaluate(f"updates[{count}]")
        assert first["session_id"] == before["session_id"]
        # The last flush was at most so long before, and the outage counts nothing.
        assert -2 < first["metrics"]["total_time"] - before["metrics"]["total_time"] < 1
        expect(page.locator(".eyelearn[data-stale]")).to_have_count(0)
        expect(page.locator(".eyelearn .message")).to_be_empty()
        until(page, f"{TOTAL} > {before['metrics']['total_time'] + 1}")
        until(page, "eyeLearnClient.transport === 'websocket'")
        told = page.evaluate("errors.map(({ code, final }) => [code, final])")
        assert told == [["unreachable", False]]


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (
            [DENIED, "--use-fake-device-for-media-stream"],
            "camera_denied",
            "may not use your camera.",
        ),
        ([ALLOWED], "no_camera", "No camera was found. Connect a camera"),
    ],
    ids=["denied", "none there"],
)
def test_a_camera_that_cannot_be_had_is_explained(
    learner: Learner, service: RunningService, flags: list[str], code: str, words: str
) -> None:
    page = learner(service.url + ADDRESS, SETTINGS, *flags)
    agree(page)
    says(page, words)
    assert page.evaluate("errors.map(({ code, final }) => [code, final])") == [[code, True]]
    assert page.evaluate("[eyeLearnClient.state, updates.length]") == ["off", 0]
    expect(page.get_by_role("button", name="Start the camera")).to_be_visible()


def test_a_page_that_is_not_secure_is_told_so(learner: Learner, service: RunningService) -> None:
    page = learner(service.url.replace("127.0.0.1", "insecure.test") + ADDRESS)
    agree(page)
    says(page, "Your browser gives the camera to secure pages only.")


def test_a_camera_that_stops_is_told_and_opened_again(
    learner: Learner, service: RunningService
) -> None:
    page = learner(service.url + ADDRESS)
    agree(page)
    until(page, "updates.length > 3")
    page.evaluate(
        """() => {
            const [track] = stream.getTracks();
            track.stop();
            track.dispatchEvent(new Event('ended'));
        }"""
    )
    says(page, "Your camera stopped. Tracking goes on by itself once it is back.")
    until(page, "asked === 2 && eyeLearnClient.state === 'tracking'")
    expect(page.locator(".eyelearn .message")).to_be_empty()


@pytest.mark.parametrize(
    "lesson",
    [
        "<!doctype html><title>Lesson</title><h1>Lesson</h1><script>SETTINGS</script>"
        '<iframe src="/focus/client.html" width="420" height="480" title="Focus"></iframe>',
        "<!doctype html><title>Lesson</title><h1>Lesson</h1>CLIENT<script>SETTINGS</script>",
    ],
    ids=["framed", "included"],
)
def test_a_copy_on_a_platform_s_page_finds_the_service_and_tells_the_page(
    learner: Learner, service: RunningService, platform: Platform, lesson: str
) -> None:
    settings = f"{SETTINGS} window.PYTHON_SERVICE_URL = '{service.url}/';"
    lesson = lesson.replace("CLIENT", CLIENT.read_text()).replace("SETTINGS", settings)
    # The page's own script sets them, and nothing else does.
    page = learner(platform(lesson) + "/", "")
    place: Any = page if "iframe" not in lesson else page.frame_locator("iframe")
    place.get_by_role("button", name="Use my camera").click()
    until(page, "updates.length >= 12 && eyeLearnClient.transport === 'websocket'")
    assert page.evaluate("updates.at(-1).section_id") == "b"
    expect(place.locator(".connection")).to_have_text("WebSocket")
    assert page.evaluate(KEPT) == [0, 0, "", 0, 0]
    page.evaluate("eyeLearnClient.stop()")
    expect(place.get_by_role("button", name="Start the camera")).to_be_visible()
    expect(page.get_by_role("heading", name="Lesson")).to_be_visible()


def test_a_page_that_does_not_say_who_learns_is_told_what_to_set(
    learner: Learner, platform: Platform
) -> None:
    page = learner(platform("") + "/focus/client.html", "window.currentUserId = 7;")
    says(page, "The page has to set window.currentModuleId.")
    page.evaluate("window.currentUserId = ''; eyeLearnClient.start()")
    says(page, "The page has to set window.currentUserId and window.currentModuleId.")
    assert page.evaluate("[asked, eyeLearnClient.state]") == [0, "setup"]
    page.evaluate(
        "window.currentUserId = 7; window.currentModuleId = 22; void eyeLearnClient.start()"
    )
    expect(page.get_by_role("button", name="Use my camera")).to_be_visible()


def test_the_service_s_own_page_lets_whoever_tries_it_say_who_they_are(
    learner: Learner, service: RunningService
) -> None:
    page = learner(service.url + ADDRESS + "?user_id=41&section_id=", "")
    expect(page.get_by_label("User")).to_have_value("41")
    page.get_by_label("Module").fill("physics")
    agree(page)
    until(page, "updates.length > 0")
    update = page.evaluate("updates[0]")
    assert [update[name] for name in ("user_id", "module_id", "section_id")] == [
        41,
        "physics",
        None,
    ]


def test_a_limit_is_kept_and_a_hanging_service_is_told(
    learner: Learner, service: RunningService
) -> None:
    page = learner(service.url + ADDRESS)
    limit = refusal(429, "rate_limited", **{"Retry-After": "2"})
    sent = answer_rest(page, limit, None)
    agree(page)
    says(page, "The focus service gets too many pictures; trying again in")
    until(page, "updates.length > 0")
    assert 2 <= sent[1]["at"] - sent[0]["at"] < 4
    page.unroute("**/api/frames")
    page.route("**/api/frames", lambda _: None)
    page.evaluate(
        "window.WebSocket = class { constructor() { throw new Error('forbidden'); } };"
        "sockets.at(-1)?.close();"
    )
    says(page, "The focus service takes too long to answer; trying again")


def test_a_picture_that_is_too_large_is_made_smaller(
    learner: Learner, service: RunningService
) -> None:
    page = learner(service.url + ADDRESS)
    sent = answer_rest(page, *[refusal(413, "frame_too_large")] * 5, None)
    agree(page)
    until(page, "updates.length > 0")
    sizes = [len(frame["frame_base64"]) for frame in sent]
    assert sizes[5] < 0.7 * sizes[0]
    assert page.evaluate("errors") == []


@pytest.mark.parametrize(
    ("refused", "count", "words"),
    [
        (refusal(401, "unauthorized"), 2, "The focus service does not accept your sign-in."),
        (refusal(403, "forbidden"), 1, "does not accept your sign-in for this lesson."),
        (refusal(503, "streaming_disabled"), 1, "takes no camera pictures at the moment."),
    ],
    ids=["unauthorized", "forbidden", "streaming disabled"],
)
def test_what_does_not_pass_ends_it_and_is_told(
    learner: Learner, service: RunningService, refused: dict[str, Any], count: int, words: str
) -> None:
    token = "window.tokens = 0; window.eyeLearnToken = async () => `token ${tokens += 1}`;"
    page = learner(service.url + ADDRESS, SETTINGS + token)
    sent = answer_rest(page, refused)
    agree(page)
    says(page, words)
    assert [frame["authorization"] for frame in sent] == [
        f"Bearer token {number}" for number in range(1, count + 1)
    ]
    assert page.evaluate("stream.getTracks()[0].readyState") == "ended"
    code = refused["json"]["code"]
    assert page.evaluate("errors.map(({ code, final }) => [code, final])") == [[code, True]]
