"""Landmarks to the workers and what they measure back: all that came in some milliseconds at once.

One array of many learners' samples costs a tenth of many arrays of a few. A session's batches go
to the same worker, which answers in order.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import numpy as np

from ..concurrency import Concurrency
from ..errors import Internal, Overloaded
from ..events import get_logger
from ..processes.channel import ChannelClosed, Header
from ..vision.face_rows import COLUMNS, from_rows
from . import messages
from .handle import WorkerHandle
from .landmark_batch import LandmarkBatch

_log = get_logger(__name__)

# Nobody notices, and of a school's batches some forty come in it.
GATHER_SECONDS = 0.02
# Counting and telling so many samples, in ten batches or two, takes some 1.5 ms; then others have
# their turn.
SAMPLES_IN_A_ROW = 50
# A worker is also at pictures; several such take it this long, on a busy machine.
PATIENCE_SECONDS = 1.5
SWEEP_INTERVAL_SECONDS = 0.25


class Measuring:
    """workers: those that there are now; timeout: seconds after which a batch is given up."""

    def __init__(
        self, workers: Callable[[], list[WorkerHandle]], timeout: float, concurrency: Concurrency
    ) -> None:
        self._workers = workers
        self._timeout = timeout
        self._concurrency = concurrency
        self._numbers = itertools.count()
        self._gathered: dict[str, list[tuple[str, LandmarkBatch]]] = {}
        # By worker's name and message's number: what it has, and since when.
        self._sent: dict[str, dict[int, tuple[float, list[tuple[str, LandmarkBatch]]]]] = {}

    def submit(self, session_id: str, batch: LandmarkBatch) -> None:
        """Never waits."""
        worker = self._worker_of(session_id, besides=batch.lost_by)
        if worker is None:
            batch.resolve(Overloaded("No worker is up to measure these landmarks.", 1.0))
            return
        gathered = self._gathered.setdefault(worker.name, [])
        gathered.append((session_id, batch))
        if len(gathered) == 1:
            self._concurrency.later(GATHER_SECONDS, lambda: self._send(worker))

    def on_answer(self, worker: WorkerHandle, header: Header, payload: bytearray) -> None:
        _, batches = self._sent.get(worker.name, {}).pop(header["number"], (0.0, []))
        error = messages.read_failure(header)
        rows = np.frombuffer(payload, np.float64).reshape(-1, COLUMNS)
        at = in_a_row = 0
        for _, batch in batches:
            if in_a_row >= SAMPLES_IN_A_ROW:
                self._concurrency.sleep(0)
                in_a_row = 0
            batch.resolve(from_rows(rows[at : at + batch.samples]) if error is None else error)
            at += batch.samples
            in_a_row += batch.samples

    def on_death(self, worker: WorkerHandle) -> None:
        """What it had goes to another, once."""
        lost = self._sent.pop(worker.name, {})
        self._send_anew(worker.name, [each for _, batches in lost.values() for each in batches])

    def run(self) -> None:
        """Sees to it that no batch is left hanging, for as long as the process lives."""
        while True:
            asleep_since = time.monotonic()
            self._concurrency.sleep(SWEEP_INTERVAL_SECONDS)
            now = time.monotonic()
            if now - asleep_since > 2 * SWEEP_INTERVAL_SECONDS:
                # This process was held up itself: answers may lie there unread.
                continue
            try:
                self.sweep(now)
            except Exception:
                # One batch's trouble must not leave the others hanging.
                _log.exception("landmarks that are late could not be looked for; tried again")

    def sweep(self, now: float) -> None:
        for name, sent in list(self._sent.items()):
            overdue = [n for n, (since, _) in sent.items() if now - since > self._patience(name)]
            late = [each for number in overdue for each in sent.pop(number)[1]]
            self._send_anew(name, late)

    def _patience(self, name: str) -> float:
        """A lone worker is waited for as long as it is let live."""
        others = [w for w in self._workers() if w.answers and w.name != name]
        return PATIENCE_SECONDS if others else self._timeout

    def _worker_of(self, session_id: str, besides: str | None) -> WorkerHandle | None:
        """besides: the name of one that is passed over, unless it is the only one."""
        answering = [worker for worker in self._workers() if worker.answers and not worker.leaving]
        if besides is not None:
            answering = [worker for worker in answering if worker.name != besides] or answering
        return answering[hash(session_id) % len(answering)] if answering else None

    def _send(self, worker: WorkerHandle) -> None:
        batches = self._gathered.pop(worker.name, [])
        if not batches:
            return
        number = next(self._numbers)
        self._sent.setdefault(worker.name, {})[number] = time.monotonic(), batches
        # A worker that is stuck does not read, and a sender waits for it.
        self._concurrency.spawn(self._hand_over, worker, number, [each for _, each in batches])

    def _hand_over(self, worker: WorkerHandle, number: int, batches: list[LandmarkBatch]) -> None:
        header = messages.measure(number, [(b.samples, b.width, b.height) for b in batches])
        try:
            worker.child.send(header, b"".join(batch.points for batch in batches))
        except ChannelClosed:
            _log.debug("worker went; its landmarks go to another", worker=worker.name)
            _, lost = self._sent.get(worker.name, {}).pop(number, (0.0, []))
            self._send_anew(worker.name, lost)

    def _send_anew(self, lost_by: str, lost: list[tuple[str, LandmarkBatch]]) -> None:
        """Each once: what one worker falls over must not end them all."""
        for session_id, batch in lost:
            if batch.lost_by is not None:
                batch.resolve(Internal("The process that measured these landmarks failed."))
            else:
                batch.lost_by = lost_by
                self.submit(session_id, batch)
