"""The workers as one: placement, newest frame wins, and replacement of those that fail."""

from __future__ import annotations

import itertools
import logging
import time
from typing import Any

from ..concurrency import Concurrency, Event
from ..errors import (
    EyeLearnError,
    FrameTooLarge,
    Internal,
    NotTracking,
    Overloaded,
    Superseded,
    UndecodableFrame,
)
from ..processes.channel import ChannelClosed, Header
from ..processes.supervised import SupervisedChild
from ..settings import Settings
from ..vision.encoded import encoded_size
from ..vision.observation import Observation
from . import messages
from .capacity import usable_cores, usable_memory, worker_count
from .mailbox import Mailbox

_log = logging.getLogger(__name__)

# One frame is judged while the next already lies in the socket, so that a worker never waits for
# the event loop; more would only make answers older.
FRAMES_IN_FLIGHT = 2
SWEEP_INTERVAL_SECONDS = 1.0
MAX_FAILED_STARTS = 3


class _Ticket:
    """One frame on its way, and who waits for its answer."""

    __slots__ = ("_done", "_result", "frame", "session_id", "since")

    def __init__(self, session_id: str, frame: bytes, done: Event, since: float) -> None:
        self.session_id = session_id
        self.frame = frame
        self.since = since
        self._done = done
        self._result: Observation | EyeLearnError | None = None

    def resolve(self, result: Observation | EyeLearnError) -> None:
        self._result = result
        self._done.set()

    def wait(self) -> Observation:
        self._done.wait()
        if isinstance(self._result, EyeLearnError):
            raise self._result
        assert self._result is not None
        return self._result


