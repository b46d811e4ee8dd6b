"""The service's own camera: open while somebody watches, and its pictures to all who do."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from ..concurrency import Concurrency, Event
from ..events import get_logger
from ..logs import for_child
from ..processes.channel import Header
from ..settings import Settings
from .opening import Opening
from .source import source_of
from .timing import Timing

_log = get_logger(__name__)

# The process takes a second to say goodbye to a network camera.
STOP_SECONDS = 3.0


@dataclass(frozen=True, eq=False)
class _Watcher:
    on_picture: Callable[[bytes], None]
    on_problem: Callable[[str], None]


class ServerCamera:
    """One process has the camera open from the first watcher to the last, and a moment longer."""

    def __init__(
        self, settings: Settings, concurrency: Concurrency, timing: Timing | None = None
    ) -> None:
        self._concurrency = concurrency
        self._timing = timing or Timing()
        self._source = str(source_of(settings.camera_source))
        self._configuration: Header = {
            "log": for_child(settings),
            "source": settings.camera_source,
            "fps": settings.camera_fps,
            "timing": asdict(self._timing),
        }
        self._lock = concurrency.lock()
        self._watchers: list[_Watcher] = []
        self._opening: Opening | None = None
        self._last_ended: Event | None = None
        self._times_left = 0
        self._stopped = False
        self._gives_pictures = False
        self._problem: str | None = None
        self._told_at = 0.0

    def watch(
        self, on_picture: Callable[[bytes], None], on_problem: Callable[[str], None]
    ) -> Callable[[], None]:
        """Gives pictures, as JPEG, from now on; what it returns ends that, once or more often.

        on_problem: told, in a sentence that says what to do, why there are no pictures; again when
        that changes, and else every 10 s at most. Pictures go on by themselves. A problem that
        there is already is told before this returns.

        Both are called on the thread that reads, and must not wait.
        """
        watcher = _Watcher(on_picture, on_problem)
        with self._lock:
            if self._stopped:
                return lambda: None
            self._watchers.append(watcher)
            if self._opening is None:
                self._open()
        if self._problem is not None:
            _call([on_problem], self._problem)
        return partial(self._leave, watcher)

    def stop(self, timeout: float) -> None:
        """Closes the camera for good, and waits for it at most `timeout` seconds."""
        with self._lock:
            self._stopped = True
            self._watchers.clear()
            opening = self._take_opening()
        if opening is not None:
            opening.close(timeout)
        elif self._last_ended is not None:
            self._last_ended.wait(timeout)

    def status(self) -> dict[str, Any]:
        """For an operator: who watches, whether pictures come, and why they don't."""
        opening = self._opening
        return {
            "source": self._source,
            "watchers": len(self._watchers),
            "open": self._gives_pictures,
            "problem": self._problem,
            "pid": None if opening is None else opening.pid,
        }

    def _open(self) -> None:
        opening = Opening(
            self._configuration, self._concurrency, self._on_picture, self._on_problem
        )
        opening.open(after=self._last_ended)
        self._opening, self._last_ended = opening, opening.ended

    def _take_opening(self) -> Opening | None:
        """What is open, for whoever closes it."""
        opening, self._opening = self._opening, None
        self._gives_pictures, self._problem = False, None
        return opening

    def _leave(self, watcher: _Watcher) -> None:
        with self._lock:
            if watcher not in self._watchers:
                return
            self._watchers.remove(watcher)
            if self._watchers:
                return
            self._times_left += 1
            times_left = self._times_left
        self._concurrency.later(self._timing.grace, partial(self._close_unwatched, times_left))

    def _close_unwatched(self, times_left: int) -> None:
        """Unless somebody came since, though they may have left again."""
        with self._lock:
            if self._watchers or times_left != self._times_left:
                return
            opening = self._take_opening()
        if opening is not None:
            _log.info("nobody watches; the camera is closed")
            # Beside this: closing waits for the process's end.
            self._concurrency.spawn(opening.close, STOP_SECONDS)

    def _on_picture(self, opening: Opening, jpeg: bytes) -> None:
        if opening is not self._opening:
            return
        if not self._gives_pictures:
            _log.info("the camera gives pictures", source=self._source, pid=opening.pid)
            self._gives_pictures, self._problem = True, None
        _call([watcher.on_picture for watcher in self._watchers], jpeg)

    def _on_problem(self, opening: Opening, problem: str) -> None:
        if opening is not self._opening:
            return
        now, changed = time.monotonic(), problem != self._problem
        if changed:
            _log.warning("the camera gives no pictures", source=self._source, reason=problem)
        elif now - self._told_at < self._timing.repeat:
            return
        self._gives_pictures, self._problem, self._told_at = False, problem, now
        _call([watcher.on_problem for watcher in self._watchers], problem)


def _call(functions: list[Callable[[Any], None]], told: bytes | str) -> None:
    for function in functions:
        try:
            function(told)
        except Exception:
            # A fault in one watcher must not keep the others from theirs.
            _log.exception("a watcher of the camera failed")
