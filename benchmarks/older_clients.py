"""Clients of the older services beside learners over Socket.IO: answers, their shares and times.

    .venv/bin/python benchmarks/older_clients.py [--clients 50] [--fps 5] [--new-connections]
        [--web-sockets 0] [--learners 5] [--seconds 60] [--json FILE]

REST clients post a picture at each beat of their camera, unless the answer to the last is still
out, and heed nothing that they are told; so do those on `WS /ws/frames`. Learners film at 15 fps
and follow `max_fps`. All send the same 640×480 pictures, and share the machine with the service.

The second half of the time `/healthz` is asked, too; CPU is that of the first, and an answer any
that was given then. With clients of one kind alone it is what they cost:

    .venv/bin/python benchmarks/older_clients.py --clients 5 --fps 10 --learners 0
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python_services")]

from on_service.classroom import (  # noqa: E402
    DATA_URL,
    GRACE_SECONDS,
    Server,
    classroom,
    clip,
)
from on_service.frame_clients import (  # noqa: E402
    FrameClient,
    RestClient,
    WebSocketClient,
    summary_of_clients,
)
from on_service.health_probe import health_probe  # noqa: E402
from on_service.learner import JUDGED, BenchmarkLearner  # noqa: E402
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

LEARNER_FPS = 15.0
WARM_UP_SECONDS = 10.0
# Of the time in which `/healthz` is not asked.
CPU_SHARE = 0.5
MAX_ANSWER_MS, MIN_FAIRNESS, MAX_HEALTH_P99_MS = 2000.0, 0.9, 50.0
# Learners have a number of their own, and so a session.
FIRST_REST_USER, FIRST_WEB_SOCKET_USER = 1000, 2000


class Crowd(NamedTuple):
    rest: list[RestClient]
    web_sockets: list[WebSocketClient]
    learners: list[BenchmarkLearner]

    @property
    def everybody(self) -> list[FrameClient | BenchmarkLearner]:
        return [*self.rest, *self.web_sockets, *self.learners]

    @property
    def judged(self) -> int:
        return sum(each.outcome.judged for each in self.everybody)

    @property
    def answered(self) -> int:
        return sum(each.outcome.answers.total() for each in self.everybody)


def main() -> int:
    options = parser(__doc__)
    options.add_argument("--clients", type=int, default=50, help="by REST")
    options.add_argument("--fps", type=float, default=5.0, help="of all but the learners")
    options.add_argument("--new-connections", action="store_true", help="one for each picture")
    options.add_argument("--web-sockets", type=int, default=0, help="clients on /ws/frames")
    options.add_argument("--learners", type=int, default=5, help="over Socket.IO, at 15 fps")
    options.add_argument("--seconds", type=float, default=60.0)
    arguments = options.parse_args()
    told = machine()
    with running_service(dict(arguments.set)) as service:
        server = Server(service.url, service.process.pid)
        result = asyncio.run(mixed(server, arguments))
    publish(arguments, told, result, *tables(result, arguments.seconds))
    return 0


async def mixed(server: Server, arguments: Any) -> dict[str, Any]:
    """Each kind's figures, with those of CPU, memory and health."""
    tree = ProcessTree(server.pid)
    async with crowd(server, arguments) as everybody:
        filming = start_filming(everybody, arguments.fps, WARM_UP_SECONDS + arguments.seconds)
        await asyncio.sleep(WARM_UP_SECONDS)
        before_mb = await asyncio.to_thread(tree.memory_mb)
        for each in everybody.everybody:
            each.measure()
        clock = CpuClock(server.pid)
        await asyncio.sleep(CPU_SHARE * arguments.seconds)
        cpu = clock.stop()
        answered, judged = everybody.answered, everybody.judged
        async with health_probe(server.url, server.pid) as health:
            await asyncio.gather(*filming)
        await asyncio.gather(*(each.settle(GRACE_SECONDS) for each in everybody.everybody))
        after_mb = await asyncio.to_thread(tree.memory_mb)
        result = outcomes(everybody)
    other_cpu_s = cpu["server_cpu_s"] - cpu["first_process_cpu_s"]
    return {
        **result,
        **percentiles(health.ms, "health"),
        **cpu,
        "loop_cpu_ms_per_answer": 1000 * cpu["first_process_cpu_s"] / max(1, answered),
        "other_cpu_ms_per_judged_frame": 1000 * other_cpu_s / max(1, judged),
        "memory_mb": {"before": before_mb, "after": after_mb},
    }


