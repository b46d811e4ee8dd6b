"""Somebody who watches the camera, for the tests."""

from __future__ import annotations

from pathlib import Path

from numbered_video import number_of

from eyelearn.camera.camera import ServerCamera
from waiting import until


class Watcher:
    """What one watcher was told, in order."""

    def __init__(self, camera: ServerCamera) -> None:
        self.numbers: list[int] = []
        self.problems: list[str] = []
        self.end = camera.watch(self._on_picture, self.problems.append)

    def _on_picture(self, jpeg: bytes) -> None:
        self.numbers.append(number_of(jpeg))

    def sees(self, pictures: int = 1) -> None:
        """Waits for so many more."""
        wanted = len(self.numbers) + pictures
        until(lambda: len(self.numbers) >= wanted)


def is_running(pid: int | None) -> bool:
    return Path(f"/proc/{pid}").exists()