class _Worker:
    """One worker process, as the pool sees it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.child: SupervisedChild
        self.sessions: set[str] = set()
        self.mailbox: Mailbox[_Ticket] = Mailbox()
        self.in_flight: dict[int, _Ticket] = {}


class InferencePool:
    """Judges frames in worker processes; a session stays on one worker, for its tracking state."""

    def __init__(self, settings: Settings, concurrency: Concurrency) -> None:
        self._concurrency = concurrency
        self._patience = settings.worker_timeout_seconds
        self._max_frame_kb = settings.max_frame_kb
        self._numbers = itertools.count()
        self._placed: dict[str, _Worker] = {}
        self._stopping = False
        count = worker_count(settings.inference_workers, usable_cores(), usable_memory())
        configuration = {
            "debug": settings.debug,
            "max_bytes": settings.max_frame_kb * 1024,
            "max_pixels": settings.max_frame_pixels,
            "second_face_interval_seconds": settings.second_face_interval_seconds,
        }
        self._workers = [self._make_worker(n, configuration) for n in range(1, count + 1)]

    def _make_worker(self, number: int, configuration: Header) -> _Worker:
        worker = _Worker(f"worker {number}")
        worker.child = SupervisedChild(
            name=worker.name,
            module="eyelearn.inference.worker",
            configuration=configuration,
            concurrency=self._concurrency,
            answer_timeout=self._patience,
            on_message=lambda header, _payload: self._on_answer(worker, header),
            on_ready=lambda header: self._on_ready(worker, header),
            on_death=lambda: self._on_death(worker),
        )
        return worker

    def start(self) -> None:
        """Starts the workers without waiting for them."""
        for worker in self._workers:
            worker.child.start()
        self._concurrency.spawn(self._sweep)

    def wait_ready(self, timeout: float) -> bool:
        """Waits until every worker has judged a warm-up picture, at most `timeout` seconds."""
        until = time.monotonic() + timeout
        return all(
            worker.child.ready.wait(max(0.0, until - time.monotonic())) for worker in self._workers
        )

    @property
    def keeps_failing(self) -> bool:
        """Whether a worker has died again and again without ever having been up."""
        return any(
            worker.child.starts > MAX_FAILED_STARTS and not worker.child.ready.is_set()
            for worker in self._workers
        )

    def judge(self, session_id: str, frame: bytes | str) -> Observation:
        """Waits for the judgement of an encoded picture: raw bytes, base64 or a data URL.

        Raises Superseded where a newer frame of the session overtook this one, UndecodableFrame,
        FrameTooLarge, Overloaded where no worker took it in time, and Internal where the worker
        that had it failed.
        """
        self._check_size(frame)
        ticket = _Ticket(session_id, _as_bytes(frame), self._concurrency.event(), time.monotonic())
        worker = self._placed.get(session_id) or self._place(session_id)
        replaced = worker.mailbox.put(session_id, ticket)
        if replaced is not None:
            replaced.resolve(Superseded())
        self._pump(worker)
        return ticket.wait()

    def release(self, session_id: str) -> None:
        """The session ended; its worker may use its Face Mesh for another."""
        worker = self._placed.pop(session_id, None)
        if worker is None:
            return
        worker.sessions.discard(session_id)
        ticket = worker.mailbox.remove(session_id)
        if ticket is not None:
            ticket.resolve(NotTracking("video_frame"))
        self._forget_at(worker, session_id)

    def stop(self, timeout: float) -> None:
        """Ends every worker."""
        self._stopping = True
        for worker in self._workers:
            worker.child.stop(timeout)

    def status(self) -> list[dict[str, Any]]:
        """For an operator: each worker's process, load and restarts."""
        return [
            {
                "name": worker.name,
                "pid": worker.child.pid,
                "ready": worker.child.is_ready,
                "sessions": len(worker.sessions),
                "waiting": len(worker.mailbox),
                "starts": worker.child.starts,
            }
            for worker in self._workers
        ]

    def _check_size(self, frame: bytes | str) -> None:
        size = encoded_size(frame)
        if size > self._max_frame_kb * 1024:
            raise FrameTooLarge.by_bytes(size, self._max_frame_kb)

    def _place(self, session_id: str) -> _Worker:
        """The least loaded worker, of those that are up if any is."""
        ready = [worker for worker in self._workers if worker.child.is_ready]
        worker = _least_loaded(ready or self._workers)
        worker.sessions.add(session_id)
        self._placed[session_id] = worker
        return worker

    def _move(self, session_id: str, source: _Worker, target: _Worker) -> None:
        """Puts a session on another worker, with the frame that waits.

        Telling the old one may wait for its socket, and the session may end meanwhile: so that
        comes last, when everything else is in its new place.
        """
        source.sessions.discard(session_id)
        target.sessions.add(session_id)
        self._placed[session_id] = target
        ticket = source.mailbox.remove(session_id)
        if ticket is not None:
            target.mailbox.put(session_id, ticket)
        self._forget_at(source, session_id)

    def _move_all(self, source: _Worker) -> None:
        """Spreads the sessions of a worker that is down over those that are up, if any is."""
        for session_id in list(source.sessions):
            ready = [worker for worker in self._workers if worker.child.is_ready]
            if ready and self._placed.get(session_id) is source:
                self._move(session_id, source, _least_loaded(ready))
        for worker in self._workers:
            self._pump(worker)

    def _forget_at(self, worker: _Worker, session_id: str) -> None:
        try:
            worker.child.send(messages.release(session_id))
        except ChannelClosed:
            _log.debug("%s is gone, and the session's Face Mesh with it", worker.name)

    def _pump(self, worker: _Worker) -> None:
        """Sends what waits, as long as the worker has room for it."""
        while worker.child.is_ready and len(worker.in_flight) < FRAMES_IN_FLIGHT:
            turn = worker.mailbox.take()
            if turn is None:
                return
            session_id, ticket = turn
            number = next(self._numbers)
            worker.in_flight[number] = ticket
            try:
                worker.child.send(messages.judge(number, session_id), ticket.frame)
            except ChannelClosed:
                return  # on_death resolves what is in flight

    def _on_answer(self, worker: _Worker, header: Header) -> None:
        worker.in_flight.pop(header["ticket"]).resolve(messages.read_answer(header))
        self._pump(worker)

    def _on_ready(self, worker: _Worker, header: Header) -> None:
        _log.info(
            "%s is up (pid %s), first picture judged in %d ms",
            worker.name,
            worker.child.pid,
            header["warm_up_ms"],
        )
        self._level(worker)
        self._pump(worker)

    def _level(self, newcomer: _Worker) -> None:
        """Moves sessions to a worker that came up: those of workers that are down, then until all
        that are up carry alike."""
        for worker in self._workers:
            if not worker.child.is_ready:
                self._move_all(worker)
        while True:
            ready = [worker for worker in self._workers if worker.child.is_ready]
            fullest = max(ready, key=lambda worker: len(worker.sessions), default=newcomer)
            if len(fullest.sessions) - len(newcomer.sessions) <= 1:
                return
            self._move(next(iter(fullest.sessions)), fullest, newcomer)

    def _on_death(self, worker: _Worker) -> None:
        lost, worker.in_flight = worker.in_flight, {}
        for ticket in lost.values():
            ticket.resolve(Internal("The process that judged this frame failed."))
        if not self._stopping:
            self._move_all(worker)

    def _sweep(self) -> None:
        """Answers frames that no worker takes, so that none is left hanging."""
        while not self._stopping:
            self._concurrency.sleep(SWEEP_INTERVAL_SECONDS)
            oldest = time.monotonic() - self._patience
            for worker in self._workers:
                for session_id, ticket in worker.mailbox.items():
                    if ticket.since < oldest:
                        worker.mailbox.remove(session_id)
                        ticket.resolve(Overloaded("No worker was free for this frame in time."))


def _least_loaded(workers: list[_Worker]) -> _Worker:
    return min(workers, key=lambda worker: len(worker.sessions))


def _as_bytes(frame: bytes | str) -> bytes:
    if isinstance(frame, bytes):
        return frame
    try:
        return frame.encode("ascii")
    except UnicodeEncodeError as error:
        raise UndecodableFrame("The picture is neither a data URL nor base64.") from error
