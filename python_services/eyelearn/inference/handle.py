"""One worker process, as the service sees it."""

from __future__ import annotations

import random
import time

from ..processes.supervised import SupervisedChild
from .mailbox import Mailbox
from .ticket import Ticket

# By how much of its limits a worker is replaced early, by chance, so that those which started
# together don't come to them together.
RECYCLING_SPREAD = 0.25
# What a guest's pictures take of a worker: 12 to 20 ms each, 10 and more a second.
GUEST_LEARNERS = 3


class WorkerHandle:
    """Its process, the sessions on it, the frames that wait and those it has."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.child: SupervisedChild
        self.sessions: set[str] = set()
        # Those of the sessions that ask for something else than a learner's attention.
        self.guests: set[str] = set()
        self.mailbox: Mailbox[Ticket] = Mailbox()
        self.in_flight: dict[int, Ticket] = {}
        self.answered_at = 0.0
        # Sessions that came to the process since it started.
        self.sessions_served = 0
        self.recycling_share = 1.0 - random.uniform(0.0, RECYCLING_SPREAD)
        # It has had a frame for too long; it gets no more until it answers.
        self.silent = False
        # It is to end, and takes no sessions.
        self.leaving = False
        # It is started to take the place of one that leaves, and waits for that one's sessions.
        self.succeeding = False

    @property
    def answers(self) -> bool:
        """Whether it is up, and not known to be stuck."""
        return self.child.is_ready and not self.silent

    @property
    def carried(self) -> int:
        """Its sessions, in learners."""
        return len(self.sessions) + (GUEST_LEARNERS - 1) * len(self.guests)

    @property
    def load(self) -> int:
        """Pictures that it has, or that wait for it."""
        return len(self.in_flight) + len(self.mailbox)

    @property
    def age(self) -> float:
        """Seconds since its process was started."""
        return time.monotonic() - self.child.started_at

    def silence(self, now: float) -> float:
        """Seconds for which it has been at the same frame."""
        oldest = next(iter(self.in_flight.values()), None)
        return 0.0 if oldest is None else now - max(oldest.sent_at, self.answered_at)
