from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from camera_watcher import is_running
from network_camera import NetworkCamera
from numbered_video import write_video

from eyelearn.camera.camera import ServerCamera
from eyelearn.camera.timing import Timing
from eyelearn.concurrency import threads
from eyelearn.settings import Settings

QUICK: dict[str, float] = {"retry": 0.2, "reading": 1.0, "grace": 0.1}


@pytest.fixture
def make_camera() -> Iterator[Callable[..., ServerCamera]]:
    made: list[ServerCamera] = []

    def make(source: str, fps: float = 60.0, **timing: float) -> ServerCamera:
        settings: Any = {"camera_source": source, "camera_fps": fps}
        made.append(
            ServerCamera(
                Settings(_env_file=None, **settings), threads(), Timing(**(QUICK | timing))
            )
        )
        return made[-1]

    yield make
    for camera in made:
        pid = camera.status()["pid"]
        camera.stop(5.0)
        assert pid is None or not is_running(pid)


@pytest.fixture
def video(tmp_path: Path) -> str:
    return write_video(tmp_path / "video.avi")


@pytest.fixture
def network_camera() -> Iterator[NetworkCamera]:
    camera = NetworkCamera()
    yield camera
    camera.close()
