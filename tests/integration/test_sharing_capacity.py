"""More learners than the workers can follow, and learners who need less than they could send."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median
from typing import Any

import pytest

from eyelearn.inference.admission import MIN_FPS
from eyelearn.settings import Settings
from eyelearn.tracking.frame_rate import STEADY, UNSEEN
from integration.learner import Learner
from pictures import empty_frame, face_frame, jpeg, turned_frame
from service import RunningService, running_service
from waiting import until

FACES = [jpeg(face_frame(n / 10)) for n in range(40)]
TURNED = [jpeg(turned_frame(n / 10)) for n in range(40)]
EMPTY = jpeg(empty_frame())
# As large as pictures may be, so that a few learners are more than one worker can follow.
LARGE = [jpeg(face_frame(n / 10, width=1920, height=1080), quality=40) for n in range(10)]
LEARNERS = 8
FOLLOWED = 4
CAMERA_FPS = 15.0
MAX_CLIENT_FPS = Settings.model_construct().max_client_fps
WAIT_SECONDS = 60.0


class Camera:
    """Sends a learner's frames in their time, whatever the service says, on a thread."""

    def __init__(self, learner: Learner, frames: list[bytes], fps: float = CAMERA_FPS) -> None:
        self.learner = learner
        self.frames = frames
        self.sent = 0
        self.acks: list[dict[str, Any]] = []
        self._pause = 1 / fps
        self._off = threading.Event()
        self._thread = threading.Thread(target=self._film)
        self._thread.start()

    def _film(self) -> None:
        while not self._off.wait(self._pause):
            frame = self.frames[self.sent % len(self.frames)]
            payload = {"frame": frame, "timestamp": round(time.time() * 1000)}
            self.sent += 1
            self.learner.client.emit("video_frame", payload, callback=self.acks.append)

    def __enter__(self) -> Camera:
        return self

    def __exit__(self, *_error: object) -> None:
        self._off.set()
        self._thread.join()

    @property
    def updates(self) -> list[dict[str, Any]]:
        return self.learner.all("tracking_update")

    @property
    def judged(self) -> list[dict[str, Any]]:
        return [update for update in self.updates if update.get("judged") is not False]

    @property
    def rates(self) -> list[float]:
        """What the client was told to send."""
        told = [*self.learner.all("tracking_started"), *self.updates]
        return [float(each["max_fps"]) for each in told if "max_fps" in each]

    @property
    def max_fps(self) -> float:
        return self.rates[-1]

    def sees(self, direction: str) -> bool:
        return bool(self.updates) and self.updates[-1]["gaze_direction"] == direction


@contextlib.contextmanager
def slow_worker(service: RunningService) -> Iterator[None]:
    """Lets the worker run for a fiftieth of the time: many a frame takes it half a second."""
    with urllib.request.urlopen(f"{service.url}/readyz") as answer:
        (worker,) = json.load(answer)["workers"]
    over = threading.Event()

    def hold_up() -> None:
        while not over.wait(0.01):
            os.kill(worker["pid"], signal.SIGSTOP)
            over.wait(0.5)
            os.kill(worker["pid"], signal.SIGCONT)

    thread = threading.Thread(target=hold_up)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    with running_service({"INFERENCE_WORKERS": "1"}) as running:
        yield running


def test_more_learners_than_can_be_followed_get_the_same_each(service: RunningService) -> None:
    with ExitStack() as stack:
        cameras = []
        for user_id in range(LEARNERS):
            learner = stack.enter_context(Learner(service.url, user_id=user_id))
            learner.start()
            cameras.append(stack.enter_context(Camera(learner, LARGE)))
        until(lambda: all(c.max_fps < CAMERA_FPS for c in cameras), WAIT_SECONDS)
        before = [len(camera.judged) for camera in cameras]
        until(lambda: all(len(c.judged) > 20 + n for c, n in zip(cameras, before, strict=True)))
        counts = [len(c.judged) - n for c, n in zip(cameras, before, strict=True)]
        assert min(counts) >= 0.5 * median(counts)
        with urllib.request.urlopen(f"{service.url}/healthz", timeout=5) as answer:
            assert answer.status == 200
        # Nobody who is followed already is turned away.
        assert not any(camera.learner.all("error") for camera in cameras)


def test_a_newcomer_is_turned_away_while_nobody_could_get_two_frames_a_second(
    service: RunningService,
) -> None:
    with ExitStack() as stack:
        cameras = []
        for user_id in range(FOLLOWED):
            learner = stack.enter_context(Learner(service.url, user_id=user_id))
            learner.start()
            cameras.append(stack.enter_context(Camera(learner, FACES, fps=5.0)))
        until(lambda: all(camera.judged for camera in cameras))
        newcomer = stack.enter_context(Learner(service.url, user_id=99))
        newcomer.start()
        with slow_worker(service):
            # What is told lags a little behind a share that drifts.
            until(lambda: all(camera.max_fps < 1.2 * MIN_FPS for camera in cameras), WAIT_SECONDS)
            assert newcomer.send(FACES[0]) == {"status": "rejected", "reason": "overloaded"}
            told = newcomer.wait_for("error")
            assert told["code"] == "overloaded"
            assert told["retry_after_seconds"] > 0
            before = [len(camera.judged) for camera in cameras]
            until(lambda: all(len(c.judged) > n for c, n in zip(cameras, before, strict=True)))
        until(lambda: newcomer.send(FACES[0])["status"] == "processed", WAIT_SECONDS)
        assert not any(camera.learner.all("error") for camera in cameras)


def test_a_steady_learner_is_told_to_send_less_and_is_noticed_all_the_same(
    service: RunningService,
) -> None:
    with Learner(service.url) as learner:
        learner.start()
        with Camera(learner, FACES) as camera:
            until(lambda: camera.max_fps == STEADY.asked)
            until(lambda: camera.sees("centered"))
            before = len(camera.rates)
            camera.frames = TURNED
            # For a moment: looking away for a while is as steady.
            until(lambda: MAX_CLIENT_FPS in camera.rates[before:])
            until(lambda: camera.updates[-1]["is_focused"] is False)


def test_who_ignores_the_rate_gets_the_last_judgement_again_and_the_right_times(
    service: RunningService,
) -> None:
    with Learner(service.url) as learner:
        learner.start()
        begun = time.monotonic()
        with Camera(learner, [EMPTY]) as camera:
            until(lambda: camera.max_fps == UNSEEN.asked)
            until(lambda: sum(u.get("judged") is False for u in camera.updates) >= 30)
            elapsed = time.monotonic() - begun
        # One that is on its way when tracking stops would be rejected.
        until(lambda: len(camera.acks) == camera.sent)
        metrics = learner.ask("stop_tracking", {}, "tracking_stopped")["metrics"]
        rejected = [ack for ack in camera.acks if ack["status"] == "rejected"]
        assert {ack["status"] for ack in camera.acks} <= {"processed", "superseded"}, rejected
        assert len(camera.judged) < len(camera.updates)
        repeated = [u for u in camera.updates if u.get("judged") is False]
        assert {update["gaze_direction"] for update in repeated} == {"no_face"}
        # All of the time is counted, and none of it twice.
        assert elapsed / 2 < metrics["unfocused_time"] < elapsed + 1.0
        assert metrics["unfocus_sessions"] == 1
