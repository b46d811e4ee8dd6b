"""Several learners at once, whose cameras run until somebody ends them."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from socketio.exceptions import SocketIOError

from integration.learner import Learner
from pictures import empty_frame, face_frame, jpeg
from service import RunningService
from waiting import until

T = TypeVar("T")
Metrics = dict[str, Any]

FPS = 5.0
# A worker takes a moment for each learner's first picture, and a class comes all at once.
FIRST_SECONDS = 60.0
SECONDS_OF_EACH = 2
ATTENTIVE = [jpeg(face_frame(n / FPS)) for n in range(int(SECONDS_OF_EACH * FPS))]
# Looks at the lesson, and is gone, in turns: both kinds of seconds are counted.
IN_TURNS = ATTENTIVE + [jpeg(empty_frame(n / FPS)) for n in range(int(SECONDS_OF_EACH * FPS))]


class Pupil:
    """One learner, whose camera shows a film over and over, from another frame of it for each."""

    def __init__(
        self, service: RunningService, user_id: int, fps: float, film: Sequence[bytes]
    ) -> None:
        self._service = service
        self._user_id = user_id
        self._fps = fps
        self._frames = itertools.islice(itertools.cycle(film), user_id % len(film), None)
        self._off = threading.Event()
        self.session_id: str | None = None
        # When the updates came, on this process's monotonic clock.
        self.arrivals: list[float] = []

    def begin(self) -> bool:
        """Connects, and starts a session or goes on with the one before; says which."""
        self.learner = Learner(self._service.url, user_id=self._user_id)
        self.learner.client.on("tracking_update", self._updated)
        wanted = {} if self.session_id is None else {"session_id": self.session_id}
        started = self.learner.start(**wanted)
        self.session_id = started["session_id"]
        self._off.clear()
        self._camera = threading.Thread(target=self._film, daemon=True)
        self._camera.start()
        return bool(started["resumed"])

    def _updated(self, update: dict[str, Any]) -> None:
        self.arrivals.append(time.monotonic())
        self.learner._tell("tracking_update", update)

    def _film(self) -> None:
        while not self._off.wait(1 / self._fps):
            try:
                self.learner.send(next(self._frames))
            except SocketIOError:
                return  # the service was killed, or shuts down

    @property
    def updates(self) -> list[Metrics]:
        return [update["metrics"] for update in self.learner.all("tracking_update")]

    @property
    def was_seen(self) -> bool:
        return bool(self.updates) and self.updates[-1]["total_time"] > 0

    def turn_camera_off(self) -> None:
        self._off.set()
        self._camera.join()

    def stop(self) -> Metrics:
        """What `tracking_stopped` tells."""
        self.turn_camera_off()
        return dict(self.learner.ask("stop_tracking", None, "tracking_stopped")["metrics"])

    def leave(self) -> None:
        self._off.set()
        self.learner.close()


class Lesson:
    """`told` holds what each session was told last, by session_id."""

    def __init__(
        self, service: RunningService, users: Sequence[int], fps: float, film: Sequence[bytes]
    ) -> None:
        self.pupils = [Pupil(service, user_id, fps, film) for user_id in users]
        self.told: dict[str, Metrics] = {}

    def begin(self) -> list[bool]:
        """Which of them go on with a session from before."""
        return self._each(Pupil.begin)

    def watch(self, seconds: float) -> None:
        """For so long at least, and until every learner has earned some time."""
        time.sleep(seconds)
        until(lambda: all(pupil.was_seen for pupil in self.pupils), FIRST_SECONDS)

    def stop(self) -> None:
        """Every learner ends the session in order."""
        for pupil, metrics in zip(self.pupils, self._each(Pupil.stop), strict=True):
            assert pupil.session_id is not None
            self.told[pupil.session_id] = metrics

    def cut_off(self) -> None:
        """The service is gone; what was told until then is kept."""
        for pupil in self.pupils:
            assert pupil.session_id is not None
            self.told[pupil.session_id] = pupil.updates[-1]
        self.leave()

    def leave(self) -> None:
        self._each(Pupil.leave)

    def longest_gap(self, since: float) -> float:
        """Seconds between two updates of one learner, from that moment of the monotonic clock."""
        gaps = [
            later - max(earlier, since)
            for pupil in self.pupils
            for earlier, later in itertools.pairwise(pupil.arrivals)
            if later > since
        ]
        return max(gaps)

    def _each(self, act: Callable[[Pupil], T]) -> list[T]:
        with ThreadPoolExecutor(len(self.pupils)) as threads:
            return list(threads.map(act, self.pupils))


@contextmanager
def lesson(
    service: RunningService,
    users: Sequence[int],
    fps: float = FPS,
    film: Sequence[bytes] = IN_TURNS,
) -> Iterator[Lesson]:
    """One that has begun."""
    begun = Lesson(service, users, fps, film)
    try:
        begun.begin()
        yield begun
    finally:
        begun.leave()
