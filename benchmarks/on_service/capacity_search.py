"""The largest class that is served well."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any

from .classroom import Server, classroom, film

# Served well: so many frames judged, and nearly all of them before the learner could tell.
MIN_JUDGED_SHARE = 0.95
MAX_P95_MS = 150.0
# A step that fails is tried again: on a shared machine one hiccup is no limit.
TRIES = 2
GROWTH = 2

Start = Callable[[], AbstractContextManager[Server]]


def largest(holds: Callable[[int], bool], start: int, limit: int) -> int:
    """The largest number up to `limit` that holds, 0 where 1 does not: upwards, then bisection.

    Takes it that what holds for a number holds for all below.
    """
    holding, failing = 0, limit + 1
    step = min(start, limit)
    while failing - holding > 1:
        if holds(step):
            holding = step
        else:
            failing = step
        untested = failing > limit
        step = min(holding * GROWTH, limit) if untested else (holding + failing) // 2
    return holding


def well_served(result: dict[str, Any]) -> bool:
    """By `summary`; nothing judged at all is not well."""
    return (
        result["judged_share"] >= MIN_JUDGED_SHARE
        and result["latency_p95_ms"] <= MAX_P95_MS
        and not result["lost_connections"]
    )


def in_words(result: dict[str, Any]) -> str:
    """What the criteria saw of a step, in words."""
    if "failed" in result:
        return str(result["failed"])
    share, p95 = result["judged_share"], result["latency_p95_ms"]
    words = f"{share:.0%} judged, p95 {p95:.0f} ms"
    lost = result["lost_connections"]
    return f"{words}, {lost} connections lost" if lost else words


class CapacitySearch:
    """Tries classes of several sizes on one server, which is started anew after each that fails."""

    def __init__(
        self,
        start: Start,
        frames: list[bytes] | list[str],
        seconds: float,
        follow_max_fps: bool = False,
    ) -> None:
        self._start = start
        self._frames = frames
        self._seconds = seconds
        self._follow = follow_max_fps
        self._running = ExitStack()
        self._server: Server | None = None

    def at(self, fps: float, first: int, limit: int) -> dict[str, Any]:
        """The capacity at this rate, its figures, those of the first that failed, and all steps."""
        steps: list[dict[str, Any]] = []
        try:
            sessions = largest(lambda n: self._holds(n, fps, steps), first, limit)
        finally:
            self._stop()
        return {"fps": fps, "sessions": sessions, **_around(steps, sessions), "steps": steps}

    def _holds(self, sessions: int, fps: float, steps: list[dict[str, Any]]) -> bool:
        for _ in range(TRIES):
            step = self._step(sessions, fps)
            steps.append(step)
            print(f"{sessions} at {fps:g} fps: {in_words(step)}", file=sys.stderr)
            if step["well_served"]:
                return True
            self._stop()
        return False

    def _step(self, sessions: int, fps: float) -> dict[str, Any]:
        if self._server is None:
            self._server = self._running.enter_context(self._start())
        try:
            result = asyncio.run(self._film(self._server, sessions, fps))
        except OSError as error:  # the class did not even get in
            return {"sessions": sessions, "well_served": False, "failed": f"no start: {error!r}"}
        return {**result, "well_served": well_served(result)}

    def _stop(self) -> None:
        self._running.close()
        self._server = None

    async def _film(self, server: Server, sessions: int, fps: float) -> dict[str, Any]:
        async with classroom(server.url, sessions, self._frames, self._follow) as learners:
            return await film(server, learners, fps, self._seconds)


def _around(steps: list[dict[str, Any]], sessions: int) -> dict[str, Any]:
    """The step that held with so many, and the smallest that did not."""
    held = [step for step in steps if step["sessions"] == sessions and step["well_served"]]
    failed = [step for step in steps if step["sessions"] > sessions]
    return {
        "at_capacity": held[-1] if held else None,
        "beyond": min(failed, key=lambda step: step["sessions"], default=None),
    }


HEADINGS = (
    "rate",
    "sessions",
    "judged",
    "p50 / p95",
    "judged frames/s",
    "cores: server / load generator / others",
    "what more would bring",
)


def cells(found: dict[str, Any]) -> list[str]:
    """One row of the capacity table, under `HEADINGS`."""
    at, beyond = found["at_capacity"], found["beyond"]
    row = [f"{found['fps']:g} fps", str(found["sessions"])]
    if at is None:
        row += [""] * 4
    else:
        row += [
            f"{at['judged_share']:.1%}",
            f"{at['latency_p50_ms']:.0f} / {at['latency_p95_ms']:.0f} ms",
            f"{at['judged_per_second']:.0f}",
            f"{at['server_cores']:.2f} / {at['generator_cores']:.2f} / {at['other_cores']:.2f}",
        ]
    next_step = "" if beyond is None else f"{beyond['sessions']}: {in_words(beyond)}"
    return [*row, next_step]
