"""Which session is on which worker."""

from __future__ import annotations

from collections.abc import Callable

from ..concurrency import Concurrency
from ..events import get_logger
from ..processes.channel import ChannelClosed
from . import messages
from .handle import GUEST_LEARNERS, WorkerHandle

_log = get_logger(__name__)


class Placement:
    """A session stays on one worker, which knows where its face was, as long as that one answers.

    Few sessions share one worker, and the next takes some when it is comfortably busy: a worker
    that sleeps between frames pays for each with caches gone cold, a tenth of its time.
    Moving one costs a face detection, 2 ms. Its frame that waits goes along; the caller then sees
    to it that the workers are sent what waits for them.
    """

    def __init__(self, concurrency: Concurrency, comfortable: Callable[[], float]) -> None:
        """comfortable: how many sessions a worker serves without any waiting for another."""
        self.workers: list[WorkerHandle] = []
        self._concurrency = concurrency
        self._comfortable = comfortable
        self._of: dict[str, WorkerHandle] = {}

    def __len__(self) -> int:
        return len(self._of)

    def add(self, worker: WorkerHandle) -> None:
        # A new list, since others may be walking through the old one.
        self.workers = [*self.workers, worker]

    def remove(self, worker: WorkerHandle) -> None:
        """Takes out a worker that has no sessions any more."""
        self.workers = [other for other in self.workers if other is not worker]

    def worker_of(self, session_id: str) -> WorkerHandle | None:
        return self._of.get(session_id)

    def place(self, session_id: str, guest: bool = False) -> WorkerHandle:
        """Gives a session to a worker, of those that answer if any does.

        guest: one that asks for something else than attention keeps a worker busy by itself, and
        is spread evenly.
        """
        workers = self._open() or self._staying()
        worker = _least_loaded(workers) if guest else self._best(workers)
        if guest:
            worker.guests.add(session_id)
        self._put(session_id, worker)
        worker.sessions_served += 1
        return worker

    def place_visit(self, visit: str) -> WorkerHandle:
        """The same for one picture, of which the worker keeps nothing: where it comes first."""
        worker = min(self._open() or self._staying(), key=lambda worker: worker.load)
        self._put(visit, worker)
        return worker

    def release(self, session_id: str) -> WorkerHandle | None:
        """The session ended; gives the worker that it was on, which has yet to `forget` it."""
        worker = self._of.pop(session_id, None)
        if worker is not None:
            worker.sessions.discard(session_id)
            worker.guests.discard(session_id)
        return worker

    def forget(self, worker: WorkerHandle, session_id: str) -> None:
        """Tells a worker that it won't see a session again. May wait for the worker's socket."""
        try:
            worker.child.send(messages.release(session_id))
        except ChannelClosed:
            _log.debug("worker is gone, and what it knew of a session", worker=worker.name)

    def vacate(self, source: WorkerHandle) -> None:
        """Spreads a worker's sessions over those that answer, if any other does."""
        for session_id in list(source.sessions):
            targets = [worker for worker in self._open() if worker is not source]
            if targets and self._of.get(session_id) is source:
                self._move(session_id, source, self._best(targets))

    def vacate_for_good(self, source: WorkerHandle) -> None:
        """The same for one that leaves; its sessions wait at one that is not up, if need be."""
        self.vacate(source)
        for session_id in list(source.sessions):
            if self._of.get(session_id) is source:
                self._move(session_id, source, self._best(self._staying()))

    def level(self, newcomer: WorkerHandle) -> None:
        """Moves sessions to a worker that came up: those of workers that are down, then from those
        that are more than comfortably busy until they carry alike."""
        for worker in self.workers:
            if not worker.answers:
                self.vacate(worker)
        while newcomer in self._open():  # it may fail meanwhile
            fullest = max(self._open(), key=lambda worker: worker.carried)
            moved = next(iter(fullest.sessions), None)
            weight = GUEST_LEARNERS if moved in fullest.guests else 1
            gap = fullest.carried - newcomer.carried
            if moved is None or fullest.carried <= self._comfortable() or gap <= weight:
                return
            self._move(moved, fullest, newcomer)

    def _best(self, workers: list[WorkerHandle]) -> WorkerHandle:
        """The fullest that stays comfortable with one session more, else the least loaded."""
        comfortable = self._comfortable()
        roomy = [worker for worker in workers if worker.carried + 1 <= comfortable]
        if roomy:
            return max(roomy, key=lambda worker: worker.carried)
        return _least_loaded(workers)

    def _open(self) -> list[WorkerHandle]:
        """Those that answer, and take sessions."""
        return [worker for worker in self.workers if worker.answers and not worker.leaving]

    def _staying(self) -> list[WorkerHandle]:
        return [worker for worker in self.workers if not worker.leaving]

    def _put(self, session_id: str, worker: WorkerHandle) -> None:
        worker.sessions.add(session_id)
        self._of[session_id] = worker

    def _move(self, session_id: str, source: WorkerHandle, target: WorkerHandle) -> None:
        """Telling the old worker may wait for its socket, and the session may end meanwhile: so
        that comes last, when everything else is in its new place."""
        source.sessions.discard(session_id)
        if session_id in source.guests:
            source.guests.discard(session_id)
            target.guests.add(session_id)
        self._put(session_id, target)
        target.sessions_served += 1
        ticket = source.mailbox.remove(session_id)
        if ticket is not None:
            target.mailbox.put(session_id, ticket, ticket.of_guest)
        if source.silent:
            # Nobody may be reading that socket: whoever moves sessions must not wait for it.
            self._concurrency.spawn(self.forget, source, session_id)
        else:
            self.forget(source, session_id)


def _least_loaded(workers: list[WorkerHandle]) -> WorkerHandle:
    return min(workers, key=lambda worker: worker.carried)
