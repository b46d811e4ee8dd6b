"""The page of expressions, in a real browser with a camera, on the real service."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from cdp import bare_chromium
from chromium import ALLOWED, DENIED, FLAGS, WAIT_MS, Browsers, camera
from playwright.sync_api import Browser, FilePayload, Locator, Page, Playwright, expect
from playwright.sync_api import WebSocketRoute as SocketRoute
from websockets.sync.client import connect

from eyelearn.vision.expressions import EXPRESSIONS
from pictures import data_url, jpeg
from service import RunningService, running_service
from tokens import OLD_SECRET, SECRET, token
from waiting import until

RED, BLUE = (200, 30, 30), (30, 30, 200)
COUNT_OPENINGS = """
window.asked = 0;
const devices = navigator.mediaDevices;
const open = devices.getUserMedia.bind(devices);
devices.getUserMedia = async (wanted) => {
    asked += 1;
    window.stream = await open(wanted);
    return stream;
};
"""
# What is said of the camera; it may be too short to see.
WATCH_PROBLEM = """() => {
    const problem = document.querySelector('#problem');
    window.problems = [];
    new MutationObserver(() => problems.push(problem.textContent)).observe(
        problem, { childList: true });
}"""
# The id of the page's first session is 16 zero bytes; later ones are by chance.
FIRST_ID_IS_ZERO = """
const random = crypto.getRandomValues.bind(crypto);
let drawn = 0;
crypto.getRandomValues = (bytes) => (drawn++ ? random(bytes) : bytes.fill(0));
"""
COLOUR = """(image) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
}"""

Visitor = Callable[..., Page]


@pytest.fixture(scope="module")
def filming_browser(playwright: Playwright, chromium: str, focus_clip: Path) -> Iterator[Browser]:
    """One for all that need nothing else of it; its camera sees someone who goes and comes."""
    started = Browsers(playwright, chromium)
    browser = started.asking_page(ALLOWED, *camera(focus_clip)).context.browser
    assert browser is not None
    yield browser
    started.close()


@pytest.fixture
def visit(filming_browser: Browser, service: RunningService) -> Iterator[Visitor]:
    """Opens the page of a service before someone who has not pressed anything yet."""
    opened = []

    def open_page(script: str = "", at: RunningService = service) -> Page:
        page = filming_browser.new_page(viewport={"width": 1280, "height": 900})
        opened.append(page)
        page.set_default_timeout(WAIT_MS)
        page.add_init_script(COUNT_OPENINGS + script)
        page.goto(f"{at.url}/test")
        return page

    yield open_page
    for page in opened:
        page.close()


@pytest.fixture
def page(visit: Visitor) -> Page:
    opened = visit()
    connected(opened)
    return opened


def connected(page: Page) -> None:
    expect(page.locator("#connection")).to_have_text("Connected")


def picture(colour: tuple[int, int, int] = RED, name: str = "a.jpg") -> FilePayload:
    plain = np.full((240, 320, 3), colour, np.uint8)
    return {"name": name, "mimeType": "image/jpeg", "buffer": jpeg(plain)}


def slot(page: Page, expression: str) -> Locator:
    return page.locator(f"[data-expression={expression}]")


def choose(page: Page, expression: str, file: FilePayload | Path) -> None:
    slot(page, expression).locator("input").set_input_files(file)


def gives(page: Page, expression: str, file: FilePayload | Path) -> None:
    """Chooses a picture, which the service takes."""
    choose(page, expression, file)
    expect(slot(page, expression)).to_have_attribute("data-sent", "")


def shown_expression(page: Page) -> str:
    """The name of what the camera's learner expresses now."""
    current = page.locator("[data-current]")
    expect(current).to_have_count(1)
    name = current.get_attribute("data-expression")
    assert name is not None
    return name


def at_service(service: RunningService) -> list[list[str]]:
    """Of each session the expressions that have a picture there."""
    details = told(service)["session_details"].values()
    return [sorted(session["loaded_expressions"]) for session in details]


def told(service: RunningService) -> dict[str, Any]:
    with urllib.request.urlopen(f"{service.url}/sessions") as answer:
        sessions: dict[str, Any] = json.load(answer)
    return sessions


def preset(**images: object) -> FilePayload:
    return json_file({"eyelearn_expression_preset": 1, "images": images})


