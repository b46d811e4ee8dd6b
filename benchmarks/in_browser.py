"""What finding the landmarks costs a learner's browser, beside sending pictures.

    .venv/bin/python benchmarks/in_browser.py [--seconds 20] [--json FILE]

One learner in Chromium without a screen, with a clip as their camera, on the service's own page;
browser and service share the machine. Without a graphics card, as here, software draws: a picture
takes Face Mesh many times as long, and cores that a card would not. What the page's own thread
does, and what is sent, has nothing to do with that.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "browser"), str(ROOT / "python_services")]

from chromium import ALLOWED, FLAGS, camera  # noqa: E402
from clip import write_clip  # noqa: E402
from on_service.page_probe import PageProbe  # noqa: E402
from on_service.processes import CpuClock, ProcessTree  # noqa: E402
from on_service.report import machine, markdown, parser, publish  # noqa: E402
from on_service.summary import percentiles  # noqa: E402
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright  # noqa: E402
from wire import Message, Wire, batch_bytes, framed  # noqa: E402

from pictures import face_frame  # noqa: E402
from service import RunningService, running_service  # noqa: E402

CLIP_SECONDS = 4
WARM_UP_SECONDS = 5.0
FIRST_MS = 300_000
SAMPLES_PER_SECOND = 5
NO_CAMERA, PICTURES, LANDMARKS = "no camera", "server", "browser"
# Milliseconds until `initialize` is through, and until the first update.
START = """async (mode) => {
    const begun = performance.now();
    const first = new Promise((resolve) => {
        window.webcam = new WebcamWebSocket({ mode, consent: 'given', onTrackingUpdate: resolve });
    });
    if (!await webcam.initialize('learner', 22, null)) throw new Error('not initialized');
    const ready = performance.now() - begun;
    await first;
    return { ready_ms: ready, first_update_ms: performance.now() - begun };
}"""


def main() -> int:
    options = parser(__doc__)
    options.add_argument("--seconds", type=float, default=20.0, help="of each mode")
    arguments = options.parse_args()
    told = machine()
    result = measured(dict(arguments.set), arguments.seconds)
    publish(arguments, told, result, *tables(result))
    return 0


def measured(settings: dict[str, str], seconds: float) -> dict[str, Any]:
    """By mode: its start, and what it costs."""
    executable = shutil.which("chromium")
    if executable is None:
        sys.exit("chromium is not installed")
    with (
        tempfile.TemporaryDirectory(prefix="eyelearn-") as folder,
        running_service(settings) as service,
        sync_playwright() as playwright,
    ):
        clip = write_clip(Path(folder) / "face.y4m", [(face_frame, CLIP_SECONDS)])
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=[*FLAGS, ALLOWED, *camera(clip)],
            ignore_default_args=["--headless"],
        )
        bench = Bench(browser, service, seconds)
        return {mode: bench.measure(mode) for mode in (NO_CAMERA, PICTURES, LANDMARKS)}


class Bench:
    """One browser and one service, in which a learner is there in one mode after the other."""

    def __init__(self, browser: Browser, service: RunningService, seconds: float) -> None:
        self._browser = browser
        self._service = service
        self._seconds = seconds
        self._processes = ProcessTree(browser_pid())

    def measure(self, mode: str) -> dict[str, Any]:
        # Its cache is empty, and its own.
        context = self._browser.new_context(viewport={"width": 1280, "height": 900})
        page = self._new_page(context)
        probe, wire = PageProbe(page), Wire(page)
        page.goto(self._service.url)
        cold = self._start(page, mode)
        page.wait_for_timeout(1000 * WARM_UP_SECONDS)
        costs = self._costs(page, probe, wire)
        page.close()
        warm = self._start_again(context, mode)
        context.close()
        return {"cold": cold, "warm": warm, **costs}

    def _new_page(self, context: BrowserContext) -> Page:
        page = context.new_page()
        page.set_default_timeout(FIRST_MS)
        return page

    def _start(self, page: Page, mode: str) -> dict[str, float] | None:
        return None if mode == NO_CAMERA else page.evaluate(START, mode)

    def _start_again(self, context: BrowserContext, mode: str) -> dict[str, float] | None:
        """With all files in the cache."""
        page = self._new_page(context)
        page.goto(self._service.url)
        return self._start(page, mode)

    def _costs(self, page: Page, probe: PageProbe, wire: Wire) -> dict[str, Any]:
        wire.clear()
        cpu, browser = CpuClock(self._service.process.pid), self._processes.cpu_seconds()
        graphics = graphics_seconds()
        page_costs = probe.measure(self._seconds)
        cores = {
            "browser": (self._processes.cpu_seconds() - browser) / self._seconds,
            "browser_graphics": (graphics_seconds() - graphics) / self._seconds,
            "service": cpu.stop()["server_cores"],
        }
        return {
            **page_costs,
            "cores": cores,
            "browser_memory_mb": self._processes.memory_mb(),
            "answered_per_s": page.evaluate("window.webcam?.stats.fps ?? 0"),
            "bytes_up_per_s": total_bytes(wire.sent, masked=True) / self._seconds,
            "bytes_down_per_s": total_bytes(wire.received, masked=False) / self._seconds,
            "full_batch_bytes": full_batch(wire),
        }


def total_bytes(messages: list[Message], masked: bool) -> int:
    return sum(framed(message, masked) for message in messages)


def full_batch(wire: Wire) -> int | None:
    """Bytes of a second's samples, had there been as many as on a quicker machine."""
    batches = wire.payloads_sent("face_landmarks")
    if not batches:
        return None
    return batch_bytes(batches[0], wire.attachments_sent()[0], SAMPLES_PER_SECOND)


