"""Predictions on the event loop's side: gathered, handed to the keeper, forgotten when kept."""

from __future__ import annotations

import itertools
import uuid
from collections import deque
from collections.abc import Callable

import orjson

from ..concurrency import Concurrency, Event
from ..events import get_logger
from ..processes.channel import Header
from .prediction import Batch, Prediction

_log = get_logger(__name__)

# What comes within so short a time, or so many, is written together: one commit costs a disk flush.
GATHER_SECONDS = 0.5
GATHER_COUNT = 200
# What has gathered while the keeper was busy; more would hold up the event loop for over 1 ms.
MAX_BATCH = 1000
# 25 MB: an hour of 28 predictions a second. A log must not take the machine down.
MAX_WAITING = 100_000


class PredictionLog:
    """Predictions in memory until the keeper has acknowledged them, the oldest first.

    One batch at a time is with the keeper. The next keeper is sent it again, under its number, by
    which the store tells whether it is written already.
    """

    def __init__(self, concurrency: Concurrency, wake: Callable[[], None]) -> None:
        """wake is called when there is something to `take`; it must not wait."""
        self._concurrency = concurrency
        self._wake = wake
        self._lock = concurrency.lock()
        self._sender = uuid.uuid4().hex
        self._numbers = itertools.count(1)
        self._waiting: deque[Prediction] = deque()
        self._batch: Batch | None = None
        self._is_sent = False
        self._is_gathering = False
        self._is_due = False
        self._written: Event | None = None
        self._dropped = 0
        self._is_dropping = False

    @property
    def waiting(self) -> int:
        """Predictions that are not in the database yet."""
        batch = self._batch
        return len(self._waiting) + (0 if batch is None else len(batch.predictions))

    @property
    def dropped(self) -> int:
        """Predictions that are lost, since the start."""
        return self._dropped

    def add(self, prediction: Prediction) -> None:
        """Has it written. At once; drops the oldest where more wait than MAX_WAITING."""
        with self._lock:
            if self.waiting >= MAX_WAITING:
                self._drop_oldest()
            self._waiting.append(prediction)
            are_enough = not self._is_due and len(self._waiting) >= GATHER_COUNT
            self._is_due |= are_enough
            is_first = not self._is_due and not self._is_gathering
            self._is_gathering |= is_first
        if are_enough:
            self._wake()
        elif is_first:
            self._concurrency.later(GATHER_SECONDS, self._gathered)

    def hurry(self) -> None:
        """Ends the gathering."""
        with self._lock:
            self._is_due = bool(self._waiting)
        self._wake()

    def take(self) -> tuple[Header, bytes] | None:
        """A message for the keeper; None while there is nothing to say, or an answer to await."""
        with self._lock:
            if self._batch is None and self._is_due:
                self._batch = self._next_batch()
            if self._batch is None or self._is_sent:
                return None
            self._is_sent = True
            batch = self._batch
        header = {"type": "predictions", "sender": batch.sender, "number": batch.number}
        return header, orjson.dumps(batch.predictions, default=tuple)

    def send_again(self) -> None:
        """There is another keeper."""
        with self._lock:
            self._is_sent = False

    def acknowledge(self, number: int) -> None:
        """That batch is in the database."""
        with self._lock:
            if self._batch is None or self._batch.number != number:
                return
            self._batch, self._is_sent = None, False
            if self._written is not None and not self._waiting:
                self._written.set()
            self._tell_end_of_dropping()
        self._wake()

    def wait_written(self, timeout: float) -> bool:
        """Waits until nothing waits; says whether that came about in `timeout` seconds."""
        with self._lock:
            if not self.waiting:
                return True
            if self._written is None or self._written.is_set():
                self._written = self._concurrency.event()
            written = self._written
        self.hurry()
        return written.wait(timeout)

    def _gathered(self) -> None:
        with self._lock:
            self._is_gathering = False
        self.hurry()

    def _next_batch(self) -> Batch:
        count = min(len(self._waiting), MAX_BATCH)
        predictions = [self._waiting.popleft() for _ in range(count)]
        self._is_due = bool(self._waiting)
        return Batch(self._sender, next(self._numbers), predictions)

    def _drop_oldest(self) -> None:
        self._waiting.popleft()
        self._dropped += 1
        if not self._is_dropping:
            self._is_dropping = True
            _log.warning("too many predictions wait for the database: the oldest are dropped")

    def _tell_end_of_dropping(self) -> None:
        # Not as soon as one has room: where more come than are written, each batch would tell.
        if self._is_dropping and len(self._waiting) <= MAX_WAITING // 2:
            self._is_dropping = False
            _log.warning("predictions are missing in predictions_log", count=self._dropped)
