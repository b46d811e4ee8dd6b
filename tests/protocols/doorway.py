"""The service's doors without what is behind them: no workers, no database, up in a second.

A program: its settings are in its environment, and it writes its port in a line.
"""

from __future__ import annotations

import os
import socket
import sys

from eyelearn.server import GREEN, answer_requests, buffer_web_sockets  # first

from eyelearn.app import create_app  # isort: skip
from eyelearn.protocols import bounded_requests
from eyelearn.settings import Settings

if __name__ == "__main__":
    buffer_web_sockets()
    bounded_requests.KEEP_ALIVE_SECONDS = float(os.environ["KEEP_ALIVE_SECONDS"])
    application = create_app(Settings(_env_file=None), GREEN, async_mode="eventlet")
    application.silent.start()
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    answer_requests(listener, application)
