"""Each in a process of its own, since `server.py` makes the standard library green."""

from __future__ import annotations

import pytest

from own_process import what_prints

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


def test_the_installed_versions_can_be_buffered() -> None:
    assert what_prints(BUFFER.format(change="")) == ""


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
    assert named in what_prints(BUFFER.format(change=change))


RECEIVE = """
import socket, struct
import eventlet
from eyelearn.server import PatientSocket

def pair():
    listener = socket.create_server(("127.0.0.1", 0))
    other = socket.create_connection(listener.getsockname())
    return listener.accept()[0], other

def receiving(then):
    here, there = pair()
    here.settimeout(0.01)
    eventlet.spawn_after(0.1, then, here, there)
    return PatientSocket(here), there

here, there = receiving(lambda here, there: there.sendall(b"ab"))
print(here.recv(1), here.recv(1), "in spite of the timeout")
eventlet.spawn_after(0.05, there.sendall, b"c")
print(here.recv(8), "after a wait")
there.close()
print(here.recv(8), "closed there")

def reset(here, there):
    there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    there.close()

print(receiving(reset)[0].recv(8), "reset there")
print(receiving(lambda here, there: here.shutdown(socket.SHUT_RDWR))[0].recv(8), "hung up here")
"""


def test_a_socket_is_waited_for_however_long_until_something_comes_or_it_ends() -> None:
    assert what_prints(RECEIVE).splitlines() == [
        "b'a' b'b' in spite of the timeout",
        "b'c' after a wait",
        "b'' closed there",
        "b'' reset there",
        "b'' hung up here",
    ]
