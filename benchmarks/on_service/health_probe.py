"""How long `/healthz` takes, asked again and again by a process of its own.

The load generator's own loop is too busy to be a fair clock. Run as a program it asks until its
standard input ends, and then prints the milliseconds of each answer as JSON, and how many of them
the service or the probe could have run and others did (Linux's schedstat): what a machine of its
own would have spared. A question without an answer counts as its time limit.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import select
import socket
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

INTERVAL_SECONDS = 0.1
ANSWER_SECONDS = 10.0


@dataclass
class HealthAnswers:
    """Of each question: milliseconds until it was answered, and those spent waiting for a core."""

    ms: list[float] = field(default_factory=list)
    waited_ms: list[float] = field(default_factory=list)

    @property
    def longest_own_ms(self) -> float:
        """The longest answer without what waiting for a core took of it; NaN without answers."""
        own = (ms - waited for ms, waited in zip(self.ms, self.waited_ms, strict=True))
        return max(own, default=math.nan)


@contextlib.asynccontextmanager
async def health_probe(url: str, pid: int) -> AsyncIterator[HealthAnswers]:
    """pid: the process that answers. Filled when the block ends."""
    host, port = url.removeprefix("http://").split(":")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, __file__, host, port, str(pid)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    answers = HealthAnswers()
    try:
        yield answers
    finally:
        told, _ = await process.communicate(b"")
        for ms, waited_ms in json.loads(told):
            answers.ms.append(ms)
            answers.waited_ms.append(waited_ms)


def waited_for_cpu(pid: int) -> float:
    """Seconds that a process's first thread could have run, and others did."""
    return float(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9


def ask(host: str, port: int) -> float:
    """Milliseconds until the whole answer is there."""
    request = f"GET /healthz HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n"
    begun = time.perf_counter()
    try:
        with socket.create_connection((host, port), ANSWER_SECONDS) as connection:
            connection.sendall(request.encode())
            while connection.recv(4096):
                pass
    except OSError:
        return ANSWER_SECONDS * 1000
    return (time.perf_counter() - begun) * 1000


def main() -> None:
    host, port, pids = sys.argv[1], int(sys.argv[2]), (int(sys.argv[3]), os.getpid())
    answers = []
    while not select.select([sys.stdin], [], [], INTERVAL_SECONDS)[0]:
        before = sum(map(waited_for_cpu, pids))
        ms = ask(host, port)
        answers.append((ms, 1000 * (sum(map(waited_for_cpu, pids)) - before)))
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