def chromium_processes() -> list[psutil.Process]:
    """Those that this program started, the browser's first one first."""
    children = psutil.Process().children(recursive=True)
    return [process for process in children if "chrom" in process.name()]


def browser_pid() -> int:
    return int(chromium_processes()[0].pid)


def graphics_seconds() -> float:
    """CPU of the process that draws, in which software does what a graphics card would."""
    drawing = [p for p in chromium_processes() if "--type=gpu-process" in p.cmdline()]
    return sum(sum(process.cpu_times()[:2]) for process in drawing)


def tables(result: dict[str, Any]) -> tuple[str, str]:
    modes = (NO_CAMERA, PICTURES, LANDMARKS)
    rows = [[what, *(form(result[mode]) for mode in modes)] for what, form in _ROWS.items()]
    headings = ("what", *(mode if mode == NO_CAMERA else f"mode {mode}" for mode in modes))
    browser = result[LANDMARKS]
    mesh = percentiles(browser["mesh_ms"], "mesh")
    of_browser = [
        [
            "Face Mesh, a picture: p50 / p95",
            f"{mesh['mesh_p50_ms']:.0f} / {mesh['mesh_p95_ms']:.0f} ms",
        ],
        [
            f"up, with {SAMPLES_PER_SECOND} samples a second",
            f"{browser['full_batch_bytes']} bytes/s",
        ],
    ]
    return markdown(headings, rows), markdown(("mode browser", "measured"), of_browser)


def _first_update(cache: str) -> Any:
    return lambda told: f"{told[cache]['first_update_ms'] / 1000:.1f} s" if told[cache] else ""


def _times(name: str) -> Any:
    def form(told: dict[str, Any]) -> str:
        if not told[name]:
            return ""
        found = percentiles(told[name], "of")
        return f"{found['of_p50_ms']:.2f} / {found['of_p95_ms']:.2f} ms"

    return form


_ROWS: dict[str, Any] = {
    "initialize() to the first update, empty cache": _first_update("cold"),
    "the same, all files in the cache": _first_update("warm"),
    "pictures or samples answered a second": lambda told: f"{told['answered_per_s']:.1f}",
    "page's thread: a tick, p50 / p95": _times("tick_ms"),
    "page's thread: a sample, p50 / p95": _times("sample_ms"),
    "page's thread: all it does": lambda told: f"{told['thread_ms_per_s']:.0f} ms/s",
    "page's thread: tasks over 50 ms": lambda told: str(told["long_tasks"]),
    "animation frames a second": lambda told: f"{told['frames_per_s']:.1f}",
    "longest between two": lambda told: f"{told['longest_frame_ms']:.0f} ms",
    "bytes up": lambda told: f"{told['bytes_up_per_s']:.0f} /s",
    "bytes down": lambda told: f"{told['bytes_down_per_s']:.0f} /s",
    "cores: browser, all processes": lambda told: f"{told['cores']['browser']:.2f}",
    "of that, the process that draws": lambda told: f"{told['cores']['browser_graphics']:.2f}",
    "cores: service": lambda told: f"{told['cores']['service']:.2f}",
    "memory of the browser (PSS)": lambda told: f"{told['browser_memory_mb']:.0f} MB",
}


if __name__ == "__main__":
    sys.exit(main())
