"""How long `/healthz` takes, asked again and again by a process of its own.

The load generator's own loop is too busy to be a fair clock. Run as a program it asks until its
standard input ends, and then prints the milliseconds of each answer as JSON; a question without an
answer counts as its time limit.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import select
import socket
import sys
import time
from collections.abc import AsyncIterator

INTERVAL_SECONDS = 0.1
ANSWER_SECONDS = 10.0


@contextlib.asynccontextmanager
async def health_probe(url: str) -> AsyncIterator[list[float]]:
    """The list is filled with milliseconds when the block ends."""
    host, port = url.removeprefix("http://").split(":")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, __file__, host, port),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    answers: list[float] = []
    try:
        yield answers
    finally:
        told, _ = await process.communicate(b"")
        answers.extend(json.loads(told))


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
    host, port = sys.argv[1], int(sys.argv[2])
    answers = []
    while not select.select([sys.stdin], [], [], INTERVAL_SECONDS)[0]:
        answers.append(ask(host, port))
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
