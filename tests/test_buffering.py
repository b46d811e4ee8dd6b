"""Each in a process of its own, since `server.py` makes the standard library green."""

from __future__ import annotations

import subprocess
import sys

import pytest

BUFFER = """
from eventlet.websocket import RFC6455WebSocket
from engineio.socket import Socket
from eyelearn.server import buffer_web_sockets
{change}
try:
    buffer_web_sockets()
except (AttributeError, RuntimeError) as error:
    print(error)
"""


def said(change: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BUFFER.format(change=change)],
        cwd="python_services",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_installed_versions_can_be_buffered() -> None:
    assert said("") == ""


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("del RFC6455WebSocket._recv_frame", "_recv_frame"),
        ("del Socket._websocket_handler", "_websocket_handler"),
        ("RFC6455WebSocket.wait = lambda self: self.socket.recv(1)", "eventlet"),
        (
            "RFC6455WebSocket.send = lambda self, text: self.socket._socket.sendall(b'a')",
            "eventlet",
        ),
    ],
    ids=["no frames", "no handler", "reads otherwise", "writes otherwise"],
)
def test_a_seam_that_is_gone_is_told_at_start(change: str, named: str) -> None:
    assert named in said(change)
