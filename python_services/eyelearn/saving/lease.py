"""Of all the services that keep their sessions in one database, one posts them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from sqlalchemy import ColumnElement, Engine, delete, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError

from .store import courier_lease

# How long another service waits for one that died. Clocks of nodes differ by less.
LEASE_SECONDS = 60.0
RENEW_SECONDS = 15.0


class Lease:
    """The right to post. Two that post one session at once would have a page that adds up count
    it twice.

    Methods raise sqlalchemy.exc.SQLAlchemyError where the database does not answer.
    """

    def __init__(
        self,
        engine: Engine,
        service: str,
        parting_seconds: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """service: this service's name, the same after a restart.

        parting_seconds: how long a courier whose service is gone may have saves on their way.
        """
        self._engine = engine
        self._service = service
        self._process = uuid.uuid4().hex
        self._parting_seconds = parting_seconds
        self._clock = clock
        self._renew_at: float | None = None
        self._first_wanted: float | None = None

    def held(self) -> bool:
        """Whether this service may post now; takes the lease where it is free, and renews it."""
        now = self._clock()
        if self._renew_at is not None and self._renew_at - RENEW_SECONDS <= now < self._renew_at:
            return True
        self._renew_at = None
        if self._take(now):
            self._renew_at = now + RENEW_SECONDS
        return self._renew_at is not None

    def give_back(self) -> None:
        """Lets another service post at once."""
        self._renew_at = None
        with self._engine.begin() as connection:
            is_ours = courier_lease.c.process == self._process
            connection.execute(delete(courier_lease).where(is_ours))

    def _take(self, now: float) -> bool:
        values = {
            "service": self._service,
            "process": self._process,
            "until": now + LEASE_SECONDS,
        }
        is_free = or_(
            courier_lease.c.process == self._process,
            self._last_life_is_over(now) & (courier_lease.c.service == self._service),
            courier_lease.c.until < now,
            # From a clock that was wrong: it would be waited for as long as that clock was ahead.
            courier_lease.c.until > now + 2 * LEASE_SECONDS,
        )
        try:
            with self._engine.begin() as connection:
                if connection.execute(update(courier_lease).where(is_free).values(values)).rowcount:
                    return True
                if connection.execute(select(courier_lease.c.id)).first() is not None:
                    return False
                connection.execute(insert(courier_lease).values(id=1, **values))
                return True
        except IntegrityError:
            # Another service was faster.
            return False

    def _last_life_is_over(self, now: float) -> ColumnElement[bool]:
        """A process of this service that was killed may have a save on its way still."""
        if self._first_wanted is None or now < self._first_wanted:
            self._first_wanted = now
        return literal(now - self._first_wanted > self._parting_seconds)
