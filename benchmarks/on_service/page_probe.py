"""What a client costs the page that it runs in: its thread, its frames, its Workers' messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from playwright.sync_api import Page

# To be there before the page's own scripts. A message's cost is that of its handler and of what
# follows from it at once, which is through after so many microtasks at the latest.
_SCRIPT = """(() => {
    const MICROTASKS = 50;
    const probe = { messages: [], meshMs: [], frames: [], longTasksMs: [] };
    window.pageProbe = probe;
    const note = async (type, begun) => {
        for (let n = 0; n < MICROTASKS; n += 1) await null;
        probe.messages.push([type, performance.now() - begun]);
    };
    window.Worker = class extends Worker {
        get onmessage() { return super.onmessage; }
        set onmessage(take) {
            super.onmessage = (event) => {
                const begun = performance.now();
                take(event);
                void note(event.data?.type ?? 'tick', begun);
                if (event.data?.tookMs) probe.meshMs.push(event.data.tookMs);
            };
        }
    };
    new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) probe.longTasksMs.push(duration);
    }).observe({ type: 'longtask' });
    const onFrame = (at) => { probe.frames.push(at); requestAnimationFrame(onFrame); };
    requestAnimationFrame(onFrame);
})()"""
_RESET = "for (const list of Object.values(pageProbe)) list.length = 0"


class PageProbe:
    """Of one page; begin before it is opened."""

    def __init__(self, page: Page) -> None:
        self._page = page
        page.add_init_script(_SCRIPT)
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("Performance.enable")

    def measure(self, seconds: float) -> dict[str, Any]:
        """From now on for so long.

        thread_ms_per_s: what the page's thread did in a second. frames_per_s: animation frames.
        longest_frame_ms: between two of them. long_tasks: over 50 ms. tick_ms, sample_ms: of each
        message of the client's Worker on the page's thread. mesh_ms: of each picture in Face Mesh.
        """
        self._page.evaluate(_RESET)
        busy = self._busy_seconds()
        self._page.wait_for_timeout(1000 * seconds)
        busy = self._busy_seconds() - busy
        told = self._page.evaluate("pageProbe")
        frames = told["frames"]
        return {
            "thread_ms_per_s": 1000 * busy / seconds,
            "frames_per_s": len(frames) / seconds,
            "longest_frame_ms": float(np.max(np.diff(frames), initial=0.0)),
            "long_tasks": len(told["longTasksMs"]),
            "tick_ms": _of_type(told["messages"], "tick"),
            "sample_ms": _of_type(told["messages"], "sample"),
            "mesh_ms": told["meshMs"],
        }

    def _busy_seconds(self) -> float:
        metrics = self._devtools.send("Performance.getMetrics")["metrics"]
        return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


def _of_type(messages: Sequence[Sequence[Any]], wanted: str) -> list[float]:
    return [milliseconds for kind, milliseconds in messages if kind == wanted]
