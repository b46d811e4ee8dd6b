"""How fast one connection is read.

Whoever sends more is not refused but read more slowly, until what they send waits on their own side
of the network: nothing is lost, and the event loop's time is shared.
"""

from __future__ import annotations

from ..settings import Settings

# A picture as bytes is two WebSocket messages: the event, and its attachment.
MESSAGES_PER_FRAME = 2
# Pictures as text are a third larger.
BASE64_GROWTH = 4 / 3
# Twice what a client may send at its limits: it is told of them, and not only made to wait.
MARGIN = 2.0
# What gathers while a network stalls comes at once; and some of the largest messages may.
BURST_SECONDS = 3.0


class Pace:
    """One connection's. Each message and each byte costs time, which may be spent in advance.

    The generic cell rate algorithm (ITU-T I.371, annex A), with costs in place of cells. Times are
    seconds on any one clock.
    """

    def __init__(self, messages_per_second: float, bytes_per_second: float) -> None:
        self._per_message = 1 / messages_per_second
        self._per_byte = 1 / bytes_per_second
        self._paid_until = 0.0

    @classmethod
    def of_learner(cls, settings: Settings) -> Pace:
        """For a client that sends frames and events, at the limits that were set."""
        fps, events = settings.max_client_fps, settings.max_events_per_second
        frame_bytes = settings.max_frame_kb * 1024 * BASE64_GROWTH
        return cls(
            messages_per_second=MARGIN * (MESSAGES_PER_FRAME * fps + events),
            bytes_per_second=MARGIN * fps * frame_bytes,
        )

    def spend(self, size: int, now: float) -> float:
        """Counts a message of so many bytes; gives the seconds to wait before the next is read."""
        cost = self._per_message + size * self._per_byte
        self._paid_until = max(self._paid_until, now) + cost
        return max(0.0, self._paid_until - now - BURST_SECONDS)