def json_file(content: object) -> FilePayload:
    text = content if isinstance(content, str) else json.dumps(content)
    return {"name": "mine.json", "mimeType": "application/json", "buffer": text.encode()}


def test_the_camera_is_opened_by_a_click_and_closed_by_the_next(page: Page) -> None:
    expect(page.get_by_text("Your camera is off.")).to_be_visible()
    expect(page.get_by_text("forgotten at once. Nothing is kept.")).to_be_visible()
    assert page.evaluate("asked") == 0

    page.get_by_role("button", name="Start").click()
    expect(page.locator("#overlay")).to_be_visible()
    assert page.evaluate("[asked, stream.active]") == [1, True]

    page.get_by_role("button", name="Stop").click()
    assert page.evaluate("stream.active") is False
    expect(page.get_by_text("Your camera is off.")).to_be_visible()
    expect(page.locator("#overlay")).to_be_hidden()


def test_what_a_face_expresses_is_named_and_drawn(visit: Visitor) -> None:
    complaints: list[str] = []
    page = visit()
    page.on("console", lambda line: complaints.append(line.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.reload()
    expect(page.locator("#slots li")).to_have_count(len(EXPRESSIONS))
    page.get_by_role("button", name="Start").click()
    name = slot(page, shown_expression(page)).locator(".name").inner_text()
    expect(page.locator("#expression")).to_have_text(name)
    expect(page.locator("#announcer")).to_have_text(name)
    expect(page.locator("#seen")).to_contain_text(re.compile(r"face \d+"))
    expect(page.locator("#rate")).to_contain_text(re.compile(r"\d+ judged"))
    expect(page.locator("#overlay")).to_be_visible()
    size = page.locator("#overlay").evaluate("({ width, height }) => [width, height]")
    assert size == [640, 480]
    expect(page.locator("#expression")).to_have_text("No face and no hand in view")
    assert complaints == []


def test_every_expression_has_a_name_in_words(page: Page) -> None:
    names = page.locator("#slots .name").all_inner_texts()
    assert len(set(names)) == len(EXPRESSIONS)
    assert [name for name in names if not name[0].isupper()] == []


def test_a_picture_appears_when_its_expression_begins_and_goes_with_it(page: Page) -> None:
    page.get_by_role("button", name="Start").click()
    expression = shown_expression(page)
    # By keyboard.
    with page.expect_file_chooser() as chooser:
        slot(page, expression).locator("input").press("Enter")
    chooser.value.set_files(picture(RED))
    shown = page.locator("#picture")
    for _ in range(2):
        expect(shown).to_be_visible()
        until(lambda: shown.evaluate(COLOUR)[0] > 150)
        caption = slot(page, expression).locator(".name").inner_text()
        expect(page.locator("#caption")).to_have_text(caption)
        # Nobody is there any more.
        expect(shown).to_be_hidden()


def test_a_picture_is_there_again_after_a_pause(page: Page) -> None:
    page.get_by_role("button", name="Start").click()
    gives(page, shown_expression(page), picture())
    expect(page.locator("#picture")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#picture")).to_be_hidden()
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#picture")).to_be_visible()


def test_a_removed_picture_leaves_the_service_and_the_others_stay(
    page: Page, service: RunningService
) -> None:
    gives(page, "fist", picture(RED))
    gives(page, "smiling", picture(BLUE))
    until(lambda: ["fist", "smiling"] in at_service(service))
    page.get_by_role("button", name="Remove the picture for Fist").press("Enter")
    until(lambda: ["smiling"] in at_service(service))
    expect(slot(page, "fist").locator("img")).to_be_hidden()
    expect(slot(page, "fist").locator("input")).to_be_focused()
    expect(slot(page, "smiling").locator("img")).to_be_visible()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no picture", "This file is no JPEG, PNG or WebP."),
        (jpeg(np.zeros((99, 99, 3), np.uint8))[:64], "This picture can’t be read"),
        (bytes(33 * 2**20), "This file has 33 MB; choose a picture of 32 MB at most."),
    ],
    ids=["no picture", "damaged", "too large"],
)
def test_a_file_that_is_of_no_use_is_refused_at_its_slot(
    page: Page, tmp_path: Path, content: bytes, sentence: str
) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(content)
    gives(page, "fist", picture(RED))
    before = slot(page, "fist").locator("img").get_attribute("src")
    for expression in ("fist", "smiling"):
        choose(page, expression, file)
        expect(slot(page, expression).locator(".words")).to_contain_text(sentence)
    assert slot(page, "fist").locator("img").get_attribute("src") == before
    expect(slot(page, "smiling").locator("img")).to_be_hidden()


def test_a_large_picture_is_made_smaller_and_that_is_told(page: Page, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (2000, 3000, 3), np.uint8)
    file = tmp_path / "a.png"
    cv2.imwrite(str(file), noise)
    assert file.stat().st_size > 2 * 2**20
    gives(page, "fist", file)
    words = "Made smaller, from 3000×2000 to 1280×853 pixels."
    expect(slot(page, "fist").locator(".words")).to_have_text(words)


def test_a_preset_brings_saved_pictures_back(
    visit: Visitor, page: Page, service: RunningService, tmp_path: Path
) -> None:
    gives(page, "fist", picture(RED))
    gives(page, "smiling", picture(BLUE))
    with page.expect_download() as download:
        page.get_by_role("button", name="Save preset").click()
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    content = json.loads(saved.read_text())
    assert content["eyelearn_expression_preset"] == 1
    assert sorted(content["images"]) == ["fist", "smiling"]

    page.close()
    page = visit()
    connected(page)
    gives(page, "pointing", picture(RED))
    page.get_by_label("Load preset").set_input_files(saved)
    expect(page.locator("#preset-words")).to_have_text("2 pictures loaded.")
    until(lambda: ["fist", "smiling"] in at_service(service))
    expect(slot(page, "pointing").locator("img")).to_be_hidden()
    for expression, image in content["images"].items():
        expect(slot(page, expression).locator("img")).to_have_attribute("src", image)


SMALL = data_url(jpeg(np.zeros((8, 8, 3), np.uint8)))
LARGE = data_url(jpeg(np.zeros((2100, 2100, 3), np.uint8)))


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (json_file("{"), "it can’t be read as JSON"),
        (json_file([1]), "no preset of expressions"),
        (json_file({"eyelearn_expression_preset": 2, "images": {}}), "does not know"),
        (preset(), "has no pictures"),
        (preset(fist=SMALL, winking=SMALL), "“winking”, which is no expression"),
        (preset(fist=SMALL, smiling=7), "“Smiling” is no JPEG, PNG or WebP"),
        (preset(fist=SMALL, smiling=SMALL.replace("jpeg", "svg+xml")), "no JPEG, PNG or WebP"),
        (preset(fist=SMALL, smiling=SMALL[:120]), "“Smiling” can’t be read"),
        (preset(smiling=SMALL.rstrip("=") + "A" * 3 * 2**20), "“Smiling” is larger than 2 MB"),
        (preset(smiling=LARGE), "“Smiling” has more than 4 megapixels"),
    ],
    ids=[
        "no JSON",
        "other JSON",
        "newer",
        "empty",
        "unknown expression",
        "no text",
        "no picture",
        "damaged",
        "too many bytes",
        "too many pixels",
    ],
)
def test_a_wrong_preset_is_refused_and_changes_nothing(
    page: Page, service: RunningService, file: FilePayload, sentence: str
) -> None:
    gives(page, "pointing", picture(RED))
    page.get_by_label("Load preset").set_input_files(file)
    expect(page.locator("#preset-words")).to_contain_text(sentence)
    expect(page.locator("#preset-words")).to_contain_text("Nothing was changed.")
    expect(page.locator("#slots li[data-filled]")).to_have_count(1)
    expect(slot(page, "pointing").locator("img")).to_be_visible()
    assert ["pointing"] in at_service(service)


