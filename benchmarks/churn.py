"""Sessions that come, send a few frames and go: what of them is left behind.

    .venv/bin/python benchmarks/churn.py [--sessions 500] [--at-once 8] [--frames 5] [--json FILE]

A third of them end by `stop_tracking`, a third close their page, a third lose their network.
Memory, open files and threads of all processes are looked at when nobody is there: after 20
sessions and after the last.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python_services")]

from on_service.classroom import Server, clip  # noqa: E402
from on_service.learner import BenchmarkLearner, Outcome  # noqa: E402
from on_service.processes import ProcessTree  # noqa: E402
from on_service.report import Figure, figures_table, machine, parser, publish  # noqa: E402
from on_service.summary import summary  # noqa: E402

from service import running_service  # noqa: E402

FPS = 15.0
FIRST_LOOK = 20
MAX_MEMORY_GROWTH = 0.10
GRACE_SECONDS = 2.0
# Until the service has noticed that everybody left, and its allocators and saves have settled.
EMPTY_SECONDS, SETTLE_SECONDS = 60.0, 3.0
STOPS, CLOSES, LOSES_NETWORK = range(3)


def main() -> int:
    options = parser(__doc__)
    options.add_argument("--sessions", type=int, default=500)
    options.add_argument("--at-once", type=int, default=8, help="at most so many at a time")
    options.add_argument("--frames", type=int, default=5, help="frames that each sends")
    arguments = options.parse_args()
    told = machine()
    with running_service(dict(arguments.set)) as service:
        server = Server(service.url, service.process.pid)
        result = asyncio.run(churn(server, arguments.sessions, arguments.at_once, arguments.frames))
    publish(arguments, told, {"churn": result}, figures_table(figures(result)))
    return 0


async def churn(server: Server, sessions: int, at_once: int, frames: int) -> dict[str, Any]:
    """What is left after the first and after all sessions, and what these saw."""
    places = asyncio.Semaphore(at_once)
    begun = time.monotonic()
    early = await visits(server, range(FIRST_LOOK), frames, places)
    before = await left_behind(server)
    late = await visits(server, range(FIRST_LOOK, sessions), frames, places)
    after = await left_behind(server)
    told = [outcome for outcome in [*early, *late] if outcome is not None]
    return {
        **summary(told),
        "sessions": sessions,
        "failed_sessions": sessions - len(told),
        "seconds": time.monotonic() - begun,
        "early": before,
        "end": after,
        "memory_growth": after["memory_mb"] / before["memory_mb"] - 1,
    }


async def visits(
    server: Server, numbers: range, frames: int, places: asyncio.Semaphore
) -> list[Outcome | None]:
    """One visit for each number; None where one could not be made."""
    pictures = clip()

    async def one(number: int) -> Outcome | None:
        async with places:
            try:
                return await visit(BenchmarkLearner(server.url, number, pictures), number, frames)
            except OSError:
                return None

    return list(await asyncio.gather(*(one(number) for number in numbers)))


async def visit(learner: BenchmarkLearner, number: int, frames: int) -> Outcome:
    await learner.start()
    await learner.send_at(FPS, frames / FPS)
    way = number % 3
    # Who loses the network has frames on their way.
    if way == LOSES_NETWORK:
        learner.abort()
        return learner.outcome
    await learner.settle(GRACE_SECONDS)
    if way == STOPS:
        await learner.stop_tracking()
    learner.close()
    return learner.outcome


async def left_behind(server: Server) -> dict[str, float]:
    """Memory, files and threads once no session is alive. Raises TimeoutError where some stay."""
    until = time.monotonic() + EMPTY_SECONDS
    while await asyncio.to_thread(alive, server.url):
        if time.monotonic() > until:
            raise TimeoutError("sessions are still alive though everybody left")
        await asyncio.sleep(0.2)
    await asyncio.sleep(SETTLE_SECONDS)
    tree = ProcessTree(server.pid)
    return {
        "memory_mb": tree.memory_mb(),
        "open_files": tree.open_files(),
        "threads": tree.threads(),
    }


def alive(url: str) -> int:
    """Sessions, by `/readyz`."""
    with urllib.request.urlopen(f"{url}/readyz", timeout=10) as answer:
        return int(json.load(answer)["sessions"])


def figures(result: dict[str, Any]) -> list[Figure]:
    early, end, count = result["early"], result["end"], result["sessions"]
    after = f"after {count} sessions"
    return [
        Figure("sessions", count),
        Figure("sessions that could not start or end", result["failed_sessions"], at_most=0),
        Figure("time", result["seconds"], "{:.0f} s"),
        Figure(
            "frames judged, of those sent (some on a broken connection)",
            result["judged_share"],
            "{:.1%}",
        ),
        Figure(f"memory (PSS) after {FIRST_LOOK} sessions", early["memory_mb"], "{:.0f} MB"),
        Figure(f"memory (PSS) {after}", end["memory_mb"], "{:.0f} MB"),
        Figure("growth", result["memory_growth"], "{:.1%}", at_most=MAX_MEMORY_GROWTH),
        Figure(f"open files after {FIRST_LOOK} sessions", early["open_files"]),
        Figure(f"open files {after}", end["open_files"], at_most=early["open_files"]),
        Figure(f"threads after {FIRST_LOOK} sessions", early["threads"]),
        Figure(f"threads {after}", end["threads"], at_most=early["threads"]),
    ]


if __name__ == "__main__":
    sys.exit(main())
