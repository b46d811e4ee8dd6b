"""How many learners one machine carries who send landmarks instead of pictures.

    .venv/bin/python benchmarks/landmarks.py [--learners 2000] [--seconds 60] [--follow]
        [--json FILE]

Each sends 5 samples in a batch once a second, at a moment of its own, or, with --follow, as seldom
as the service asks for; the load generator shares the machine. Latency is from a batch's sending to
its update. Bytes are those of a learner's messages for one second, WebSocket framing included.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python_services")]

from on_service.classroom import GRACE_SECONDS, Server  # noqa: E402
from on_service.health_probe import health_probe  # noqa: E402
from on_service.landmark_learner import LandmarkLearner, samples  # noqa: E402
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

CLIP_SECONDS = 20
# Until the service has found how often it wants batches.
WARM_UP_SECONDS, FOLLOWING_WARM_UP_SECONDS = 5.0, 40.0
# The service lets 100 a second in.
CONNECTING_AT_ONCE = 50
MAX_P95_MS, MAX_MEMORY_MB, MAX_HEALTH_P99_MS, MAX_BYTES = 150.0, 1200.0, 50.0, 2500


def main() -> int:
    options = parser(__doc__)
    options.add_argument("--learners", type=int, default=2000)
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--follow", action="store_true", help="heed the server's batch_seconds")
    arguments = options.parse_args()
    told = machine()
    with running_service(dict(arguments.set)) as service:
        server = Server(service.url, service.process.pid)
        result = asyncio.run(school(server, arguments))
    publish(arguments, told, {"landmarks": result}, *tables(result))
    return 0


async def school(server: Server, arguments: argparse.Namespace) -> dict[str, Any]:
    warm_up = FOLLOWING_WARM_UP_SECONDS if arguments.follow else WARM_UP_SECONDS
    async with seated(server.url, arguments.learners, arguments.follow) as everybody:
        sending = [
            asyncio.create_task(
                learner.send_batches(warm_up + arguments.seconds, n / len(everybody))
            )
            for n, learner in enumerate(everybody)
        ]
        await asyncio.sleep(warm_up)
        for learner in everybody:
            learner.measure()
        clock = CpuClock(server.pid)
        async with health_probe(server.url, server.pid) as health:
            await asyncio.gather(*sending)
        cpu = clock.stop()
        memory = await asyncio.to_thread(ProcessTree(server.pid).memory_mb)
        await asyncio.gather(*(learner.settle(GRACE_SECONDS) for learner in everybody))
    result = {**summary([learner.outcome for learner in everybody]), **cpu}
    size = len(LandmarkLearner("", 0, everybody[0].clip)._packets(12345))
    period = arguments.seconds * len(everybody) / max(1, result["sent"])
    told = {"memory_mb": memory, "bytes": size, "batch_seconds": period}
    return {**result, **percentiles(health.ms, "health"), **told}


@contextlib.asynccontextmanager
async def seated(url: str, learners: int, follow: bool) -> AsyncIterator[list[LandmarkLearner]]:
    """So many, connected and in a session each; they leave at the end."""
    clip, room = samples(CLIP_SECONDS), asyncio.Semaphore(CONNECTING_AT_ONCE)
    everybody = [LandmarkLearner(url, number, clip, follow) for number in range(learners)]

    async def sit_down(learner: LandmarkLearner) -> None:
        async with room:
            await learner.start()

    await asyncio.gather(*(sit_down(learner) for learner in everybody))
    try:
        yield everybody
    finally:
        for learner in everybody:
            learner.close()


def tables(result: dict[str, Any]) -> tuple[str, str]:
    answered = result["judged"] / max(1, result["sent"])
    figures = [
        Figure("learners, 5 samples a second each", result["sessions"]),
        Figure("seconds between two batches, on average", result["batch_seconds"], "{:.2f}"),
        Figure("batches answered", answered, "{:.2%}", at_least=1.0),
        Figure("latency p50", result["latency_p50_ms"], "{:.0f} ms"),
        Figure("latency p95", result["latency_p95_ms"], "{:.0f} ms", at_most=MAX_P95_MS),
        Figure("latency p99", result["latency_p99_ms"], "{:.0f} ms"),
        Figure("/healthz p50", result["health_p50_ms"], "{:.1f} ms"),
        Figure("/healthz p99", result["health_p99_ms"], "{:.1f} ms", at_most=MAX_HEALTH_P99_MS),
        Figure("memory (PSS)", result["memory_mb"], "{:.0f} MB", at_most=MAX_MEMORY_MB),
        Figure("bytes a second and learner, up", result["bytes"], at_most=MAX_BYTES),
        Figure("connections lost", result["lost_connections"], at_most=0),
        Figure("cores: service", result["server_cores"], "{:.2f}"),
        Figure("event loop's process", result["first_process_cpu_s"], "{:.1f} s of CPU"),
        Figure("cores: load generator", result["generator_cores"], "{:.2f}"),
        Figure("cores: other work", result["other_cores"], "{:.2f}"),
    ]
    kinds = sorted(result["answers"].items(), key=lambda item: -item[1])
    rows = [[kind, str(count), f"{count / result['sent']:.2%}"] for kind, count in kinds]
    return figures_table(figures), markdown(("what became of a batch", "batches", "share"), rows)


if __name__ == "__main__":
    sys.exit(main())