def test_a_picture_that_the_service_refuses_gives_way_to_the_one_before(page: Page) -> None:
    """Nothing that the page sends is refused: the service's answer is made up."""

    def refuse(client: SocketRoute) -> None:
        server = client.connect_to_server()
        uploads = 0

        def pass_on(message: str | bytes) -> None:
            nonlocal uploads
            uploads += "upload_image" in str(message)
            if "upload_image" in str(message) and uploads == 2:
                refusal = {"type": "error", "message": "So it is.", "code": "undecodable_frame"}
                client.send(json.dumps(refusal))
            else:
                server.send(message)

        client.on_message(pass_on)

    page.route_web_socket("**/ws/*", refuse)
    page.reload()
    connected(page)
    gives(page, "fist", picture(RED))
    before = slot(page, "fist").locator("img").get_attribute("src")
    choose(page, "fist", picture(BLUE))
    expect(slot(page, "fist").locator(".words")).to_have_text("So it is.")
    expect(slot(page, "fist").locator("img")).to_have_attribute("src", str(before))


def test_a_killed_service_is_waited_for_and_has_all_pictures_again(visit: Visitor) -> None:
    with running_service({"ENABLED_FACES": "expressions", "INFERENCE_WORKERS": "1"}) as service:
        page = visit(at=service)
        connected(page)
        page.get_by_role("button", name="Start").click()
        gives(page, "fist", picture(RED))
        gives(page, "smiling", picture(BLUE))
        expect(page.locator("body")).to_have_attribute("data-state", "live")

        service.kill()
        expect(page.locator("#trouble")).to_contain_text("no connection to the service")
        expect(page.locator("body")).to_have_attribute("data-state", "waiting")
        service.start()
        expect(page.locator("#trouble")).to_be_hidden()
        expect(page.locator("body")).to_have_attribute("data-state", "live")
        until(lambda: at_service(service) == [["fist", "smiling"]])
        assert page.evaluate("asked") == 1


