"""Many sockets that are ready at once leave others their turn between them."""

from __future__ import annotations

import subprocess
import sys

from eyelearn.settings import ROOT

# A hundred readers whose bytes are all there and who take 2 ms each, and one who waits for 1 ms.
PROGRAM = """
from eyelearn.server import READY_AT_ONCE, share_turns
share_turns()
import socket, time
import eventlet

served, seen = [], []
pairs = [socket.socketpair() for _ in range(100)]

def read(sock):
    sock.recv(1)
    served.append(sock)
    until = time.perf_counter() + 0.002
    while time.perf_counter() < until:
        pass

def wait():
    eventlet.sleep(0.001)
    seen.append(len(served))

for mine, _ in pairs:
    eventlet.spawn(read, mine)
eventlet.sleep(0)
for _, theirs in pairs:
    theirs.sendall(b"x")
eventlet.spawn(wait)
eventlet.sleep(0.5)
print(seen[0], len(served), READY_AT_ONCE)
"""


def test_a_timer_does_not_wait_for_all_that_is_ready() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT / "python_services",
        capture_output=True,
        text=True,
        check=True,
    )
    seen, served, at_once = map(int, done.stdout.split())
    assert served == 100
    assert seen <= 2 * at_once
