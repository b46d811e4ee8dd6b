"""A listening socket that outlives what ends eventlet's server: a connection that went while it
waited, and a moment without free files or memory."""

from __future__ import annotations

import errno
import itertools
import time
from collections.abc import Callable
from typing import Any

from ..events import get_logger
from .guards import Throttle

_log = get_logger(__name__)

# Of the machine, for now: too many open files, or no memory for one more connection.
SCARCE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
# Of that connection alone: Linux tells its network's errors here (accept(2)).
GONE = frozenset(
    {
        errno.ECONNABORTED,
        errno.EPERM,
        errno.EPROTO,
        errno.ENOPROTOOPT,
        errno.ENETDOWN,
        errno.EHOSTDOWN,
        errno.ENONET,
        errno.EHOSTUNREACH,
        errno.ENETUNREACH,
        errno.EOPNOTSUPP,
        errno.ETIMEDOUT,
    }
)
RETRY_SECONDS = 0.1
# A thousand that come at once must not all be taken before anybody else has a turn, and who comes
# last must not wait for a turn of each.
TAKEN_IN_A_ROW = 8
TELL_INTERVAL_SECONDS = 60.0


class PatientListener:
    """sock: listens already; sleep: lets others have their turn."""

    def __init__(self, sock: Any, sleep: Callable[[float], Any]) -> None:
        self._socket = sock
        self._sleep = sleep
        self._told = Throttle(TELL_INTERVAL_SECONDS)
        self._numbers = itertools.count(1)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def accept(self) -> Any:
        """The next connection and its peer; waits for one. Raises OSError where the socket itself
        is of no use any more."""
        if next(self._numbers) % TAKEN_IN_A_ROW == 0:
            self._sleep(0)
        while True:
            try:
                return self._socket.accept()
            except OSError as error:
                if error.errno in SCARCE:
                    self._tell(error)
                    self._sleep(RETRY_SECONDS)
                elif error.errno not in GONE:
                    raise

    def _tell(self, error: OSError) -> None:
        if self._told.allow("accept", time.monotonic()):
            _log.error("no connection can be taken for now", reason=str(error))
