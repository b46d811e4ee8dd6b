"""What the service's own camera shows: each picture judged once, for any number of watchers."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .camera.camera import ServerCamera
from .errors import EyeLearnError, NotTracking, RateLimited, Superseded
from .session_service import Outcome, SessionService
from .tracking.looking_away import Look

# Its session's holder, and the user who stands for whoever sits before it.
HOLDER = "the service's own camera"


class Watcher(NamedTuple):
    """Neither may wait. `problem` is told a sentence that says what to do."""

    look: Callable[[Look], None]
    problem: Callable[[str], None]


class CameraWatch:
    """The camera is open as long as somebody watches, and its session lasts as long."""

    def __init__(self, camera: ServerCamera, sessions: SessionService) -> None:
        self._camera = camera
        self._sessions = sessions
        self._watchers: dict[object, Watcher] = {}
        self._problem: str | None = None
        self._end: Callable[[], None] | None = None

    def join(self, watcher: Watcher) -> Callable[[], None]:
        """From now on the watcher is told of every picture; gives what ends that."""
        key = object()
        self._watchers[key] = watcher
        if self._end is None:
            self._problem = None
            self._end = self._camera.watch(self._judge, self._tell_problem)
        elif self._problem is not None:
            watcher.problem(self._problem)
        return lambda: self._leave(key)

    def _leave(self, key: object) -> None:
        self._watchers.pop(key, None)
        if not self._watchers and self._end is not None:
            end, self._end = self._end, None
            end()
            self._sessions.drop(HOLDER)

    def _judge(self, picture: bytes) -> None:
        if self._end is None:
            return
        self._problem = None
        try:
            self._sessions.watch(HOLDER, HOLDER)
            self._sessions.judge(HOLDER, picture, self._tell, from_browser=False)
        except RateLimited:
            # More pictures than MAX_CLIENT_FPS; another follows.
            return
        except EyeLearnError as error:
            self._tell_problem(error.message)

    def _tell(self, outcome: Outcome) -> None:
        try:
            judgement = outcome()
        except (Superseded, NotTracking):
            # The next picture is on its way, or nobody watches any more.
            return
        except EyeLearnError as error:
            self._tell_problem(error.message)
            return
        if judgement.judged:
            look = judgement.session.look(judgement.attention.observation)
            for watcher in list(self._watchers.values()):
                watcher.look(look)

    def _tell_problem(self, problem: str) -> None:
        """Once, as long as it is the same."""
        if problem == self._problem:
            return
        self._problem = problem
        for watcher in list(self._watchers.values()):
            watcher.problem(problem)
