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


RECEIVE = """
import socket, struct
import eventlet
from eyelearn.server import Receiver

def pair():
    listener = socket.create_server(("127.0.0.1", 0))
    other = socket.create_connection(listener.getsockname())
    return listener.accept()[0], other

def receiving(then):
    here, there = pair()
    here.settimeout(0.01)
    receiver = Receiver(here)
    eventlet.spawn_after(0.1, then, here, there)
    return receiver, there

receiver, there = receiving(lambda here, there: there.sendall(b"ab"))
print(receiver.receive(1), receiver.receive(1), "in spite of the timeout")
eventlet.spawn_after(0.05, there.sendall, b"c")
print(receiver.receive(8), "after a wait")
there.close()
print(receiver.receive(8), "closed there")

def reset(here, there):
    there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    there.close()

print(receiving(reset)[0].receive(8), "reset there")
print(receiving(lambda here, there: here.shutdown(socket.SHUT_RDWR))[0].receive(8), "hung up here")
"""


def test_a_socket_is_waited_for_however_long_until_something_comes_or_it_ends() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RECEIVE],
        cwd="python_services",
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "b'a' b'b' in spite of the timeout",
        "b'c' after a wait",
        "b'' closed there",
        "b'' reset there",
        "b'' hung up here",
    ]
