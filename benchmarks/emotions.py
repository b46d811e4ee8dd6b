"""Predictions of emotions: how long one takes, how many there are a second, and what it costs.

    .venv/bin/python benchmarks/emotions.py [--predicting 50] [--idle 1000] [--seconds 20]
        [--learners 0] [--json FILE]

First one client asks by itself, then all that predict at once, beside those that are connected and
silent, and beside learners who film at 15 fps and follow `max_fps`. Everybody sends the same
640×480 pictures, asks again when it is answered, and shares the machine with the service.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python_services")]

from on_service.asking_client import AskingClient, ask_for, connect_all  # noqa: E402
from on_service.classroom import DATA_URL, Server, classroom, clip  # noqa: E402
from on_service.health_probe import health_probe  # noqa: E402
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

WARM_UP_SECONDS = 3.0
ALONE_SECONDS = 10.0
LEARNER_FPS = 15.0
MAX_ALONE_P50_MS, MIN_PER_SECOND, MAX_MEMORY_MB = 15.0, 100.0, 600.0


def main() -> int:
    options = parser(__doc__)
    options.add_argument("--predicting", type=int, default=50)
    options.add_argument("--idle", type=int, default=1000)
    options.add_argument("--seconds", type=float, default=20.0)
    options.add_argument("--learners", type=int, default=0, help="over Socket.IO")
    arguments = options.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    told = machine()
    faces = "focus,emotions" if arguments.learners else "emotions"
    with running_service({"ENABLED_FACES": faces, **dict(arguments.set)}) as service:
        server = Server(service.url, service.process.pid)
        result = asyncio.run(measured(server, arguments))
    publish(arguments, told, result, *tables(result, arguments))
    return 0


async def measured(server: Server, arguments: Any) -> dict[str, Any]:
    tree = ProcessTree(server.pid)
    memory = {"ready": tree.memory_mb()}
    questions = [json.dumps({"command": "predict", "image": image}) for image in clip(DATA_URL)]
    clients = [AskingClient(server.url + "/ws", questions) for _ in range(arguments.predicting)]
    idle = [AskingClient(server.url + "/ws", questions[:1]) for _ in range(arguments.idle)]
    await connect_all(clients)
    alone = await asked(clients[:1], ALONE_SECONDS)
    await connect_all(idle)
    memory["idle"] = await asyncio.to_thread(tree.memory_mb)
    clock = CpuClock(server.pid)
    async with (
        classroom(server.url, arguments.learners, clip(), follow_max_fps=True) as learners,
        health_probe(server.url, server.pid) as health,
    ):
        filming = start_filming(learners, WARM_UP_SECONDS + arguments.seconds)
        together = await asked(clients, arguments.seconds)
        await asyncio.gather(*filming)
        beside = summary([learner.outcome for learner in learners]) if learners else {}
    cpu = clock.stop()
    memory["predicting"] = await asyncio.to_thread(tree.memory_mb)
    lost = sum(client.lost for client in (*clients, *idle))
    for client in (*clients, *idle):
        client.close()
    return {
        "alone": alone,
        "together": together,
        "learners": beside,
        **percentiles(health.ms, "health"),
        **cpu,
        "lost_connections": lost,
        "memory_mb": memory,
    }


def start_filming(learners: list[BenchmarkLearner], seconds: float) -> list[asyncio.Task[None]]:
    return [
        asyncio.create_task(learner.send_at(LEARNER_FPS, seconds, n / len(learners) / LEARNER_FPS))
        for n, learner in enumerate(learners)
    ]


async def asked(clients: list[AskingClient], seconds: float) -> dict[str, Any]:
    await ask_for(clients, WARM_UP_SECONDS, seconds)
    kinds = sum((client.kinds for client in clients), Counter[str]())
    answers = sorted(len(client.milliseconds) for client in clients)
    return {
        "kinds": dict(kinds),
        "per_second": kinds["prediction"] / seconds,
        **percentiles([ms for client in clients for ms in client.milliseconds]),
        "fairness": answers[0] / max(1, answers[len(answers) // 2]),
    }


def tables(result: dict[str, Any], arguments: Any) -> tuple[str, str]:
    alone, together, memory = result["alone"], result["together"], result["memory_mb"]
    figures = [
        Figure("one client: p50", alone["latency_p50_ms"], "{:.1f} ms", at_most=MAX_ALONE_P50_MS),
        Figure("one client: p99", alone["latency_p99_ms"], "{:.1f} ms"),
        Figure("one client: predictions a second", alone["per_second"], "{:.0f}"),
        Figure(
            f"{arguments.predicting} clients: predictions a second",
            together["per_second"],
            "{:.0f}",
            at_least=MIN_PER_SECOND,
        ),
        Figure(f"{arguments.predicting} clients: p50", together["latency_p50_ms"], "{:.0f} ms"),
        Figure(f"{arguments.predicting} clients: p99", together["latency_p99_ms"], "{:.0f} ms"),
        Figure("fewest predictions of one / the median's", together["fairness"], "{:.2f}"),
        Figure("/healthz p99", result["health_p99_ms"], "{:.1f} ms"),
        Figure("connections lost", result["lost_connections"], at_most=0),
        Figure("memory (PSS): ready", memory["ready"], "{:.0f} MB"),
        Figure(f"memory (PSS): {arguments.idle} idle", memory["idle"], "{:.0f} MB"),
        Figure(
            "memory (PSS): and the others predicting",
            memory["predicting"],
            "{:.0f} MB",
            at_most=MAX_MEMORY_MB,
        ),
        Figure("cores: service", result["server_cores"], "{:.2f}"),
        Figure("cores: load generator", result["generator_cores"], "{:.2f}"),
        Figure("cores: other work", result["other_cores"], "{:.2f}"),
    ]
    if beside := result["learners"]:
        per_second = beside["judged"] / (WARM_UP_SECONDS + arguments.seconds) / beside["sessions"]
        figures += [
            Figure("learners: judged, of the pictures sent", beside["judged_share"], "{:.1%}"),
            Figure("learners: judged a second, of each", per_second, "{:.1f}"),
            Figure("learners: p95", beside["latency_p95_ms"], "{:.0f} ms"),
        ]
    rows = [[kind, str(count)] for kind, count in together["kinds"].items()]
    return figures_table(figures), markdown(("answer", "count"), rows)


if __name__ == "__main__":
    sys.exit(main())
