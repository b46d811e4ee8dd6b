"""The service's doors without what is behind them: no workers, no database, up in a second.

A program: its settings are in its environment, and it writes its port in a line.
"""

from __future__ import annotations

import os
import socket
import sys
from functools import partial

from eyelearn.server import GREEN, answer_requests, buffer_web_sockets  # first

from eventlet.websocket import WebSocketWSGI  # isort: skip
from eyelearn.app import create_app  # isort: skip
from eyelearn.protocols import bounded_requests, heartbeat
from eyelearn.protocols.guards import MAX_MESSAGE_BYTES
from eyelearn.settings import Settings

# Of the heartbeat's 20, 50 and 5 seconds.
HURRY = float(os.environ.get("HEARTBEAT_HURRY", "1"))

if __name__ == "__main__":
    buffer_web_sockets()
    bounded_requests.KEEP_ALIVE_SECONDS = float(os.environ["KEEP_ALIVE_SECONDS"])
    heartbeat.PING_AFTER_SECONDS /= HURRY
    heartbeat.DEAD_AFTER_SECONDS /= HURRY
    heartbeat.LOOK_INTERVAL_SECONDS /= HURRY
    maker = partial(WebSocketWSGI, max_frame_length=MAX_MESSAGE_BYTES)
    application = create_app(Settings(_env_file=None), GREEN, "eventlet", maker)
    application.silent.start()
    application.heartbeat.start()
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    answer_requests(listener, application)
