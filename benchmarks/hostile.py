"""What learners notice of strangers who send what must be refused, and of half-open connections.

    .venv/bin/python benchmarks/hostile.py [--messages 100000] [--connections 64]
        [--half-open 1000] [--half-open-seconds 20] [--json FILE]

Messages, over all faces: malformed packets, events, frames over REST and messages of raw WebSockets
with wrong fields, WebSocket frames that break the rules, requests that lie, pings, and messages in
pieces without end. Each attack meets a fresh service with the settings
of an operator who has set none, and learners who film all the while. The same attack comes first,
and memory is compared with what it left: that is room for so many at a time, and no leak.
Strangers, learners and probe share the machine: where the event loop waits for a core, so do the
answers of `/healthz`, and how long that was is told apart.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python_services")]

from on_service.classroom import GRACE_SECONDS, Server, classroom, clip  # noqa: E402
from on_service.health_probe import health_probe, waited_for_cpu  # noqa: E402
from on_service.learner import BenchmarkLearner  # noqa: E402
from on_service.processes import CpuClock, ProcessTree  # noqa: E402
from on_service.report import (  # noqa: E402
    Figure,
    figures_table,
    machine,
    markdown,
    parser,
    publish,
)
from on_service.summary import percentiles, summary  # noqa: E402

from service import running_service  # noqa: E402

STRANGERS = ROOT / "benchmarks" / "on_service" / "hostile_clients.py"
LEARNERS, FPS = 2, 10.0
WARM_UP_SECONDS = 2.0
# Memory and files are looked at when no file was closed for so long, or after so long.
SETTLE_SECONDS, MAX_SETTLE_SECONDS = 5.0, 40.0
MIN_SHARE, MAX_HEALTH_MS, MAX_MEMORY_GROWTH = 0.95, 50.0, 0.05


def main() -> int:
    options = parser(__doc__)
    options.add_argument("--messages", type=int, default=100_000)
    options.add_argument("--connections", type=int, default=64)
    options.add_argument("--half-open", type=int, default=1000)
    options.add_argument("--half-open-seconds", type=float, default=20.0)
    arguments = options.parse_args()
    told = machine()
    connections, half_open = str(arguments.connections), str(arguments.half_open)
    seconds = str(arguments.half_open_seconds)
    attacks = {
        "messages": ["--connections", connections, "--messages", str(arguments.messages)],
        "half_open": ["--connections", half_open, "--half-open-seconds", seconds],
    }
    results = {}
    for name, attack in attacks.items():
        with running_service(dict(arguments.set)) as service:
            server = Server(service.url, service.process.pid)
            result = asyncio.run(under_attack(server, attack))
            results[name] = {**result, "alive": service.answers(), "log_bytes": len(service.log)}
    publish(arguments, told, results, *(table(name, told) for name, told in results.items()))
    return 0


async def under_attack(server: Server, attack: list[str]) -> dict[str, Any]:
    """What learners and probe saw of the second one, and what it left behind."""
    tree = ProcessTree(server.pid)
    async with filming(server) as learners:
        await strangers(server, attack)
        before = await settled(tree)
        for learner in learners:
            learner.measure()
        clock, waited = CpuClock(server.pid), waited_for_cpu(server.pid)
        async with health_probe(server.url, server.pid) as health:
            said = await strangers(server, attack)
        cpu, waited = clock.stop(), waited_for_cpu(server.pid) - waited
        outcomes = [learner.outcome for learner in learners]
        result = summary(outcomes)
        after = await settled(tree)
    return {
        **result,
        **percentiles(health.ms, "health"),
        "health_max_ms": max(health.ms, default=math.nan),
        "health_own_max_ms": health.longest_own_ms,
        **cpu,
        "waited_for_cpu_s": waited,
        "said": said,
        "before": before,
        "after": after,
        "memory_growth": after["memory_mb"] / before["memory_mb"] - 1,
    }


@contextlib.asynccontextmanager
async def filming(server: Server) -> AsyncIterator[list[BenchmarkLearner]]:
    """A class that films until the block ends."""
    async with classroom(server.url, LEARNERS, clip(), follow_max_fps=True) as learners:
        cameras = [
            asyncio.create_task(learner.send_at(FPS, math.inf, n / LEARNERS / FPS, until_lost=True))
            for n, learner in enumerate(learners)
        ]
        await asyncio.sleep(WARM_UP_SECONDS)
        try:
            yield learners
        finally:
            for camera in cameras:
                camera.cancel()
            await asyncio.gather(*cameras, return_exceptions=True)
            await asyncio.gather(*(learner.settle(GRACE_SECONDS) for learner in learners))


async def strangers(server: Server, attack: list[str]) -> dict[str, Any]:
    """What they say of it, once they have gone."""
    host, port = server.url.removeprefix("http://").split(":")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(STRANGERS), host, port, *attack), stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    return dict(json.loads(told))


async def settled(tree: ProcessTree) -> dict[str, float]:
    begun = since = time.monotonic()
    files = tree.open_files()
    while (now := time.monotonic()) - since < SETTLE_SECONDS and now - begun < MAX_SETTLE_SECONDS:
        await asyncio.sleep(0.5)
        if (left := tree.open_files()) != files:
            files, since = left, now
    return {"memory_mb": tree.memory_mb(), "open_files": files}


def table(name: str, result: dict[str, Any]) -> str:
    before, after = result["before"], result["after"]
    figures = [
        Figure("service answers afterwards", result["alive"], at_least=1),
        Figure("frames of learners judged", result["judged_share"], "{:.1%}", at_least=MIN_SHARE),
        Figure("learners' connections lost", result["lost_connections"], at_most=0),
        Figure("learners' latency p95", result["latency_p95_ms"], "{:.0f} ms"),
        Figure("/healthz p50", result["health_p50_ms"], "{:.1f} ms"),
        Figure("/healthz p99", result["health_p99_ms"], "{:.1f} ms", at_most=MAX_HEALTH_MS),
        Figure("/healthz at most", result["health_max_ms"], "{:.1f} ms"),
        Figure(
            "the same without waits for a core",
            result["health_own_max_ms"],
            "{:.1f} ms",
            at_most=MAX_HEALTH_MS,
        ),
        Figure("memory (PSS) before", before["memory_mb"], "{:.0f} MB"),
        Figure("memory (PSS) after", after["memory_mb"], "{:.0f} MB"),
        Figure("growth", result["memory_growth"], "{:.1%}", at_most=MAX_MEMORY_GROWTH),
        Figure("open files before", before["open_files"]),
        Figure("open files after", after["open_files"], at_most=before["open_files"]),
        Figure("event loop ran", result["first_process_cpu_s"], "{:.1f} s"),
        Figure("event loop waited for a core", result["waited_for_cpu_s"], "{:.1f} s"),
        Figure("cores: other work", result["other_cores"], "{:.2f}"),
        Figure("log written", result["log_bytes"] / 1024, "{:.0f} KB"),
    ]
    said = [[what, f"{count:,.0f}"] for what, count in sorted(result["said"].items())]
    heading = "## Hostile messages" if name == "messages" else "## Half-open connections"
    return "\n\n".join((heading, figures_table(figures), markdown(("strangers say", ""), said)))


if __name__ == "__main__":
    sys.exit(main())
