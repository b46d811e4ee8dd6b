"""What saving costs the learners who are being watched meanwhile.

    .venv/bin/python benchmarks/saves.py [--owed 10000] [--json FILE]

A flush of 500 sessions at one moment: how long the event loop is kept from everything else. A
backlog posted to the reference page: how long it takes, and what becomes of the latency of a class.
PHP, MariaDB, service and learners share this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python_services")]

from on_service.learner import BenchmarkLearner  # noqa: E402

from databases import MariadbServer  # noqa: E402
from eyelearn.saving.database import open_engine  # noqa: E402
from eyelearn.saving.migrations import migrate  # noqa: E402
from eyelearn.saving.store import SessionStore  # noqa: E402
from php_platform import Platform  # noqa: E402
from pictures import face_frame, jpeg  # noqa: E402
from saving.records import record  # noqa: E402
from service import RunningService, running_service  # noqa: E402

DAY_SECONDS = 86_400.0
CLASS_SIZE = 8
CLASS_FPS = 5.0
QUIET_SECONDS = 30.0
WARM_UP_SECONDS = 5.0
GRACE_SECONDS = 2.0

# In a process of its own: the service's event loop, its ledger and its keeper, and nothing else.
FLUSH = """
import sys, tempfile, time
from eyelearn.server import GREEN, _settle_memory
import eventlet
from eyelearn.inference.pool import InferencePool
from eyelearn.saving.ledger import SessionLedger
from eyelearn.session_service import SessionService
from eyelearn.settings import Settings
from eyelearn.tracking.session import LearnerIds

settings = Settings(_env_file=None, database_url=f"sqlite:///{sys.argv[1]}/flush.db")
ledger = SessionLedger(settings, GREEN)
ledger.start()
ledger.ready.wait(60)
service = SessionService(settings, InferencePool(settings, GREEN), ledger, GREEN)
stalls = []

def heartbeat():
    last = time.perf_counter()
    while True:
        eventlet.sleep(0)
        now = time.perf_counter()
        stalls.append(now - last)
        last = now

for number in range(int(sys.argv[2])):
    service.start(f"connection-{number}", LearnerIds(number, 1, 1))
while ledger.status["waiting"]:
    eventlet.sleep(0.05)
_settle_memory()
eventlet.spawn_n(heartbeat)
for _ in range(5):
    eventlet.sleep(0.2)
    del stalls[:]
    eventlet.sleep(0.5)
    idle = max(stalls)
    for session in service._registry.alive():
        session.changed, session.next_flush = True, 0.0
    del stalls[:]
    begun = time.perf_counter()
    service._tidy(time.monotonic())
    while ledger.status["waiting"]:
        eventlet.sleep(0.001)
    kept = time.perf_counter() - begun
    print(idle * 1000, max(stalls) * 1000, kept * 1000)
ledger.stop(5)
"""


def flush(sessions: int) -> dict[str, float]:
    """Milliseconds: the loop's longest stall without and with the flush, and until it is kept."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", FLUSH, folder, str(sessions)],
            env={"PYTHONPATH": str(ROOT / "python_services"), "PATH": ""},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    rounds = np.array([line.split() for line in done.stdout.splitlines()], dtype=float)
    names = ("idle_stall_ms", "stall_ms", "kept_ms")
    return dict(zip(names, np.median(rounds, axis=0).tolist(), strict=True))


def fill(service: RunningService, owed: int) -> None:
    """A day's sessions, of 500 learners in 20 lessons, into the database of a service."""
    engine = open_engine(service.environment["DATABASE_URL"])
    migrate(engine)
    now = time.time()
    store = SessionStore(engine, "benchmark")
    for begin in range(0, owed, 1000):
        store.write(
            [
                replace(
                    record(),
                    session_id=str(uuid.uuid4()),
                    user_id=n % 500,
                    module_id=n % 20,
                    started_at=now - DAY_SECONDS * (1 - n / owed) - 60,
                    updated_at=now - DAY_SECONDS * (1 - n / owed),
                    ended_at=now - DAY_SECONDS * (1 - n / owed),
                )
                for n in range(begin, min(begin + 1000, owed))
            ],
            {},
        )
    engine.dispose()


async def watch(learners: list[BenchmarkLearner], seconds: float) -> np.ndarray:
    """The latencies, in ms, of a class at its rate."""
    for learner in learners:
        learner.measure()
    await asyncio.gather(
        *(x.send_at(CLASS_FPS, seconds, n / CLASS_SIZE / CLASS_FPS) for n, x in enumerate(learners))
    )
    return np.concatenate([np.array(x.outcome.latencies) for x in learners]) * 1000


async def measure_backlog(platform: Platform, owed: int) -> dict[str, Any]:
    pictures = [jpeg(face_frame(n / CLASS_FPS)) for n in range(15)]
    environment = {"PHP_ENDPOINT": platform.save_url, "RETENTION_DAYS": "0"}
    with running_service(environment) as service:
        learners = [BenchmarkLearner(service.url, n, pictures) for n in range(CLASS_SIZE)]
        await asyncio.gather(*(learner.start() for learner in learners))
        await watch(learners, WARM_UP_SECONDS)
        quiet = await watch(learners, QUIET_SECONDS)
        fill(service, owed)
        begun = time.monotonic()
        busy = []
        while len(platform.query("SELECT id FROM eye_tracking_sessions")) < owed:
            busy.append(await watch(learners, 2.0))
        took = time.monotonic() - begun
        quiet_again = await watch(learners, QUIET_SECONDS)
        await asyncio.gather(*(learner.settle(GRACE_SECONDS) for learner in learners))
        for learner in learners:
            learner.close()
    during = np.concatenate(busy)
    p95 = float(np.percentile(np.concatenate([quiet, quiet_again]), 95))
    return {
        "owed": owed,
        "seconds": took,
        "p95_quiet_ms": p95,
        "p95_during_ms": float(np.percentile(during, 95)),
        "p50_quiet_ms": float(np.median(quiet)),
        "p50_during_ms": float(np.median(during)),
    }


def backlog(owed: int) -> dict[str, Any]:
    server = MariadbServer()
    try:
        platform = Platform(server)
        platform.start()
        try:
            return asyncio.run(measure_backlog(platform, owed))
        finally:
            platform.remove()
    finally:
        server.remove()


def table(flushed: dict[str, float], posted: dict[str, Any]) -> str:
    rows = [
        ("500 sessions flushed at once: longest stall of the event loop", "{stall_ms:.1f} ms"),
        ("the same loop without a flush", "{idle_stall_ms:.1f} ms"),
        ("until all 500 are in the database", "{kept_ms:.0f} ms"),
        ("{owed} owed sessions, posted to the reference page", "{seconds:.0f} s"),
        (
            f"{CLASS_SIZE} learners at {CLASS_FPS:g} fps meanwhile: latency p50 / p95",
            "{p50_during_ms:.1f} / {p95_during_ms:.1f} ms",
        ),
        ("the same before and after", "{p50_quiet_ms:.1f} / {p95_quiet_ms:.1f} ms"),
    ]
    figures = flushed | posted
    lines = [f"| {a.format(**figures)} | {b.format(**figures)} |" for a, b in rows]
    return "\n".join(["| what | measured |", "|---|---|", *lines])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--owed", type=int, default=10_000, help="sessions in the backlog")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    flushed, posted = flush(500), backlog(arguments.owed)
    print(table(flushed, posted))
    if arguments.json:
        arguments.json.write_text(json.dumps({"flush": flushed, "backlog": posted}, indent=2))


if __name__ == "__main__":
    main()
