"""What the whole service costs, against a bare loop of decode and Face Mesh in the same run.

    .venv/bin/python benchmarks/efficiency.py [--seconds 20] [--json FILE]

Load generator, service and bare loop share this machine; only their ratio carries over to others.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python_services")]

from load import BenchmarkLearner, Outcome  # noqa: E402

from pictures import face_frame, jpeg  # noqa: E402
from service import RunningService, running_service  # noqa: E402

CLASS_SIZE = 8
CLASS_FPS = 15.0
SATURATING_LEARNERS = 8
SATURATING_IN_FLIGHT = 2
WARM_UP_SECONDS = 3.0
BARE_LOOP_FRAMES = 400
PROBE_INTERVAL_SECONDS = 0.1
KB = 1024
MB = KB * KB

BARE_LOOP = """
import sys, time
import mediapipe, cv2, numpy as np
count, folder = int(sys.argv[1]), sys.argv[2]
frames = np.load(folder, allow_pickle=True)
mesh = mediapipe.solutions.face_mesh.FaceMesh(max_num_faces=1, refine_landmarks=True)
def judge(frame):
    picture = cv2.imdecode(np.frombuffer(frame, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert mesh.process(picture).multi_face_landmarks
for frame in frames[:20]:
    judge(frame)
begun, begun_wall = time.process_time(), time.perf_counter()
for n in range(count):
    judge(frames[n % len(frames)])
cpu, wall = time.process_time() - begun, time.perf_counter() - begun_wall
print(cpu / count * 1000, wall / count * 1000)
"""


def frames() -> list[bytes]:
    return [jpeg(face_frame(n / CLASS_FPS)) for n in range(45)]


def bare_loop(pictures: list[bytes]) -> dict[str, float]:
    """CPU and wall milliseconds per frame of imdecode and Face Mesh, nothing else, in a process."""
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"eyelearn-benchmark-{os.getpid()}.npy"
    try:
        np.save(path, np.array([*pictures, None], dtype=object)[:-1], allow_pickle=True)
        done = subprocess.run(
            [sys.executable, "-c", BARE_LOOP, str(BARE_LOOP_FRAMES), str(path)],
            env={**os.environ, "PYTHONPATH": str(ROOT / "python_services")},
            capture_output=True,
            text=True,
            check=True,
        )
    finally:
        path.unlink(missing_ok=True)
    cpu, wall = (float(word) for word in done.stdout.split())
    return {"cpu_ms_per_frame": cpu, "wall_ms_per_frame": wall}


def processes(service: RunningService) -> list[psutil.Process]:
    parent = psutil.Process(service.process.pid)
    return [parent, *parent.children(recursive=True)]


def cpu_seconds(service: RunningService) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes(service))


def memory_mb(service: RunningService) -> float:
    """Proportional set size of all our processes."""
    return sum(process.memory_full_info().pss for process in processes(service)) / MB


async def probe(service: RunningService, latencies_ms: list[float]) -> None:
    """Asks for /healthz again and again: what the event loop keeps anybody waiting for."""
    address = service.url.removeprefix("http://")
    host, port = address.split(":")
    request = f"GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode()
    while True:
        await asyncio.sleep(PROBE_INTERVAL_SECONDS)
        begun = time.perf_counter()
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request)
        await reader.read()
        writer.close()
        latencies_ms.append((time.perf_counter() - begun) * 1000)


async def classroom(
    service: RunningService, pictures: list[bytes], seconds: float
) -> dict[str, Any]:
    """A class at its camera's rate."""
    idle_mb = memory_mb(service)
    learners = [BenchmarkLearner(service.url, n, pictures) for n in range(CLASS_SIZE)]
    await asyncio.gather(*(learner.start() for learner in learners))
    await asyncio.gather(*(x.send_at(CLASS_FPS, WARM_UP_SECONDS, 0.0) for x in learners))
    await asyncio.sleep(1.0)
    for learner in learners:
        learner.outcome = Outcome()
    health_ms: list[float] = []
    prober = asyncio.create_task(probe(service, health_ms))
    begun = cpu_seconds(service)
    await asyncio.gather(
        *(
            learner.send_at(CLASS_FPS, seconds, n / CLASS_SIZE / CLASS_FPS)
            for n, learner in enumerate(learners)
        )
    )
    await asyncio.sleep(0.5)
    prober.cancel()
    used = cpu_seconds(service) - begun
    busy_mb = memory_mb(service)
    await asyncio.gather(*(learner.stop() for learner in learners))
    result = summary([learner.outcome for learner in learners])
    result["cpu_ms_per_answered_frame"] = used * 1000 / result["answered"]
    result["idle_memory_mb"] = idle_mb
    result["healthz_p50_ms"], result["healthz_p99_ms"] = np.percentile(health_ms, (50, 99)).tolist()
    result["memory_mb_per_session"] = (busy_mb - idle_mb) / CLASS_SIZE
    return result


async def saturation(
    service: RunningService, pictures: list[bytes], seconds: float
) -> dict[str, Any]:
    """As many frames as the service answers."""
    learners = [BenchmarkLearner(service.url, n, pictures) for n in range(SATURATING_LEARNERS)]
    await asyncio.gather(*(learner.start() for learner in learners))
    in_flight = SATURATING_IN_FLIGHT
    await asyncio.gather(*(x.send_as_answered(in_flight, WARM_UP_SECONDS) for x in learners))
    for learner in learners:
        learner.outcome = Outcome()
    begun = cpu_seconds(service)
    await asyncio.gather(*(learner.send_as_answered(in_flight, seconds) for learner in learners))
    used = cpu_seconds(service) - begun
    await asyncio.gather(*(learner.stop() for learner in learners))
    result = summary([learner.outcome for learner in learners])
    result["answered_per_second"] = result["answered"] / seconds
    result["cpu_ms_per_answered_frame"] = used * 1000 / result["answered"]
    return result


def summary(outcomes: list[Outcome]) -> dict[str, Any]:
    latencies = np.concatenate([np.array(outcome.latencies) for outcome in outcomes]) * 1000
    sent = sum(outcome.sent for outcome in outcomes)
    answered = sum(outcome.answered for outcome in outcomes)
    gaps = [np.diff(outcome.update_times).max() for outcome in outcomes if outcome.answered > 1]
    return {
        "sent": sent,
        "answered": answered,
        "answered_share": answered / sent,
        **{f"latency_p{p}_ms": float(np.percentile(latencies, p)) for p in (50, 95, 99)},
        "longest_gap_s": float(max(gaps)),
    }


def measure(seconds: float) -> dict[str, Any]:
    pictures = frames()
    before = bare_loop(pictures)
    # Frames above MAX_CLIENT_FPS are refused, which would measure the limit.
    with running_service({"MAX_CLIENT_FPS": "1000", "FLUSH_INTERVAL_SECONDS": "10"}) as service:
        in_class = asyncio.run(classroom(service, pictures, seconds))
        saturated = asyncio.run(saturation(service, pictures, seconds))
    after = bare_loop(pictures)
    bare = {name: (before[name] + after[name]) / 2 for name in before}
    return {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, "
        f"Python {platform.python_version()}",
        "bare_loop": bare,
        "classroom": in_class,
        "saturation": saturated,
        "cost_ratio": in_class["cpu_ms_per_answered_frame"] / bare["cpu_ms_per_frame"],
        "cost_ratio_saturated": saturated["cpu_ms_per_answered_frame"] / bare["cpu_ms_per_frame"],
    }


def table(result: dict[str, Any]) -> str:
    bare, room, full = result["bare_loop"], result["classroom"], result["saturation"]
    latency = "{latency_p50_ms:.0f} / {latency_p95_ms:.0f} / {latency_p99_ms:.0f} ms"
    rows = [
        ("machine", result["machine"]),
        ("bare loop of decode + Face Mesh, CPU per frame", f"{bare['cpu_ms_per_frame']:.2f} ms"),
        (
            f"service, {CLASS_SIZE} learners at {CLASS_FPS:g} fps: CPU per answered frame",
            f"{room['cpu_ms_per_answered_frame']:.2f} ms ({result['cost_ratio']:.2f} × bare)",
        ),
        ("answered", f"{room['answered_share']:.1%} of {room['sent']}"),
        ("latency p50 / p95 / p99", latency.format(**room)),
        ("longest gap between updates of a learner", f"{room['longest_gap_s']:.2f} s"),
        (
            "/healthz meanwhile, p50 / p99",
            "{healthz_p50_ms:.1f} / {healthz_p99_ms:.1f} ms".format(**room),
        ),
        ("memory idle, all processes (PSS)", f"{room['idle_memory_mb']:.0f} MB"),
        ("memory per session", f"{room['memory_mb_per_session']:.1f} MB"),
        ("saturated: answered frames per second", f"{full['answered_per_second']:.0f}"),
        (
            "saturated: CPU per answered frame",
            f"{full['cpu_ms_per_answered_frame']:.2f} ms "
            f"({result['cost_ratio_saturated']:.2f} × bare)",
        ),
        ("saturated: latency p50 / p95 / p99", latency.format(**full)),
    ]
    return "\n".join(["| what | measured |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each measurement")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    result = measure(arguments.seconds)
    print(table(result))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
