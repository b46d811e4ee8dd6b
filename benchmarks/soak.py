"""A mixed class for as long as you like: does anything grow, slow down or break?

    .venv/bin/python benchmarks/soak.py [--minutes 10] [--json FILE]

Some film at 15 fps, some at 5, and some come and go. A row a minute: memory, latency, frames
judged, restarts of workers, open files. Whoever loses the connection comes back, and is counted.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python_services")]

from on_service.classroom import Server, clip  # noqa: E402
from on_service.learner import BenchmarkLearner, Outcome  # noqa: E402
from on_service.processes import CpuClock, ProcessTree  # noqa: E402
from on_service.report import Figure, figures_table, machine, markdown, parser, publish  # noqa: E402
from on_service.summary import summary  # noqa: E402

from service import running_service  # noqa: E402

FAST_FPS, SLOW_FPS = 15.0, 5.0
# How long one who comes and goes stays, and how long their place is then empty.
STAY_SECONDS, EMPTY_SECONDS = (5.0, 25.0), (0.5, 3.0)
SEED = 5
HEADINGS = (
    "minute",
    "memory (PSS)",
    "p95",
    "judged",
    "sessions",
    "connections lost",
    "starts of workers",
    "open files",
    "cores: service / load generator / others",
)


class Places:
    """Everybody's seat: who sits there, and what they saw in the minute that runs."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._frames = clip()
        self._random = random.Random(SEED)
        self._present: set[BenchmarkLearner] = set()
        self._gone: list[Outcome] = []
        self._visits = 0

    async def stay(self, fps: float) -> None:
        """One learner who films to the end, and comes back if thrown out."""
        while True:
            await self._visit(fps, float("inf"))

    async def come_and_go(self, fps: float) -> None:
        """One after the other."""
        while True:
            await self._visit(fps, self._random.uniform(*STAY_SECONDS))
            await asyncio.sleep(self._random.uniform(*EMPTY_SECONDS))

    async def _visit(self, fps: float, seconds: float) -> None:
        self._visits += 1
        learner = BenchmarkLearner(self._server.url, self._visits, self._frames)
        try:
            await learner.start()
        except OSError:
            self._gone.append(Outcome(lost=True))
            await asyncio.sleep(1.0)
            return
        self._present.add(learner)
        try:
            await learner.send_at(fps, seconds, self._random.random() / fps, until_lost=True)
            await learner.settle(1.0)
        finally:
            self._present.discard(learner)
            self._gone.append(learner.outcome)
            learner.close()

    def take_minute(self) -> dict[str, Any]:
        """`summary` of all since the last call; frames that are on their way are unanswered."""
        outcomes = [*self._gone, *(learner.outcome for learner in self._present)]
        self._gone = []
        for learner in self._present:
            learner.measure()
        return summary(outcomes)


def main() -> int:
    options = parser(__doc__)
    options.add_argument("--minutes", type=float, default=10.0)
    options.add_argument("--fast", type=int, default=2, help="learners at 15 fps")
    options.add_argument("--slow", type=int, default=4, help="learners at 5 fps")
    options.add_argument("--restless", type=int, default=3, help="who come and go, at 5 fps")
    arguments = options.parse_args()
    told = machine()
    with running_service(dict(arguments.set)) as service:
        server = Server(service.url, service.process.pid)
        minutes = asyncio.run(soak(server, arguments))
    publish(
        arguments,
        told,
        {"minutes": minutes},
        markdown(HEADINGS, [cells(minute) for minute in minutes]),
        figures_table(figures(minutes)),
    )
    return 0


async def soak(server: Server, arguments: Any) -> list[dict[str, Any]]:
    """Figures of each minute, printed as they come."""
    places, tree = Places(server), ProcessTree(server.pid)
    tasks = [
        *(asyncio.create_task(places.stay(FAST_FPS)) for _ in range(arguments.fast)),
        *(asyncio.create_task(places.stay(SLOW_FPS)) for _ in range(arguments.slow)),
        *(asyncio.create_task(places.come_and_go(SLOW_FPS)) for _ in range(arguments.restless)),
    ]
    minutes: list[dict[str, Any]] = []
    for seconds in _lengths(arguments.minutes):
        clock = CpuClock(server.pid)
        await asyncio.sleep(seconds)
        minute = {
            "minute": len(minutes) + 1,
            **places.take_minute(),
            **clock.stop(),
            "memory_mb": await asyncio.to_thread(tree.memory_mb),
            "open_files": tree.open_files(),
            "worker_starts": await asyncio.to_thread(worker_starts, server.url),
        }
        minutes.append(minute)
        print(f"minute {minute['minute']}: {minute['memory_mb']:.0f} MB", file=sys.stderr)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return minutes


def _lengths(minutes: float) -> Iterable[float]:
    """Seconds of each row: whole minutes, and what is left."""
    whole, rest = divmod(minutes * 60, 60)
    return [60.0] * int(whole) + ([rest] if rest else [])


def worker_starts(url: str) -> int:
    """By `/readyz`, of all workers; one each is where it begins."""
    with urllib.request.urlopen(f"{url}/readyz", timeout=10) as answer:
        return sum(worker["starts"] for worker in json.load(answer)["workers"])


def cells(minute: dict[str, Any]) -> list[str]:
    cores = "{server_cores:.2f} / {generator_cores:.2f} / {other_cores:.2f}"
    return [
        str(minute["minute"]),
        f"{minute['memory_mb']:.0f} MB",
        f"{minute['latency_p95_ms']:.0f} ms",
        f"{minute['judged_share']:.1%}",
        str(minute["sessions"]),
        str(minute["lost_connections"]),
        str(minute["worker_starts"]),
        str(minute["open_files"]),
        cores.format(**minute),
    ]


def figures(minutes: list[dict[str, Any]]) -> list[Figure]:
    """Growth since the second row: the first has the arrival of the class in it."""
    settled = minutes[min(1, len(minutes) - 1)]
    last = minutes[-1]
    growth = last["memory_mb"] / settled["memory_mb"] - 1
    return [
        Figure("memory: last row over the second", growth, "{:+.1%}"),
        Figure("highest p95", max(minute["latency_p95_ms"] for minute in minutes), "{:.0f} ms"),
        Figure("connections lost", sum(minute["lost_connections"] for minute in minutes)),
        Figure("starts of workers", last["worker_starts"]),
    ]


if __name__ == "__main__":
    sys.exit(main())
