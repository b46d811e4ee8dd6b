from __future__ import annotations

import logging
import os
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from camera_process import running_process
from camera_watcher import Watcher, is_running
from network_camera import PASSWORD, NetworkCamera
from numbered_video import PICTURES, number_of, write_video

from eyelearn.camera.camera import ServerCamera
from eyelearn.camera.problems import broke_off, hangs
from eyelearn.camera.source import Stream, VideoFile
from eyelearn.camera.timing import Timing
from waiting import until

MakeCamera = Callable[..., ServerCamera]
HAS_CAMERA = any(Path(f"/dev/video{number}").exists() for number in range(3))


@pytest.fixture(autouse=True)
def nothing_is_written(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """Neither by the processes nor, as what they wrote, by their parent."""
    caplog.set_level(logging.INFO)
    yield
    assert capfd.readouterr() == ("", "")
    assert "stderr" not in caplog.text


@pytest.mark.parametrize(("fps", "step"), [(60.0, 1), (10.0, 2)])
def test_a_file_plays_at_its_own_rate_over_and_over(
    make_camera: MakeCamera, video: str, fps: float, step: int
) -> None:
    watcher = Watcher(make_camera(video, fps))
    watcher.sees(PICTURES // step + 5)
    steps = [(later - earlier) % PICTURES for earlier, later in pairwise(watcher.numbers)]
    assert statistics.median(steps) == step
    assert any(later < earlier for earlier, later in pairwise(watcher.numbers))
    assert watcher.problems == []


def test_a_picture_that_was_not_taken_is_followed_by_the_newest(tmp_path: Path) -> None:
    video = write_video(tmp_path / "long.avi", fps=30, pictures=250)
    with running_process(video, Timing()) as running:
        first = number_of(running.receive("picture")[1])
        time.sleep(0.6)
        assert not running.has_sent()
        running.channel.send({"type": "taken"})
        assert number_of(running.receive("picture")[1]) > first + 8


def test_a_process_whose_camera_hangs_answers(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.avi"
    os.mkfifo(pipe)  # opening it waits until somebody writes
    with running_process(str(pipe), Timing(hung=60.0)) as running:
        for _ in range(3):
            running.channel.send({"type": "ping"})
            running.receive("pong")


def test_a_camera_that_hangs_is_told_and_tried_anew(
    make_camera: MakeCamera, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe.avi"
    os.mkfifo(pipe)
    camera = make_camera(str(pipe), hung=1.0)
    watcher = Watcher(camera)
    until(lambda: watcher.problems)
    assert watcher.problems == [hangs(VideoFile(str(pipe)))]
    pipe.unlink()
    write_video(pipe)
    watcher.sees(2)
    assert len(watcher.problems) == 1
    assert camera.status()["problem"] is None


@pytest.mark.skipif(HAS_CAMERA, reason="this machine has a camera, and its light would go on")
def test_no_camera_is_told_with_what_to_do(make_camera: MakeCamera) -> None:
    watcher = Watcher(make_camera(""))
    until(lambda: watcher.problems)
    assert watcher.problems == [
        "No camera was found at devices 0, 1 and 2: plug one in, let the service's user read "
        "/dev/video*, or set CAMERA_SOURCE."
    ]


@pytest.mark.parametrize("silently", [True, False], ids=["falls silent", "ends"])
def test_a_stream_that_breaks_off_goes_on_when_the_camera_is_back(
    make_camera: MakeCamera,
    network_camera: NetworkCamera,
    silently: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    camera = make_camera(network_camera.address)
    watcher = Watcher(camera)
    watcher.sees(3)
    assert watcher.problems == []
    network_camera.fail(silently=silently)
    until(lambda: watcher.problems)
    assert watcher.problems[0] == broke_off(Stream(""))
    pid = camera.status()["pid"]
    network_camera.recover()
    watcher.sees(3)
    assert network_camera.connections > 1
    assert is_running(pid)
    assert PASSWORD not in f"{caplog.text} {watcher.problems} {camera.status()}"
