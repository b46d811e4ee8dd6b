"""A class in front of the service: everybody films at one rate."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from pictures import data_url, face_frame, jpeg

from .learner import BenchmarkLearner
from .processes import CpuClock
from .summary import summary

WARM_UP_SECONDS = 3.0
# Answers that come later than this after the last frame are not counted.
GRACE_SECONDS = 2.0
# A steady learner is told 13 fps or more, a core judges 200 frames a second at most.
SATURATING_LEARNERS = 16 * len(os.sched_getaffinity(0))
CLIP_FPS = 15
CLIP_SECONDS = 3
BINARY, DATA_URL = "binary", "data-url"


class Server(NamedTuple):
    """Ours, or the classic design: where it listens, and its first process."""

    url: str
    pid: int


def clip(form: str = BINARY) -> list[bytes] | list[str]:
    """A few seconds of a real face that moves a little: 640×480 JPEGs of about 31 kB.

    form: as a current client sends them, or as the data URLs of older ones.
    """
    frames = [jpeg(face_frame(n / CLIP_FPS)) for n in range(CLIP_FPS * CLIP_SECONDS)]
    return [data_url(frame) for frame in frames] if form == DATA_URL else frames


@contextlib.asynccontextmanager
async def classroom(
    url: str, sessions: int, frames: list[bytes] | list[str], follow_max_fps: bool = False
) -> AsyncIterator[list[BenchmarkLearner]]:
    """So many learners, connected and in a session each; they leave at the end."""
    learners = [BenchmarkLearner(url, n, frames, follow_max_fps) for n in range(sessions)]
    await asyncio.gather(*(learner.start() for learner in learners))
    try:
        yield learners
    finally:
        for learner in learners:
            learner.close()


async def film(
    server: Server,
    learners: list[BenchmarkLearner],
    fps: float,
    seconds: float,
    warm_up: float = WARM_UP_SECONDS,
) -> dict[str, Any]:
    """Everybody at this rate, spread over its interval, without a pause after the warm-up.

    Gives `summary` of the seconds after it, and the CPU that server and load generator took then.
    """
    filming = [
        asyncio.create_task(learner.send_at(fps, warm_up + seconds, n / len(learners) / fps))
        for n, learner in enumerate(learners)
    ]
    await asyncio.sleep(warm_up)
    for learner in learners:
        learner.measure()
    clock = CpuClock(server.pid)
    await asyncio.gather(*filming)
    await asyncio.gather(*(learner.settle(GRACE_SECONDS) for learner in learners))
    cpu = clock.stop()
    judged = sum(learner.outcome.judged for learner in learners)
    return {
        **summary([learner.outcome for learner in learners]),
        **cpu,
        "judged_per_second": judged / seconds,
    }


async def saturate(
    server: Server,
    learners: list[BenchmarkLearner],
    seconds: float,
    in_flight: int = 2,
    warm_up: float = WARM_UP_SECONDS,
) -> dict[str, Any]:
    """As many frames as are answered, by learners who send as our own client does."""
    await asyncio.gather(*(learner.send_as_answered(in_flight, warm_up) for learner in learners))
    for learner in learners:
        learner.measure()
    clock = CpuClock(server.pid)
    await asyncio.gather(*(learner.send_as_answered(in_flight, seconds) for learner in learners))
    cpu = clock.stop()
    result = summary([learner.outcome for learner in learners])
    return {**result, **cpu, "judged_per_second": result["judged"] / seconds}
