from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from camera_watcher import Watcher, is_running

from eyelearn.camera.camera import ServerCamera
from eyelearn.camera.problems import NOT_STARTED
from eyelearn.processes.supervised import PACKAGE_PARENT
from waiting import until

HERE = Path(__file__).parent
MakeCamera = Callable[..., ServerCamera]


def test_one_process_serves_all_who_watch_and_ends_with_the_last(
    make_camera: MakeCamera, video: str
) -> None:
    camera = make_camera(video)
    assert camera.status()["pid"] is None
    one, other = Watcher(camera), Watcher(camera)
    one.sees()
    other.sees(3)
    assert set(one.numbers) >= set(other.numbers[:-1])
    pid = camera.status()["pid"]
    assert (camera.status()["watchers"], camera.status()["open"]) == (2, True)
    one.end()
    one.end()
    other.sees(5)
    assert is_running(pid)
    other.end()
    until(lambda: not is_running(pid))
    assert camera.status() == {
        "source": f"the file {video}",
        "watchers": 0,
        "open": False,
        "problem": None,
        "pid": None,
    }


def test_who_comes_back_soon_finds_the_camera_open(make_camera: MakeCamera, video: str) -> None:
    camera = make_camera(video, grace=60.0)
    first = Watcher(camera)
    first.sees()
    pid = camera.status()["pid"]
    first.end()
    second = Watcher(camera)
    second.sees()
    assert camera.status()["pid"] == pid


def test_a_camera_that_is_still_closing_is_opened_after_that(
    make_camera: MakeCamera, video: str
) -> None:
    camera = make_camera(video, grace=0.0)
    first = Watcher(camera)
    first.sees()
    pid = camera.status()["pid"]
    os.kill(pid, signal.SIGSTOP)  # it takes long to close
    first.end()
    until(lambda: camera.status()["watchers"] == 0 and not camera.status()["open"])
    hasty = Watcher(camera)
    hasty.end()
    second = Watcher(camera)
    second.sees()
    assert not is_running(pid)
    assert (hasty.numbers, second.problems) == ([], [])


def test_a_process_that_is_killed_is_replaced_without_a_word(
    make_camera: MakeCamera, video: str
) -> None:
    camera = make_camera(video)
    watcher = Watcher(camera)
    watcher.sees()
    pid = camera.status()["pid"]
    os.kill(pid, signal.SIGKILL)
    until(lambda: not is_running(pid))
    watcher.sees(2)
    assert camera.status()["pid"] != pid
    assert watcher.problems == []


def test_a_process_that_can_not_start_is_told(
    make_camera: MakeCamera, video: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cv2.py").write_text("raise ImportError('libGL.so.1 is missing')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    watcher = Watcher(make_camera(video))
    until(lambda: watcher.problems == [NOT_STARTED])


def test_who_joins_during_a_problem_is_told_it_at_once(make_camera: MakeCamera) -> None:
    camera = make_camera("missing.avi")
    first = Watcher(camera)
    until(lambda: first.problems)
    second = Watcher(camera)
    assert second.problems == [camera.status()["problem"]] == first.problems


def test_a_problem_that_lasts_is_told_again_now_and_then(make_camera: MakeCamera) -> None:
    watcher = Watcher(make_camera("missing.avi", retry=0.01, repeat=0.3))
    until(lambda: len(watcher.problems) == 3)


def test_a_problem_is_told_when_it_changes_and_not_with_each_try(
    make_camera: MakeCamera, video: str, tmp_path: Path
) -> None:
    late = tmp_path / "late.avi"
    watcher = Watcher(make_camera(str(late), retry=0.01))
    until(lambda: watcher.problems)
    time.sleep(0.3)  # some 20 tries
    late.write_bytes(b"no video")
    until(lambda: len(watcher.problems) > 1)
    Path(video).rename(late)
    watcher.sees(2)
    assert [problem.partition(":")[0] for problem in watcher.problems] == [
        "CAMERA_SOURCE names a file that is not there",
        "CAMERA_SOURCE names a file without a video that can be read",
    ]


def test_a_watcher_that_fails_leaves_the_others_their_pictures(
    make_camera: MakeCamera, video: str, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("provoked by the test")

    camera = make_camera(video)
    camera.watch(fail, fail)
    Watcher(camera).sees(2)
    assert "provoked by the test" in caplog.text


def test_nobody_can_watch_after_the_end(make_camera: MakeCamera, video: str) -> None:
    camera = make_camera(video)
    Watcher(camera).sees()
    camera.stop(5.0)
    late = Watcher(camera)
    late.end()
    assert camera.status()["pid"] is None


def test_it_works_on_green_threads(video: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(HERE / "green_watcher.py"), video],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(PACKAGE_PARENT), str(HERE)])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("pictures\nclosed\nstopped\n", 0), done.stderr
