"""Pictures of the camera, one after the other, until it is told to end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from .opencv import cv2
from .pace import Pace
from .picture import as_jpeg
from .playback import Playback
from .problems import CameraProblem, broke_off
from .source import Source, VideoFile
from .timing import Timing
from .video import open_video

# Whoever waits shows at least so often that it does.
LONGEST_REST_SECONDS = 1.0
_MILLISECONDS = 1000.0


class Capture:
    """Reads every picture, so that the one it hands over is the newest; `run` is for a thread."""

    def __init__(
        self,
        source: Source,
        fps: float,
        timing: Timing,
        *,
        wanted: Callable[[], bool],
        on_picture: Callable[[bytes], None],
        on_problem: Callable[[str], None],
    ) -> None:
        """fps: pictures a second that are handed over at most, where they are wanted.

        on_problem: told a sentence, each time that the camera is tried in vain.
        """
        self._source = source
        self._timing = timing
        self._pace = Pace(fps)
        self._wanted = wanted
        self._on_picture = on_picture
        self._on_problem = on_problem
        self._ended = threading.Event()
        self._alive_at = time.monotonic()
        self._damaged_since: float | None = None

    @property
    def silent_seconds(self) -> float:
        """How long OpenCV has not come back from what it was told to do."""
        return time.monotonic() - self._alive_at

    def end(self) -> None:
        self._ended.set()

    def run(self) -> None:
        """Opens the camera, again and again, until `end`."""
        while not self._ended.is_set():
            try:
                self._play()
            except CameraProblem as problem:
                self._on_problem(str(problem))
                self._rest(time.monotonic() + self._timing.retry)

    def _play(self) -> None:
        """Until the camera fails (raises CameraProblem), or the file is at its end."""
        video = open_video(self._source, self._timing, self._show_alive)
        try:
            self._damaged_since = None
            if isinstance(self._source, VideoFile):
                self._play_file(video)
            else:
                self._follow(video)
        finally:
            video.release()

    def _follow(self, video: cv2.VideoCapture) -> None:
        while not self._ended.is_set():
            self._show_alive()
            self._offer(video)
            if not video.grab():
                raise CameraProblem(broke_off(self._source))

    def _play_file(self, video: cv2.VideoCapture) -> None:
        rate = video.get(cv2.CAP_PROP_FPS)
        playback = Playback(rate, _position(video), time.monotonic())
        while not self._ended.is_set():
            self._show_alive()
            self._offer(video)
            if not video.grab():
                self._rest(playback.end())
                return
            self._rest(playback.due(_position(video), time.monotonic()))

    def _offer(self, video: cv2.VideoCapture) -> None:
        """Hands over the picture that was grabbed, where one is wanted by now."""
        now = time.monotonic()
        if not self._wanted() or not self._pace.take(now):
            return
        whole, picture = video.retrieve()
        if whole:
            self._damaged_since = None
            self._on_picture(as_jpeg(picture))
        elif self._damaged_since is None:
            self._damaged_since = now
        elif now - self._damaged_since > self._timing.reading:
            raise CameraProblem(broke_off(self._source))

    def _rest(self, until: float) -> None:
        """Waits until that time, or for the end."""
        self._show_alive()
        while (left := until - time.monotonic()) > 0:
            if self._ended.wait(min(left, LONGEST_REST_SECONDS)):
                return
            self._show_alive()

    def _show_alive(self) -> None:
        self._alive_at = time.monotonic()


def _position(video: cv2.VideoCapture) -> float:
    """Where the picture that was grabbed stands in the file, in seconds."""
    return video.get(cv2.CAP_PROP_POS_MSEC) / _MILLISECONDS
