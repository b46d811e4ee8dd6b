"""The example lesson in real PHP: consent, looking, saves in MariaDB, withdrawal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from chromium import ALLOWED, DENIED, Browsers, camera, until
from playwright.sync_api import Page, expect

from databases import MariadbServer
from php_platform import Platform, running_platform
from service import RunningService, free_port, running_service
from waiting import until as until_holds

SECRET = "what platform and service know of"
SAVE_SECRET = "another of the two"
LOG_IN = "<?php session_start(); $_SESSION['user_id'] = (int) $_GET['user'];"
# What the client remembers of a browser with a graphics card, for the day.
FOUND_QUICK = """localStorage.setItem('eyelearn-face-mesh', JSON.stringify(
    { day: new Date().toDateString(), verdict: 'quick' }))"""
# Face Mesh is loaded with the first picture, on a machine that has other work.
SEEN_MS = 60_000


@contextmanager
def a_platform(server: MariadbServer, service_url: str) -> Iterator[Platform]:
    environment = {
        "EYELEARN_SERVER_URL": service_url,
        "AUTH_SECRET": SECRET,
        "SAVE_SECRET": SAVE_SECRET,
    }
    with running_platform(server, environment=environment) as running:
        (running.folder / "log_in.php").write_text(LOG_IN)
        yield running


@contextmanager
def a_school(server: MariadbServer, **settings: str) -> Iterator[tuple[Platform, RunningService]]:
    """A platform and its service, which know each other's address."""
    port = free_port()
    with a_platform(server, f"http://127.0.0.1:{port}") as platform:
        environment = {
            "PORT": str(port),
            "PHP_ENDPOINT": platform.save_url,
            "SAVE_SECRET": SAVE_SECRET,
            "AUTH_SECRET": SECRET,
            "FLUSH_INTERVAL_SECONDS": "1",
            "INFERENCE_WORKERS": "1",
            **settings,
        }
        with running_service(environment) as service:
            yield platform, service


@pytest.fixture
def school(mariadb_server: MariadbServer) -> Iterator[tuple[Platform, RunningService]]:
    with a_school(mariadb_server) as both:
        yield both


@pytest.fixture
def lonely_platform(mariadb_server: MariadbServer) -> Iterator[Platform]:
    """A platform whose service is away."""
    with a_platform(mariadb_server, f"http://127.0.0.1:{free_port()}") as platform:
        yield platform


