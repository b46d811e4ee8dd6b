"""A WebSocket's frames, no faster than is its client's share of the event loop.

Frames, not messages: eventlet answers pings by itself, and gathers a message that comes in pieces
without end.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .buffered_socket import WholeMessage
from .guards import MAX_MESSAGE_BYTES
from .pace import Pace

# Reading so many frames in a row takes about 1 ms; a large one counts as several.
FRAMES_IN_A_ROW = 8
LARGE_BYTES = 64 * 1024
# In which a message may come: one of 4 MB over a network that carries 1,400 bytes at a time.
MAX_PIECES = 4096
# Bit of an opcode by which control frames are told (RFC 6455, section 5.5).
CONTROL = 0x8


class PacedFrames:
    """Takes frame after frame, waiting before one where the client is ahead of its share."""

    def __init__(
        self, take_frame: Callable[[Any], Any], pace: Pace, sleep: Callable[[float], Any]
    ) -> None:
        """take_frame: eventlet's `_recv_frame`, whose form `take` has."""
        self._take_frame = take_frame
        self._pace = pace
        self._sleep = sleep
        self._in_a_row = 0
        self._wait_seconds = 0.0
        # Bytes of the message that is gathered, as far as it has come.
        self._gathered = 0
        # When the last frame was there, on the monotonic clock.
        self.taken_at = 0.0

    def take(self, message: Any = None) -> Any:
        """The next frame; message: the one that it may go on with.

        Raises ValueError for a message in pieces that gets too large.
        """
        # An event loop goes on to the next connection only where there is nothing to read.
        if self._wait_seconds or self._in_a_row >= FRAMES_IN_A_ROW:
            self._sleep(self._wait_seconds)
            self._in_a_row = 0
        frame = self._take_frame(message)
        self.taken_at = time.monotonic()
        size = self._size_of(frame, message)
        self._in_a_row += 1 + size // LARGE_BYTES
        self._wait_seconds = self._pace.spend(size, self.taken_at)
        return frame

    def _size_of(self, frame: Any, message: Any) -> int:
        """Bytes that came with this frame."""
        pieces = [frame.value] if isinstance(frame, WholeMessage) else frame.data
        size = sum(map(len, pieces))
        if frame.opcode & CONTROL:
            return size
        known = self._gathered if frame is message else 0
        self._gathered = size
        if not frame.finished and (size > MAX_MESSAGE_BYTES or len(pieces) > MAX_PIECES):
            raise ValueError("a message of too many pieces")
        return size - known
