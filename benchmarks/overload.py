"""What becomes of everybody when three times as many come as the machine carries.

    .venv/bin/python benchmarks/overload.py [--sessions N] [--fps 15] [--seconds 120] [--json FILE]

Without --sessions: three times an estimate of the capacity, from a few seconds of as many frames as
are answered. The learners film at their rate whatever they are told; the load generator shares the
machine. Latency is that of judged frames; what became of the others is told by kind.
"""

from __future__ import annotations

import asyncio
import math
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python_services")]

from on_service.classroom import (  # noqa: E402
    SATURATING_LEARNERS,
    Server,
    classroom,
    clip,
    film,
    saturate,
)
from on_service.health_probe import health_probe  # noqa: E402
from on_service.processes import ProcessTree  # noqa: E402
from on_service.report import (  # noqa: E402
    Figure,
    figures_table,
    machine,
    markdown,
    parser,
    publish,
)
from on_service.summary import percentiles  # noqa: E402

from service import running_service  # noqa: E402

OVERLOAD = 3
ESTIMATE_SECONDS = 5.0
WARM_UP_SECONDS = 5.0
# When memory is looked at, as shares of the time.
MEMORY_MOMENTS = (0.1, 0.5, 1.0)
UNLIMITED = {"MAX_CLIENT_FPS": "1000"}

MAX_P95_MS, MIN_FAIRNESS, MAX_HEALTH_P99_MS, MAX_MEMORY_GROWTH = 300.0, 0.8, 50.0, 0.05


def main() -> int:
    options = parser(__doc__)
    options.add_argument("--sessions", type=int, help="by default: from an estimate")
    options.add_argument("--fps", type=float, default=15.0)
    options.add_argument("--seconds", type=float, default=120.0)
    options.add_argument(
        "--follow-max-fps", action="store_true", help="learners heed the server's max_fps"
    )
    arguments = options.parse_args()
    told = machine()
    environment = {**UNLIMITED, **dict(arguments.set)}
    sessions = arguments.sessions
    if sessions is None:
        with running_service(environment) as service:
            server = Server(service.url, service.process.pid)
            per_second = asyncio.run(estimate(server))
        sessions = max(1, math.ceil(OVERLOAD * per_second / arguments.fps))
    with running_service(environment) as service:
        server = Server(service.url, service.process.pid)
        result = asyncio.run(
            overload(server, sessions, arguments.fps, arguments.seconds, arguments.follow_max_fps)
        )
    publish(arguments, told, {"overload": result}, *tables(result, arguments.fps))
    return 0


async def estimate(server: Server) -> float:
    """Frames a second that are answered at most."""
    async with classroom(server.url, SATURATING_LEARNERS, clip()) as learners:
        result = await saturate(server, learners, ESTIMATE_SECONDS)
    return float(result["judged_per_second"])


async def overload(
    server: Server, sessions: int, fps: float, seconds: float, follow_max_fps: bool
) -> dict[str, Any]:
    """`film`'s figures, with those of health and memory meanwhile."""
    async with classroom(server.url, sessions, clip(), follow_max_fps) as learners:
        watching = asyncio.create_task(memory_at(server, seconds))
        async with health_probe(server.url, server.pid) as health:
            result = await film(server, learners, fps, seconds, WARM_UP_SECONDS)
        memory = await watching
    growth = max(memory.values()) / min(memory.values()) - 1
    return {
        **result,
        **percentiles(health.ms, "health"),
        "memory_mb": memory,
        "memory_growth": growth,
    }


async def memory_at(server: Server, seconds: float) -> dict[str, float]:
    """Megabytes of the service at each of `MEMORY_MOMENTS`, by its name in per cent."""
    tree, memory, at = ProcessTree(server.pid), {}, -WARM_UP_SECONDS
    for share in MEMORY_MOMENTS:
        await asyncio.sleep(share * seconds - at)
        at = share * seconds
        memory[f"{share:.0%}"] = await asyncio.to_thread(tree.memory_mb)
    return memory


def tables(result: dict[str, Any], fps: float) -> tuple[str, str]:
    megabytes = result["memory_mb"].items()
    figures = [
        Figure(f"sessions at {fps:g} fps", result["sessions"]),
        Figure("judged frames a second", result["judged_per_second"], "{:.0f}"),
        Figure("latency p50", result["latency_p50_ms"], "{:.0f} ms"),
        Figure("latency p95", result["latency_p95_ms"], "{:.0f} ms", at_most=MAX_P95_MS),
        Figure("latency p99", result["latency_p99_ms"], "{:.0f} ms"),
        Figure(
            "slowest session's updates / the median's",
            result["fairness"],
            "{:.2f}",
            at_least=MIN_FAIRNESS,
        ),
        Figure("longest gap between updates of a learner", result["longest_gap_s"], "{:.2f} s"),
        Figure("/healthz p50", result["health_p50_ms"], "{:.1f} ms"),
        Figure("/healthz p99", result["health_p99_ms"], "{:.1f} ms", at_most=MAX_HEALTH_P99_MS),
        *(
            Figure(f"memory (PSS) at {moment} of the time", mb, "{:.0f} MB")
            for moment, mb in megabytes
        ),
        Figure(
            "memory: most over least",
            result["memory_growth"],
            "{:.1%}",
            at_most=MAX_MEMORY_GROWTH,
        ),
        Figure("connections lost", result["lost_connections"], at_most=0),
        Figure("cores: service", result["server_cores"], "{:.2f}"),
        Figure("cores: load generator", result["generator_cores"], "{:.2f}"),
        Figure("cores: other work", result["other_cores"], "{:.2f}"),
    ]
    kinds = sorted(result["answers"].items(), key=lambda item: -item[1])
    rows = [[kind, str(count), f"{count / result['sent']:.1%}"] for kind, count in kinds]
    return figures_table(figures), markdown(("what became of a frame", "frames", "share"), rows)


if __name__ == "__main__":
    sys.exit(main())