def test_a_session_that_somebody_else_has_is_left_to_them(
    visit: Visitor, service: RunningService
) -> None:
    taken = "00" * 16
    address = f"{service.url.replace('http', 'ws')}/ws/{taken}"
    with connect(address, proxy=None) as other:
        other.recv()
        page = visit(FIRST_ID_IS_ZERO)
        connected(page)
        gives(page, "fist", picture())
        assert ["fist"] in at_service(service)
        assert told(service)["session_details"][taken]["loaded_expressions"] == []


def test_a_service_that_asks_for_tokens_gets_one(visit: Visitor) -> None:
    settings = {"ENABLED_FACES": "expressions", "INFERENCE_WORKERS": "1", "AUTH_SECRET": SECRET}
    with running_service(settings) as service:
        page = visit(at=service)
        expect(page.locator("#token-words")).to_contain_text("asks for a token")
        for given, words in ((token(OLD_SECRET), "did not accept"), (token(), "")):
            page.get_by_label("Token").fill(given)
            page.get_by_role("button", name="Connect").click()
            if words:
                expect(page.locator("#token-words")).to_contain_text(words)
        connected(page)
        expect(page.get_by_label("Token")).to_be_hidden()
        page.get_by_role("button", name="Start").click()
        expect(page.locator("#overlay")).to_be_visible()


def test_a_camera_that_may_not_be_used_is_explained(
    browsers: Browsers, service: RunningService
) -> None:
    page = browsers.asking_page(DENIED, "--use-fake-device-for-media-stream")
    page.goto(f"{service.url}/test")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#problem")).to_contain_text("This page may not use your camera.")
    expect(page.get_by_role("button", name="Start")).to_be_visible()


def test_a_camera_that_stops_is_told_and_opened_again(page: Page) -> None:
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#overlay")).to_be_visible()
    page.evaluate(WATCH_PROBLEM)
    page.evaluate(
        """() => {
            const [track] = stream.getTracks();
            track.stop();
            track.dispatchEvent(new Event('ended'));
        }"""
    )
    until(lambda: page.evaluate("problems.length") == 2)
    sentence, none = page.evaluate("problems")
    assert "Your camera stopped." in sentence
    assert none == ""
    expect(page.locator("body")).to_have_attribute("data-state", "live")
    assert page.evaluate("asked") == 2


def test_nobody_is_filmed_by_a_page_out_of_sight(
    chromium: str, service: RunningService, face_clip: Path, tmp_path: Path
) -> None:
    def frames() -> int:
        return sum(each["frame_count"] for each in told(service)["session_details"].values())

    with bare_chromium(chromium, [*FLAGS, ALLOWED, *camera(face_clip)], tmp_path) as browser:
        tab = browser.open(f"{service.url}/test")
        tab.until("document.querySelector('#connection')?.textContent === 'Connected'")
        tab.run("document.querySelector('#toggle').click()")
        tab.until("document.body.dataset.state === 'live'")
        browser.open("about:blank").show()
        tab.until("document.body.dataset.state === 'paused'")
        # Those in flight are answered.
        time.sleep(1)
        count = frames()
        time.sleep(1)
        assert frames() == count
        tab.show()
        tab.until("document.body.dataset.state === 'live'")
        until(lambda: frames() > count)
