"""What a child process does first: find its channel, and leave signals to its parent."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from typing import Any

from ..logs import configure_child
from .channel import Channel


def connect_to_parent() -> tuple[Channel, dict[str, Any]]:
    """The channel to the parent, and the configuration it sent first.

    A child ends when its channel does: the parent decides. Platforms and terminals signal every
    process of a service at once, and a child that went by itself would take what it holds along.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sock = socket.socket(fileno=int(sys.argv[1]))
    sock.setblocking(True)  # a parent on an event loop made it non-blocking
    channel = Channel(sock, threading.Lock())
    configuration, _ = channel.receive()
    log = os.fdopen(int(sys.argv[2]), "w", buffering=1, errors="backslashreplace")
    if "log" in configuration:
        configure_child(log, **configuration["log"])
    return channel, configuration
