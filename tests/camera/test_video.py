from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eyelearn.camera import video
from eyelearn.camera.capture import Capture
from eyelearn.camera.problems import CameraProblem, broke_off, cannot_open, gives_nothing
from eyelearn.camera.source import Devices, VideoFile, source_of
from eyelearn.camera.timing import Timing
from eyelearn.camera.video import open_video
from waiting import until

PICTURE = np.zeros((48, 64, 3), np.uint8)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("63", "No camera was found at device 63: plug one in"),
        ("/dev/null", "No camera was found at device /dev/null: plug one in"),
        ("missing.avi", "not there: correct its path"),
        (__file__, "without a video that can be read: convert it to MP4 or AVI"),
        ("http://127.0.0.1:1/stream", "see that the camera is on and can be reached"),
        ("nonsense://camera", "see that the camera is on and can be reached"),
    ],
)
def test_what_can_not_be_opened_is_told_with_what_to_do(
    setting: str, told: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CameraProblem, match=re.escape(told)):
        open_video(source_of(setting), Timing(), lambda: None)
    assert capfd.readouterr() == ("", "")


def test_a_file_that_may_not_be_read_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kept.avi").touch()
    # Whoever runs the tests may be allowed everything.
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(CameraProblem, match="may not read: allow it"):
        open_video(VideoFile(str(tmp_path / "kept.avi")), Timing(), lambda: None)


class FakeDevice:
    """In the place of a device, which this machine may not have."""

    def __init__(self, *, opens: bool = True, grabs: float = 0, whole: bool = True) -> None:
        """grabs: how many pictures it gives until it is unplugged."""
        self.opens = opens
        self.grabs_left = grabs
        self.whole = whole
        self.released = False

    def isOpened(self) -> bool:  # noqa: N802  # OpenCV's name
        return self.opens

    def grab(self) -> bool:
        self.grabs_left -= 1
        return self.grabs_left >= 0

    def retrieve(self) -> tuple[bool, Any]:
        return self.whole, PICTURE if self.whole else None

    def release(self) -> None:
        self.released = True


Plug = Callable[[dict[int, FakeDevice]], None]


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Plug:
    """Puts these in the place of the machine's devices; what is missing does not open."""

    def plug(devices: dict[int, FakeDevice]) -> None:
        def make(name: int, _api: int) -> FakeDevice:
            return devices.get(name, FakeDevice(opens=False))

        monkeypatch.setattr(video.cv2, "VideoCapture", make)

    return plug


def opened() -> object:
    return open_video(Devices((0, 1, 2)), Timing(), lambda: None)


def test_the_first_device_that_gives_a_picture_is_taken(plug: Plug) -> None:
    silent, giving = FakeDevice(), FakeDevice(grabs=5)
    plug({1: silent, 2: giving})
    assert opened() is giving
    assert (silent.released, giving.released) == (True, False)


def test_a_device_that_gives_no_picture_is_told_rather_than_those_that_are_missing(
    plug: Plug,
) -> None:
    plug({1: FakeDevice()})
    with pytest.raises(CameraProblem, match="close what else uses it") as raised:
        opened()
    assert str(raised.value) == gives_nothing(Devices((1,)))


class Told:
    """A capture of the devices on its thread, and what it told."""

    def __init__(self) -> None:
        self.pictures: list[bytes] = []
        self.problems: list[str] = []
        self.capture = Capture(
            Devices((0, 1, 2)),
            1000.0,
            Timing(retry=0.02, reading=0.0),
            wanted=lambda: True,
            on_picture=self.pictures.append,
            on_problem=self.problems.append,
        )
        self.thread = threading.Thread(target=self.capture.run)
        self.thread.start()


@pytest.fixture
def capture() -> Iterator[Callable[[], Told]]:
    started: list[Told] = []

    def start() -> Told:
        started.append(Told())
        return started[-1]

    yield start
    for told in started:
        told.capture.end()
        told.thread.join()


def test_a_device_that_is_unplugged_is_told_and_found_again_at_another_number(
    plug: Plug, capture: Callable[[], Told]
) -> None:
    lost = FakeDevice(grabs=3)
    plug({0: lost})
    told = capture()
    until(lambda: len(told.problems) > 1)
    assert told.problems[:2] == [broke_off(Devices((0,))), gives_nothing(Devices((0,)))]
    plug({})
    until(lambda: told.problems[-1] == cannot_open(Devices((0, 1, 2))))
    assert lost.released
    before = len(told.pictures)
    plug({2: FakeDevice(grabs=float("inf"))})
    until(lambda: len(told.pictures) > before + 2)


def test_a_device_whose_pictures_are_all_damaged_is_told(
    plug: Plug, capture: Callable[[], Told]
) -> None:
    plug({0: FakeDevice(grabs=float("inf"), whole=False)})
    told = capture()
    until(lambda: told.problems)
    assert told.problems[0] == broke_off(Devices((0,)))
    assert told.pictures == []