@contextlib.asynccontextmanager
async def crowd(server: Server, arguments: Any) -> AsyncIterator[Crowd]:
    """All of them; who has a connection that lasts is connected. They leave at the end."""
    pictures = clip(DATA_URL)
    url, new = server.url, arguments.new_connections
    rest = [RestClient(url, FIRST_REST_USER + n, pictures, new) for n in range(arguments.clients)]
    sockets = [
        WebSocketClient(url, FIRST_WEB_SOCKET_USER + n, pictures)
        for n in range(arguments.web_sockets)
    ]
    async with classroom(url, arguments.learners, clip(), follow_max_fps=True) as learners:
        await asyncio.gather(*(client.start() for client in sockets))
        try:
            yield Crowd(rest, sockets, learners)
        finally:
            for client in (*rest, *sockets):
                client.close()


def start_filming(everybody: Crowd, fps: float, seconds: float) -> list[asyncio.Task[None]]:
    """Each kind at its rate, spread over its interval."""
    kinds: list[tuple[Sequence[FrameClient | BenchmarkLearner], float]] = [
        (everybody.rest, fps),
        (everybody.web_sockets, fps),
        (everybody.learners, LEARNER_FPS),
    ]
    return [
        asyncio.create_task(each.send_at(rate, seconds, n / len(kind) / rate))
        for kind, rate in kinds
        for n, each in enumerate(kind)
    ]


def outcomes(everybody: Crowd) -> dict[str, Any]:
    """Of each kind that is there."""
    clients = {"rest": everybody.rest, "web_sockets": everybody.web_sockets}
    told = {
        name: summary_of_clients([client.outcome for client in kind])
        for name, kind in clients.items()
        if kind
    }
    if everybody.learners:
        told["learners"] = summary([learner.outcome for learner in everybody.learners])
    return told


NAMES = {"rest": "REST", "web_sockets": "/ws/frames", "learners": "Socket.IO"}


def tables(result: dict[str, Any], seconds: float) -> tuple[str, str]:
    kinds = [name for name in NAMES if name in result]
    memory = result["memory_mb"]
    figures = [
        *(figure for kind in kinds for figure in _of_kind(kind, result[kind], seconds)),
        Figure("/healthz p50", result["health_p50_ms"], "{:.1f} ms"),
        Figure("/healthz p99", result["health_p99_ms"], "{:.1f} ms", at_most=MAX_HEALTH_P99_MS),
        Figure("event loop: CPU per answer", result["loop_cpu_ms_per_answer"], "{:.2f} ms"),
        Figure(
            "other processes: CPU per judged frame",
            result["other_cpu_ms_per_judged_frame"],
            "{:.2f} ms",
        ),
        Figure("memory (PSS) after the warm-up", memory["before"], "{:.0f} MB"),
        Figure("memory (PSS) at the end", memory["after"], "{:.0f} MB"),
        Figure("cores: service", result["server_cores"], "{:.2f}"),
        Figure("cores: load generator", result["generator_cores"], "{:.2f}"),
        Figure("cores: other work", result["other_cores"], "{:.2f}"),
    ]
    rows = [
        [NAMES[kind], what, str(count), f"{count / result[kind]['sent']:.1%}"]
        for kind in kinds
        for what, count in sorted(result[kind]["answers"].items(), key=lambda item: -item[1])
    ]
    headings = ("by", "what became of a picture", "pictures", "share")
    return figures_table(figures), markdown(headings, rows)


def _of_kind(kind: str, told: dict[str, Any], seconds: float) -> list[Figure]:
    name, sessions = NAMES[kind], told["sessions"]
    per_second = told["answers"].get(JUDGED, 0) / seconds / sessions
    figures = [
        Figure(f"{name}: sessions", sessions),
        Figure(f"{name}: judged, of the pictures sent", told["judged_share"], "{:.1%}"),
        Figure(f"{name}: judged a second, of each", per_second, "{:.2f}"),
        Figure(
            f"{name}: fewest judged / the median's",
            told["fairness"],
            "{:.2f}",
            at_least=MIN_FAIRNESS,
        ),
        *(
            Figure(f"{name}: judged answer p{p}", told[f"latency_p{p}_ms"], "{:.0f} ms")
            for p in (50, 95, 99)
        ),
    ]
    if "answer_max_ms" not in told:
        return [*figures, Figure(f"{name}: connections lost", told["lost_connections"], at_most=0)]
    return [
        *figures,
        Figure(f"{name}: any answer, longest", told["answer_max_ms"], "{:.0f} ms", MAX_ANSWER_MS),
        Figure(f"{name}: not answered in 2 s", told["answers_over_2_s"], at_most=0),
        Figure(f"{name}: 5xx but `overloaded`", told["failures"], at_most=0),
        Figure(f"{name}: repeated, of the pictures sent", told["repeated_share"], "{:.1%}"),
        Figure(f"{name}: beats skipped", told["skipped"]),
    ]


if __name__ == "__main__":
    sys.exit(main())