def open_lesson(page: Page, platform: Platform, user: int = 7) -> list[str]:
    """Gives a list of what the page's console will complain about."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda line: complaints.append(line.text) if "Content Security" in line.text else None,
    )
    page.goto(f"{platform.url}/log_in.php?user={user}")
    page.goto(f"{platform.url}/user/Smodulepart.php?module=22&section=82")
    return complaints


def camera_is_on(page: Page) -> bool:
    return bool(page.evaluate("[...document.querySelectorAll('video')].some((v) => v.srcObject)"))


def saved_focus(platform: Platform) -> float:
    return float(sum(row["focused_time_seconds"] for row in platform.sessions()))


def test_a_lesson_from_consent_to_withdrawal(
    browsers: Browsers, school: tuple[Platform, RunningService], face_clip: Path
) -> None:
    platform, _ = school
    page = browsers.asking_page(ALLOWED, *camera(face_clip))
    complaints = open_lesson(page, platform)
    expect(page.get_by_text("May this lesson use your camera?")).to_be_visible()
    assert not camera_is_on(page)

    page.get_by_role("button", name="Use my camera").click()
    expect(page.get_by_role("status")).to_have_text("Looking at the lesson", timeout=SEEN_MS)
    until_holds(lambda: saved_focus(platform) > 1, seconds=30)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("status")).to_have_text("Paused: nothing is sent")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("status")).to_have_text("Looking at the lesson", timeout=SEEN_MS)

    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("status")).to_have_text("Camera off")
    until(page, "![...document.querySelectorAll('video')].some((v) => v.srcObject)")
    row = platform.sessions()[0]
    assert (row["user_id"], row["module_id"], row["section_id"]) == ("7", "22", "82")
    assert row["session_type"] == "websocket_cv_tracking"
    assert platform.days()[0]["session_count"] == len(platform.sessions())
    assert complaints == []


def test_a_lesson_whose_pictures_stay_in_the_browser(
    browsers: Browsers, school: tuple[Platform, RunningService], face_clip: Path
) -> None:
    platform, _ = school
    page = browsers.bare_page(ALLOWED, *camera(face_clip))
    page.add_init_script(FOUND_QUICK)
    events: list[str] = []
    page.on(
        "websocket", lambda socket: socket.on("framesent", lambda sent: events.append(str(sent)))
    )
    complaints = open_lesson(page, platform)
    expect(page.get_by_text("If this computer is quick enough, the pictures stay")).to_be_visible()
    page.get_by_role("button", name="Use my camera").click()
    expect(page.get_by_role("status")).to_have_text("Looking at the lesson", timeout=SEEN_MS)
    assert [worker.url for worker in page.workers] == [f"{platform.url}/user/js/landmark-worker.js"]
    until_holds(lambda: saved_focus(platform) > 1, seconds=30)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("status")).to_have_text("Camera off")
    assert any('"face_landmarks"' in event for event in events)
    assert not any('"video_frame"' in event for event in events)
    assert complaints == []


def test_consent_is_remembered_until_it_is_withdrawn(
    browsers: Browsers, school: tuple[Platform, RunningService], face_clip: Path
) -> None:
    platform, _ = school
    page = browsers.asking_page(ALLOWED, *camera(face_clip))
    open_lesson(page, platform)
    page.get_by_role("button", name="Use my camera").press("Enter")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.reload()
    expect(page.get_by_role("status")).to_have_text("Looking at the lesson", timeout=SEEN_MS)
    page.get_by_role("button", name="Stop").press("Enter")
    expect(page.get_by_role("button", name="Use my camera")).to_be_focused()
    page.reload()
    expect(page.get_by_role("status")).to_have_text("Camera off")
    assert not camera_is_on(page)
    open_lesson(page, platform, user=8)
    expect(page.get_by_text("May this lesson use your camera?")).to_be_visible()


def test_the_lesson_works_without_the_camera(browsers: Browsers, lonely_platform: Platform) -> None:
    page = browsers.asking_page(ALLOWED)
    complaints = open_lesson(page, lonely_platform)
    page.get_by_role("button", name="No, thank you").click()
    expect(page.get_by_role("status")).to_have_text("Camera off")
    expect(page.get_by_text("Your lesson is here.")).to_be_visible()
    assert complaints == []


def test_a_camera_that_is_refused_is_told_in_words(
    browsers: Browsers, lonely_platform: Platform
) -> None:
    page = browsers.asking_page(DENIED, "--use-fake-device-for-media-stream")
    open_lesson(page, lonely_platform)
    page.get_by_role("button", name="Use my camera").click()
    expect(page.get_by_role("alert")).to_contain_text("may not use your camera", timeout=SEEN_MS)
    expect(page.get_by_role("status")).to_have_text("Camera off")
    expect(page.get_by_role("button", name="Use my camera")).to_be_visible()


def test_a_service_that_is_away_is_told_in_words(
    browsers: Browsers, lonely_platform: Platform, face_clip: Path
) -> None:
    page = browsers.asking_page(ALLOWED, *camera(face_clip))
    open_lesson(page, lonely_platform)
    page.get_by_role("button", name="Use my camera").click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached", timeout=SEEN_MS)
    expect(page.get_by_role("status")).to_have_text("Camera off", timeout=SEEN_MS)
    assert not camera_is_on(page)


def test_a_camera_that_is_lost_is_told_and_goes_on_by_itself(
    browsers: Browsers, school: tuple[Platform, RunningService], face_clip: Path
) -> None:
    platform, _ = school
    page = browsers.asking_page(ALLOWED, *camera(face_clip))
    open_lesson(page, platform)
    page.evaluate(
        """new MutationObserver(() => {
            const problem = document.getElementById('focus-problem').textContent;
            if (problem) window.problem = problem;
        }).observe(document.getElementById('focus-problem'), { childList: true })"""
    )
    page.get_by_role("button", name="Use my camera").click()
    expect(page.get_by_role("status")).to_have_text("Looking at the lesson", timeout=SEEN_MS)
    page.evaluate(
        """for (const track of document.querySelector('video').srcObject.getTracks()) {
            track.stop();
            track.dispatchEvent(new Event('ended'));
        }"""
    )
    until(page, "window.problem?.startsWith('Your camera stopped')")
    expect(page.get_by_role("status")).to_have_text("Looking at the lesson", timeout=SEEN_MS)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_service_that_takes_no_pictures_ends_it(
    browsers: Browsers, mariadb_server: MariadbServer, face_clip: Path
) -> None:
    with a_school(mariadb_server, ENABLE_BROWSER_EYE_STREAMING="0") as (platform, _):
        page = browsers.asking_page(ALLOWED, *camera(face_clip))
        open_lesson(page, platform)
        page.get_by_role("button", name="Use my camera").click()
        expect(page.get_by_role("alert")).to_contain_text("no camera pictures", timeout=SEEN_MS)
        expect(page.get_by_role("status")).to_have_text("Camera off", timeout=SEEN_MS)
        assert not camera_is_on(page)


def test_nobody_logged_in_is_told_so(browsers: Browsers, lonely_platform: Platform) -> None:
    page = browsers.asking_page()
    page.goto(f"{lonely_platform.url}/user/Smodulepart.php?module=22")
    expect(page.get_by_text("You are not logged in.")).to_be_visible()
    expect(page.locator("#focus")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_badge_fits_a_phone(browsers: Browsers, lonely_platform: Platform, scheme: str) -> None:
    page = browsers.asking_page(ALLOWED)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 390, "height": 844})
    open_lesson(page, lonely_platform)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    box = page.locator("#focus").bounding_box()
    assert box is not None
    assert 0 <= box["x"] <= box["x"] + box["width"] <= 390
