"""A real browser, clips for its camera, and the real service."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import WAIT_MS, Browsers
from clip import write_clip
from platform_page import Platforms
from playwright.sync_api import Playwright, expect, sync_playwright

from pictures import Picture, empty_frame, face_frame, turned_frame
from service import RunningService, running_service

# Of the light in `face_frame`, one part in so many: too little to judge the face, which is found.
DARKER = 16


@pytest.fixture(scope="session")
def chromium() -> str:
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs Debian's package chromium")
        pytest.skip("chromium is not installed")
    return path


@pytest.fixture(scope="session")
def focus_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Someone looks at the camera, goes away, comes back with the head on one side."""
    path = tmp_path_factory.mktemp("clip") / "focus.y4m"
    return write_clip(path, [(face_frame, 6), (empty_frame, 4), (turned_frame, 4)])


@pytest.fixture(scope="session")
def face_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Someone looks at the camera all the time."""
    return write_clip(tmp_path_factory.mktemp("clip") / "face.y4m", [(face_frame, 4)])


@pytest.fixture(scope="session")
def empty_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nobody, all the time."""
    return write_clip(tmp_path_factory.mktemp("clip") / "empty.y4m", [(empty_frame, 4)])


@pytest.fixture(scope="session")
def dark_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Someone looks at the camera, in a room that is nearly dark."""

    def dark_frame(t: float) -> Picture:
        return face_frame(t) // DARKER

    return write_clip(tmp_path_factory.mktemp("clip") / "dark.y4m", [(dark_frame, 4)])


@pytest.fixture(scope="session")
def service() -> Iterator[RunningService]:
    with running_service({"FLUSH_INTERVAL_SECONDS": "1", "INFERENCE_WORKERS": "1"}) as running:
        yield running


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as running:
        yield running


@pytest.fixture
def browsers(playwright: Playwright, chromium: str) -> Iterator[Browsers]:
    started = Browsers(playwright, chromium)
    yield started
    started.close()


@pytest.fixture
def platforms() -> Iterator[Platforms]:
    started = Platforms()
    yield started
    started.close()
