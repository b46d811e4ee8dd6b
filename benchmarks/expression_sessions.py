"""Sessions of expressions: pictures judged a second, how long each takes, and memory.

    .venv/bin/python benchmarks/expression_sessions.py [--sessions 4] [--fps 15] [--seconds 20]
        [--images] [--json FILE]

Everybody sends 640×480 pictures of a face, at most at that rate and each after the last's answer.
With `--images` each loads the largest images that are taken, for every expression, before. The load
generator shares the machine with the service.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python_services")]

import numpy as np  # noqa: E402
import simplejpeg  # noqa: E402
from on_service.asking_client import AskingClient, ask_for, connect_all  # noqa: E402
from on_service.classroom import DATA_URL, Server, clip  # noqa: E402
from on_service.health_probe import health_probe  # noqa: E402
from on_service.processes import CpuClock, ProcessTree  # noqa: E402
from on_service.report import (  # noqa: E402
    Figure,
    figures_table,
    machine,
    markdown,
    parser,
    publish,
)
from on_service.summary import percentiles  # noqa: E402

from eyelearn.vision.expressions import EXPRESSIONS  # noqa: E402
from service import running_service  # noqa: E402

WARM_UP_SECONDS = 3.0
MIN_FPS, MAX_SESSION_MB = 10.0, 80.0
# 4 megapixels of noise, which JPEG can do least with, in just under 2 MB.
IMAGE_SIDE, IMAGE_QUALITY = 2048, 20


def main() -> int:
    options = parser(__doc__)
    options.add_argument("--sessions", type=int, default=4)
    options.add_argument("--fps", type=float, default=15.0)
    options.add_argument("--seconds", type=float, default=20.0)
    options.add_argument("--images", action="store_true")
    arguments = options.parse_args()
    told = machine()
    with running_service({"ENABLED_FACES": "expressions", **dict(arguments.set)}) as service:
        server = Server(service.url, service.process.pid)
        result = asyncio.run(measured(server, arguments))
    publish(arguments, told, result, *tables(result))
    return 0


async def measured(server: Server, arguments: Any) -> dict[str, Any]:
    tree = ProcessTree(server.pid)
    frames = [json.dumps({"type": "frame", "data": image}) for image in clip(DATA_URL)]
    names = ["first", *map(str, range(arguments.sessions))]
    first, *clients = [AskingClient(f"{server.url}/ws/{name}", frames) for name in names]
    # The models of hands come with the first who asks, and are no session's.
    await connect_all([first])
    await ask_for([first], WARM_UP_SECONDS, 0.0)
    before_mb = await asyncio.to_thread(tree.memory_mb)
    await connect_all(clients)
    if arguments.images:
        await asyncio.gather(*map(load_images, clients))
    clock = CpuClock(server.pid)
    async with health_probe(server.url, server.pid) as health:
        await ask_for(clients, WARM_UP_SECONDS, arguments.seconds, 1 / arguments.fps)
    cpu = clock.stop()
    after_mb = await asyncio.to_thread(tree.memory_mb)
    rates = [len(client.milliseconds) / arguments.seconds for client in clients]
    return {
        "fps": {"least": min(rates), "mean": sum(rates) / len(rates)},
        "kinds": dict(sum((client.kinds for client in clients), Counter[str]())),
        **percentiles([ms for client in clients for ms in client.milliseconds]),
        **percentiles(health.ms, "health"),
        **cpu,
        "lost_connections": sum(client.lost for client in clients),
        "session_mb": (after_mb - before_mb) / len(clients),
        "memory_mb": {"before": before_mb, "after": after_mb},
    }


async def load_images(client: AskingClient) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (IMAGE_SIDE, IMAGE_SIDE, 3), np.uint8)
    image = base64.b64encode(simplejpeg.encode_jpeg(noise, quality=IMAGE_QUALITY)).decode()
    for name in EXPRESSIONS:
        upload = {"type": "upload_image", "expression_type": name, "image_data": image}
        await client.say(json.dumps(upload))


def tables(result: dict[str, Any]) -> tuple[str, str]:
    fps, memory = result["fps"], result["memory_mb"]
    figures = [
        Figure("answers a second, of the slowest session", fps["least"], "{:.1f}", None, MIN_FPS),
        Figure("answers a second, of each on average", fps["mean"], "{:.1f}"),
        *(
            Figure(f"from a picture to its answer: p{p}", result[f"latency_p{p}_ms"], "{:.0f} ms")
            for p in (50, 95, 99)
        ),
        Figure("/healthz p99", result["health_p99_ms"], "{:.1f} ms"),
        Figure("connections lost", result["lost_connections"], at_most=0),
        Figure("memory (PSS) of a session", result["session_mb"], "{:.1f} MB", MAX_SESSION_MB),
        Figure("memory (PSS) in all", memory["after"], "{:.0f} MB"),
        Figure("cores: service", result["server_cores"], "{:.2f}"),
        Figure("cores: load generator", result["generator_cores"], "{:.2f}"),
        Figure("cores: other work", result["other_cores"], "{:.2f}"),
    ]
    rows = [[kind, str(count)] for kind, count in result["kinds"].items()]
    return figures_table(figures), markdown(("answer", "count"), rows)


if __name__ == "__main__":
    sys.exit(main())
