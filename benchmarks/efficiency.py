"""What the whole service costs, against a bare loop of decode and Face Mesh in the same run.

    .venv/bin/python benchmarks/efficiency.py [--seconds 20] [--json FILE]

Load generator, service and bare loop share this machine; only their ratio carries over to others.
A shared machine is faster and slower from one minute to the next, so both take turns, and the
median of the rounds is told.
What each step of a frame's path costs is `steps.py`'s to tell.
"""

from __future__ import annotations

import asyncio
import statistics
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
ROUNDS = 5
# Frames above the limit are refused, which would measure the limit. Saves are part of the cost.
SETTINGS = {"MAX_CLIENT_FPS": "1000", "FLUSH_INTERVAL_SECONDS": "10"}

MAX_COST_RATIO = 1.10
MAX_IDLE_MB, MAX_SESSION_MB, MAX_READY_SECONDS = 450.0, 33.0, 6.0


def main() -> int:
    options = parser(__doc__)
    options.add_argument(
        "--seconds", type=float, default=20.0, help="length of all rounds, of each kind"
    )
    arguments = options.parse_args()
    told = machine()
    result = measure(arguments.seconds, {**SETTINGS, **dict(arguments.set)})
    publish(arguments, told, result, figures_table(figures(result)))
    return 0


def measure(seconds: float, environment: dict[str, str]) -> dict[str, Any]:
    """Bare loop and service in turns; the ratios are of one round each."""
    frames = clip()
    begun = time.monotonic()
    with running_service(environment) as service:
        ready = time.monotonic() - begun
        server = Server(service.url, service.process.pid)
        idle_mb = ProcessTree(server.pid).memory_mb()
        rounds = [one_round(server, frames, seconds / ROUNDS, idle_mb) for _ in range(ROUNDS)]
    return {
        **{part: medians([told[part] for told in rounds]) for part in rounds[0]},
        "ready_s": ready,
        "rounds": rounds,
    }


def one_round(
    server: Server, frames: list[bytes], seconds: float, idle_mb: float
) -> dict[str, dict[str, Any]]:
    bare = bare_loop(frames)
    paced = bare_loop(frames, CLASS_SIZE * CLASS_FPS)
    in_class = asyncio.run(at_cameras_rate(server, frames, seconds, idle_mb))
    saturated = asyncio.run(saturated_class(server, frames, seconds))
    floor = bare["cpu_ms_per_frame"]
    return {
        "bare_loop": bare,
        "bare_loop_at_rate": paced,
        "classroom": in_class,
        "saturation": saturated,
        "ratios": {
            "classroom": in_class["cpu_ms_per_judged_frame"] / floor,
            "saturation": saturated["cpu_ms_per_judged_frame"] / floor,
            "classroom_at_rate": in_class["cpu_ms_per_judged_frame"] / paced["cpu_ms_per_frame"],
        },
    }


def medians(told: list[dict[str, Any]]) -> dict[str, Any]:
    """Of each number over the rounds."""
    return {
        name: statistics.median(of_round[name] for of_round in told)
        for name, value in told[0].items()
        if isinstance(value, int | float)
    }


async def at_cameras_rate(
    server: Server, frames: list[bytes], seconds: float, idle_mb: float
) -> dict[str, Any]:
    """A class at its camera's rate, and what it takes in memory beyond that of the idle service."""
    tree = ProcessTree(server.pid)
    async with classroom(server.url, CLASS_SIZE, frames) as learners:
        result = await film(server, learners, CLASS_FPS, seconds)
        busy_mb = tree.memory_mb()
        # Apart, since ten questions a second are no part of what a frame costs.
        async with health_probe(server.url, server.pid) as health:
            await film(server, learners, CLASS_FPS, seconds)
    return {
        **result,
        **percentiles(health.ms, "health"),
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
    ratios, rounds = result["ratios"], result["rounds"]
    ms = "{:.2f} ms"
    return [
        Figure("bare loop of decode + Face Mesh: CPU per frame", bare["cpu_ms_per_frame"], ms),
        Figure(
            f"service, {CLASS_SIZE} learners at {CLASS_FPS:g} fps: CPU per judged frame",
            room["cpu_ms_per_judged_frame"],
            ms,
        ),
        Figure("of that, the event loop's process", room["loop_cpu_ms_per_judged_frame"], ms),
        Figure("service over bare loop", ratios["classroom"], "{:.2f}", MAX_COST_RATIO),
        *(
            Figure(
                f"the same, {which} round",
                pick(each["ratios"]["classroom"] for each in rounds),
                "{:.2f}",
            )
            for which, pick in (("best", min), ("worst", max))
        ),
        Figure(
            "bare loop at the class's rate, with a pause after each frame",
            result["bare_loop_at_rate"]["cpu_ms_per_frame"],
            ms,
        ),
        Figure("service over that", ratios["classroom_at_rate"], "{:.2f}"),
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
        Figure("saturated: service over bare loop", ratios["saturation"], "{:.2f}"),
        *_latencies("saturated: latency", full),
        Figure("cores in use by other work meanwhile", room["other_cores"], "{:.2f}"),
    ]


def _latencies(name: str, told: dict[str, Any]) -> list[Figure]:
    return [Figure(f"{name} p{p}", told[f"latency_p{p}_ms"], "{:.0f} ms") for p in (50, 95, 99)]


if __name__ == "__main__":
    sys.exit(main())
