"""The end of a TCP connection, also where its green thread is stuck or its client does not read."""

from __future__ import annotations

import socket
import struct
from typing import Any

from ..events import get_logger

_log = get_logger(__name__)

# What waits in the kernel is thrown away with the connection: nobody is going to read it. And a
# client that is stuck sending is told at once: without, its kernel may ask for half a minute
# whether there is room again.
_NO_LINGER = struct.pack("ii", 1, 0)


def hang_up(sock: Any) -> None:
    """Wakes the one who is stuck sending, and the one who waits for more; they close it."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        sock.shutdown(socket.SHUT_RDWR)
    except OSError as error:
        _log.debug("connection went by itself", reason=str(error))
