"""Predictions into the database, batch by batch, each again and again until it is there."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from ..events import get_logger
from .health import Health
from .prediction import Batch
from .prediction_store import REFUSALS, PredictionStore
from .writer import RETRY, describe

_log = get_logger(__name__)


class PredictionWriter:
    """A thread of its own, so that no session waits behind predictions."""

    def __init__(self, store: PredictionStore, on_written: Callable[[Batch], None]) -> None:
        """on_written is called on the writing thread after each commit."""
        self._store = store
        self._on_written = on_written
        self._health = Health("predictions_log", _log, lambda: None)
        self._changed = threading.Condition()
        self._batches: deque[Batch] = deque()

    def start(self) -> None:
        threading.Thread(target=self._run, name="predictions", daemon=True).start()

    def put(self, batch: Batch) -> None:
        """Has it written after those that came before."""
        with self._changed:
            self._batches.append(batch)
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """Predictions that are not committed yet."""
        with self._changed:
            return sum(len(batch.predictions) for batch in self._batches)

    def wait_written(self, timeout: float) -> bool:
        """Waits until nothing waits; says whether that came about in `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._batches, timeout)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._batches)
                batch = self._batches[0]
            self._write_until_done(batch)
            # Told before it is forgotten: who waits for all to be written has then heard of all.
            self._on_written(batch)
            with self._changed:
                self._batches.popleft()
                self._changed.notify_all()

    def _write_until_done(self, batch: Batch) -> None:
        failures = 0
        while True:
            try:
                self._write(batch)
            except SQLAlchemyError as error:
                failures += 1
                self._health.failed(describe(error))
                time.sleep(RETRY.delay(failures))
            else:
                self._health.worked()
                return

    def _write(self, batch: Batch) -> None:
        try:
            self._store.write(batch)
        except REFUSALS:
            refusals = self._store.write_singly(batch)
            if refusals:
                _log.error(
                    "the database refuses predictions",
                    count=len(refusals),
                    reason=describe(refusals[0]),
                )
