"""Whether something this service depends on works; the log tells each change once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from structlog.stdlib import BoundLogger


class Health:
    """Of one dependency. Any thread may report."""

    def __init__(self, name: str, log: BoundLogger, on_change: Callable[[], None]) -> None:
        self._name = name
        self._log = log
        self._on_change = on_change
        self._lock = threading.Lock()
        self._ok: bool | None = None

    @property
    def ok(self) -> bool | None:
        """None while nothing is known."""
        return self._ok

    def worked(self) -> None:
        with self._lock:
            changed, recovered = self._ok is not True, self._ok is False
            self._ok = True
        if recovered:
            self._log.info(f"{self._name} works again")
        if changed:
            self._on_change()

    def failed(self, reason: str) -> None:
        with self._lock:
            changed, self._ok = self._ok is not False, False
        if changed:
            self._log.warning(f"{self._name} does not work", reason=reason)
            self._on_change()
