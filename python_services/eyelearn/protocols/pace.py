"""How fast one connection is read.

Whoever sends more is not refused but read more slowly, until what they send waits on their own side
of the network: nothing is lost, and the event loop's time is shared. Who has no session has little
to say: they are read more slowly still, and all of them together no faster than one loop reads
beside its learners.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..settings import Settings

# Key in the WSGI environment of the request that began an Engine.IO connection: its pace.
PACE = "eyelearn.pace"

# A picture as bytes is two WebSocket messages: the event, and its attachment.
MESSAGES_PER_FRAME = 2
# Pictures as text are a third larger.
BASE64_GROWTH = 4 / 3
# Twice what a client may send at its limits: it is told of them, and not only made to wait.
MARGIN = 2.0
# What gathers while a network stalls comes at once; and some of the largest messages may.
BURST_SECONDS = 3.0
# All clients without a session together: a message takes 0.05 ms on average, a large one 1 ms per
# 64 kB to take apart, and so they have a twentieth of the event loop to an eighth.
STRANGERS_MESSAGES_PER_SECOND = 1000.0
STRANGERS_BYTES_PER_SECOND = 8e6
STRANGERS_BURST_SECONDS = 0.1


class Pace:
    """One connection's. Each message and each byte costs time, which may be spent in advance.

    The generic cell rate algorithm (ITU-T I.371, annex A), with costs in place of cells. Times are
    seconds on any one clock.
    """

    def __init__(
        self,
        messages_per_second: float,
        bytes_per_second: float,
        burst_seconds: float = BURST_SECONDS,
        shared: Pace | None = None,
    ) -> None:
        """shared: one that several keep to together, besides their own."""
        self._per_message = 1 / messages_per_second
        self._per_byte = 1 / bytes_per_second
        self._burst_seconds = burst_seconds
        self._shared = shared
        self._paid_until = 0.0

    @classmethod
    def of_all_strangers(cls) -> Pace:
        return cls(
            STRANGERS_MESSAGES_PER_SECOND, STRANGERS_BYTES_PER_SECOND, STRANGERS_BURST_SECONDS
        )

    @classmethod
    def of_stranger(cls, settings: Settings, all_strangers: Pace) -> Pace:
        """For a client before its session: events, and a frame that came too soon."""
        return cls(
            messages_per_second=MARGIN * settings.max_events_per_second,
            bytes_per_second=MARGIN * settings.max_frame_kb * 1024 * BASE64_GROWTH,
            shared=all_strangers,
        )

    @classmethod
    def of_learner(cls, settings: Settings) -> Pace:
        """For a client that sends frames and events, at the limits that were set."""
        fps, events = settings.max_client_fps, settings.max_events_per_second
        frame_bytes = settings.max_frame_kb * 1024 * BASE64_GROWTH
        return cls(
            messages_per_second=MARGIN * (MESSAGES_PER_FRAME * fps + events),
            bytes_per_second=MARGIN * fps * frame_bytes,
        )

    def become(self, other: Pace) -> None:
        """Goes on at the other's rates."""
        self._per_message, self._per_byte = other._per_message, other._per_byte
        self._shared = other._shared

    def spend(self, size: int, now: float) -> float:
        """Counts a message of so many bytes; gives the seconds to wait before the next is read."""
        cost = self._per_message + size * self._per_byte
        self._paid_until = max(self._paid_until, now) + cost
        shared_wait = 0.0 if self._shared is None else self._shared.spend(size, now)
        return max(self.wait(now), shared_wait)

    def wait(self, now: float) -> float:
        """Seconds until another message is read."""
        return max(0.0, self._paid_until - now - self._burst_seconds)


def welcome(environ: Mapping[str, Any], settings: Settings) -> None:
    """To be called when a session begins: the connection that began with this request is a
    learner's from now on."""
    pace = environ.get(PACE)
    if pace is not None:
        pace.become(Pace.of_learner(settings))
