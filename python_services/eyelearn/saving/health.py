"""Whether something this service depends on works; the log tells each change once."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from ..timestamps import utc_text


class Health:
    """Of one dependency. Any thread may report."""

    def __init__(
        self,
        name: str,
        log: logging.Logger,
        on_change: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._name = name
        self._log = log
        self._on_change = on_change
        self._clock = clock
        self._lock = threading.Lock()
        self._ok: bool | None = None
        self._failing_since: float | None = None
        self._failures = 0

    @property
    def ok(self) -> bool | None:
        """None while nothing is known."""
        return self._ok

    def worked(self) -> None:
        with self._lock:
            changed, recovered = self._ok is not True, self._ok is False
            self._ok, self._failing_since, self._failures = True, None, 0
        if recovered:
            self._log.info("%s works again", self._name)
        if changed:
            self._on_change()

    def failed(self, reason: str, tolerated: int = 0) -> None:
        """tolerated: failures in a row that don't yet count as a change."""
        with self._lock:
            self._failures += 1
            if self._failing_since is None:
                self._failing_since = self._clock()
            since = self._failing_since
            changed = self._ok is not False and self._failures > tolerated
            if changed:
                self._ok = False
        if changed:
            self._log.warning("%s does not work since %s: %s", self._name, utc_text(since), reason)
            self._on_change()
