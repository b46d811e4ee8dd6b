"""Many sockets that are ready at once leave others their turn between them."""

from __future__ import annotations

from own_process import what_prints

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
while len(served) < len(pairs):
    eventlet.sleep(0.01)
print(seen[0], len(served), READY_AT_ONCE)
"""


def test_a_timer_does_not_wait_for_all_that_is_ready() -> None:
    printed = what_prints(PROGRAM).split()
    seen, served, at_once = map(int, printed)
    assert served == 100
    assert seen <= 2 * at_once


# Waits, and then works for as long without giving anybody a turn.
IDLE_PROGRAM = """
from eyelearn.server import GREEN, share_turns
share_turns()
import socket, time

# As a service does, it waits for somebody to say something.
mine, theirs = socket.socketpair()
GREEN.spawn(mine.recv, 1)
begun = GREEN.idle_seconds()
GREEN.sleep(0.2)
waited = GREEN.idle_seconds()
until = time.monotonic() + 0.2
while time.monotonic() < until:
    pass
print(waited - begun, GREEN.idle_seconds() - waited)
"""


def test_the_event_loop_is_idle_while_it_waits_and_not_while_somebody_works() -> None:
    printed = what_prints(IDLE_PROGRAM).split()
    waiting, working = map(float, printed)
    assert waiting > 0.1
    assert working == 0.0


# A hundred that are ready and take 2 ms each, three times, and one that is preferred.
PREFERRED_PROGRAM = """
from eyelearn.server import GREEN, READY_AT_ONCE, share_turns
share_turns()
import socket, time

served, seen = [], []
pairs = [socket.socketpair() for _ in range(101)]

def read(sock):
    while sock.recv(1):
        served.append(sock)
        until = time.perf_counter() + 0.002
        while time.perf_counter() < until:
            pass

def read_preferred(sock):
    while sock.recv(1):
        seen.append(len(served))

preferred, sender = pairs.pop()
GREEN.prefer(preferred)
GREEN.spawn(read_preferred, preferred)
for mine, _ in pairs:
    GREEN.spawn(read, mine)
GREEN.sleep(0)
for _, theirs in pairs:
    theirs.sendall(b"x" * 3)
GREEN.sleep(0.05)
begun = len(served)
sender.sendall(b"x")
while len(served) < 3 * len(pairs):
    GREEN.sleep(0.01)
print(seen[0] - begun, len(served), READY_AT_ONCE)
"""


def test_what_is_preferred_is_read_before_others_that_are_ready() -> None:
    printed = what_prints(PREFERRED_PROGRAM).split()
    waited_for, served, at_once = map(int, printed)
    assert served == 300
    assert waited_for <= 4 * at_once
