"""A service process in small, for the tests: green or not, with one child, which it names."""

from __future__ import annotations

import sys

if sys.argv[1] == "eventlet":
    import eventlet

    eventlet.monkey_patch()

import time

from eyelearn.concurrency import threads
from eyelearn.processes.supervised import SupervisedChild


def main() -> None:
    echoes: list[bytearray] = []
    child = SupervisedChild(
        name="child",
        module="echo_child",
        configuration={},
        concurrency=threads(),
        answer_timeout=float(sys.argv[2]),
        on_message=lambda _header, payload: echoes.append(payload),
        on_ready=lambda _header: None,
        on_death=lambda: None,
    )
    child.start()
    assert child.ready.wait(20.0)
    child.send({"type": "echo"}, b"x" * 3_000_000)
    while not echoes:
        time.sleep(0.01)
    sys.stdout.write(f"{child.pid} {len(echoes[0])}\n")
    sys.stdout.flush()
    while True:
        time.sleep(0.2)
        sys.stdout.write(f"{child.starts}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
