"""psycopg2 waits for a silent server for ever; here it waits so many seconds."""

from __future__ import annotations

import select
import time

from psycopg2 import OperationalError, extensions


class _LimitedConnection(extensions.connection):
    """Each statement on it ends in so many seconds, or fails and closes it; so does connecting."""

    answer_seconds: float


def limited_connection(answer_seconds: float) -> type[extensions.connection]:
    """What psycopg2.connect takes as `connection_factory`."""
    return type("LimitedConnection", (_LimitedConnection,), {"answer_seconds": answer_seconds})


def limit_waiting() -> None:
    """Makes the limits hold: libpq knows none, but lets the process do the waiting for it."""
    extensions.set_wait_callback(_wait)


def _wait(connection: extensions.connection) -> None:
    seconds = connection.answer_seconds if isinstance(connection, _LimitedConnection) else None
    end = None if seconds is None else time.monotonic() + seconds
    while (wanted := connection.poll()) != extensions.POLL_OK:
        socket = select.poll()
        socket.register(
            connection.fileno(),
            select.POLLIN if wanted == extensions.POLL_READ else select.POLLOUT,
        )
        if not socket.poll(None if end is None else max(end - time.monotonic(), 0) * 1000):
            raise OperationalError(f"the database did not answer in {seconds:g} s")
