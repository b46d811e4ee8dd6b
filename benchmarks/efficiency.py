"""What the whole service costs, against a bare loop of decode and Face Mesh in the same run.

    .venv/bin/python benchmarks/efficiency.py [--seconds 20] [--json FILE]

Load generator, service and bare loop share this machine; only their ratio carries over to others.
What each step of a frame's path costs is `steps.py`'s to tell.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python_services")]

from on_service.bare_loop import bare_loop  # noqa: E402
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
from on_service.report import Figure, figures_table, machine, parser, publish  # noqa: E402
from on_service.summary import percentiles  # noqa: E402

from service import running_service  # noqa: E402

CLASS_SIZE = 8
CLASS_FPS = 15.0
# Frames above the limit are refused, which would measure the limit. Saves are part of the cost.
SETTINGS = {"MAX_CLIENT_FPS": "1000", "FLUSH_INTERVAL_SECONDS": "10"}

MAX_COST_RATIO = 1.10
MAX_IDLE_MB, MAX_SESSION_MB, MAX_READY_SECONDS = 450.0, 33.0, 6.0


def main() -> int:
    options = parser(__doc__)
    options.add_argument("--seconds", type=float, default=20.0, help="length of each measurement")
    arguments = options.parse_args()
    told = machine()
    result = measure(arguments.seconds, {**SETTINGS, **dict(arguments.set)})
    publish(arguments, told, result, figures_table(figures(result)))
    return 0


def measure(seconds: float, environment: dict[str, str]) -> dict[str, Any]:
    """The bare loop before and after, and the service between."""
    frames = clip()
    before = bare_loop(frames)
    begun = time.monotonic()
    with running_service(environment) as service:
        ready = time.monotonic() - begun
        server = Server(service.url, service.process.pid)
        in_class = asyncio.run(at_cameras_rate(server, frames, seconds))
        saturated = asyncio.run(saturated_class(server, frames, seconds))
    after = bare_loop(frames)
    bare = {name: (before[name] + after[name]) / 2 for name in before}
    floor = bare["cpu_ms_per_frame"]
    return {
        "bare_loop": bare,
        "ready_s": ready,
        "classroom": in_class,
        "saturation": saturated,
        "cost_ratio": in_class["cpu_ms_per_judged_frame"] / floor,
        "cost_ratio_saturated": saturated["cpu_ms_per_judged_frame"] / floor,
    }


async def at_cameras_rate(server: Server, frames: list[bytes], seconds: float) -> dict[str, Any]:
    """A class at its camera's rate, and what it takes in memory."""
    tree = ProcessTree(server.pid)
    idle_mb = tree.memory_mb()
    async with classroom(server.url, CLASS_SIZE, frames) as learners:
        async with health_probe(server.url) as health_ms:
            result = await film(server, learners, CLASS_FPS, seconds)
        busy_mb = tree.memory_mb()
    return {
        **result,
        **percentiles(health_ms, "health"),
        "cpu_ms_per_judged_frame": result["server_cpu_s"] * 1000 / result["judged"],
        "loop_cpu_ms_per_judged_frame": result["first_process_cpu_s"] * 1000 / result["judged"],
        "idle_memory_mb": idle_mb,
        "memory_mb_per_session": (busy_mb - idle_mb) / CLASS_SIZE,
    }


async def saturated_class(server: Server, frames: list[bytes], seconds: float) -> dict[str, Any]:
    """As many frames as the service answers."""
    async with classroom(server.url, SATURATING_LEARNERS, frames) as learners:
        result = await saturate(server, learners, seconds)
    per_frame = result["server_cpu_s"] * 1000 / result["judged"]
    return {**result, "cpu_ms_per_judged_frame": per_frame}


def figures(result: dict[str, Any]) -> list[Figure]:
    bare, room, full = result["bare_loop"], result["classroom"], result["saturation"]
    ms = "{:.2f} ms"
    return [
        Figure("bare loop of decode + Face Mesh: CPU per frame", bare["cpu_ms_per_frame"], ms),
        Figure(
            f"service, {CLASS_SIZE} learners at {CLASS_FPS:g} fps: CPU per judged frame",
            room["cpu_ms_per_judged_frame"],
            ms,
        ),
        Figure("of that, the event loop's process", room["loop_cpu_ms_per_judged_frame"], ms),
        Figure("service over bare loop", result["cost_ratio"], "{:.2f}", MAX_COST_RATIO),
        Figure("judged, of the frames sent", room["judged_share"], "{:.1%}"),
        *_latencies("latency", room),
        Figure("longest gap between updates of a learner", room["longest_gap_s"], "{:.2f} s"),
        Figure("/healthz meanwhile, p50", room["health_p50_ms"], "{:.1f} ms"),
        Figure("/healthz meanwhile, p99", room["health_p99_ms"], "{:.1f} ms"),
        Figure("ready after", result["ready_s"], "{:.1f} s", MAX_READY_SECONDS),
        Figure(
            "memory idle, all processes (PSS)", room["idle_memory_mb"], "{:.0f} MB", MAX_IDLE_MB
        ),
        Figure("memory per session", room["memory_mb_per_session"], "{:.1f} MB", MAX_SESSION_MB),
        Figure("saturated: judged frames a second", full["judged_per_second"], "{:.0f}"),
        Figure("saturated: CPU per judged frame", full["cpu_ms_per_judged_frame"], ms),
        Figure("saturated: service over bare loop", result["cost_ratio_saturated"], "{:.2f}"),
        *_latencies("saturated: latency", full),
        Figure("cores in use by other work meanwhile", room["other_cores"], "{:.2f}"),
    ]


def _latencies(name: str, told: dict[str, Any]) -> list[Figure]:
    return [Figure(f"{name} p{p}", told[f"latency_p{p}_ms"], "{:.0f} ms") for p in (50, 95, 99)]


if __name__ == "__main__":
    sys.exit(main())
