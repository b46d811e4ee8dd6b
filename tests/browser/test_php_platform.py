"""A platform in real PHP: the page of docs/embedding.md, and where the saves arrive."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from chromium import ALLOWED, Browsers, camera
from playwright.sync_api import expect

from eyelearn.settings import ROOT
from service import free_port, running_service
from waiting import until

LOGIN = "<?php session_start(); $_SESSION['user_id'] = 7; session_write_close();"
LOOKING = "You are looking at the lesson."
SAVE = """<?php
declare(strict_types=1);
header('Content-Type: application/json');
file_put_contents(__DIR__ . '/saves.jsonl', file_get_contents('php://input') . "\\n", FILE_APPEND);
echo json_encode(['success' => true]);
"""


@dataclass
class Platform:
    url: str
    folder: Path

    def saves(self) -> list[dict[str, object]]:
        path = self.folder / "saves.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    """PHP's own server on a folder with the example page, a copy of the client, and the saving."""
    php = shutil.which("php")
    if php is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs Debian's package php-cli")
        pytest.skip("php is not installed")
    (tmp_path / "login.php").write_text(LOGIN)
    (tmp_path / "save.php").write_text(SAVE)
    (tmp_path / "user" / "js").mkdir(parents=True)
    shutil.copy(ROOT / "user/js/webcam-websocket.js", tmp_path / "user" / "js")
    port = free_port()
    log = (tmp_path / "php.log").open("wb")
    settings = ["-d", "display_errors=1", "-d", f"auto_prepend_file={tmp_path}/login.php"]
    server = subprocess.Popen(
        [php, *settings, "-S", f"127.0.0.1:{port}", "-t", str(tmp_path)],
        stdout=log,
        stderr=log,
    )
    until(lambda: listens(port), seconds=60)
    yield Platform(f"http://127.0.0.1:{port}", tmp_path)
    server.kill()
    server.wait()
    log.close()


def example_page(service_url: str) -> str:
    """The PHP example of the documentation, with our service's address."""
    text = (ROOT / "docs" / "embedding.md").read_text()
    (page,) = re.findall(r"```php\n(<\?php\nsession_start.*?)```", text, flags=re.DOTALL)
    assert "https://focus.example" in page
    return str(page.replace("https://focus.example", service_url))


def test_the_documented_php_page_tracks_its_learner_and_receives_the_saves(
    browsers: Browsers, platform: Platform, face_clip: Path
) -> None:
    with running_service({"PHP_ENDPOINT": f"{platform.url}/save.php"}) as service:
        (platform.folder / "lesson.php").write_text(example_page(service.url))
        page = browsers.asking_page(ALLOWED, *camera(face_clip))
        page.goto(f"{platform.url}/lesson.php?module=22&section=82")
        assert "Warning" not in page.content()
        page.get_by_role("button", name="Start with the camera").click()
        page.get_by_role("button", name="Use my camera").click()
        expect(page.locator("#focus")).to_have_text(LOOKING)
        page.wait_for_timeout(4_000)
        page.get_by_role("button", name="Stop").click()
        until(platform.saves, seconds=60)
    last = platform.saves()[-1]
    assert (last["user_id"], last["module_id"], last["section_id"]) == (7, 22, 82)
    assert last["session_type"] == "websocket_cv_tracking"
    assert float(str(last["focused_time"])) > 1.0
