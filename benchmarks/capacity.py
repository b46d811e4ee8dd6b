"""How many learners one machine serves well, at 15 and at 5 frames a second each.

    .venv/bin/python benchmarks/capacity.py [--seconds 8] [--fps 15 5] [--json FILE]

Served well: at least 95 % of the frames judged, with a p95 latency of at most 150 ms. An update
that repeats the last judgement (`judged: false`) counts as no answer. Classes grow until one is not
served well, and the limit is then bisected; a step that fails is tried a second time. The load
generator shares the machine, and its CPU is told.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python_services")]

from on_service.capacity_search import HEADINGS, CapacitySearch, cells  # noqa: E402
from on_service.classroom import BINARY, DATA_URL, Server, clip  # noqa: E402
from on_service.report import Figure, figures_table, machine, markdown, parser, publish  # noqa: E402

from service import running_service  # noqa: E402

# Targets for 2 cores with the load generator on them.
TARGET_SESSIONS = {15.0: 12, 5.0: 36}
FIRST_STEP_FRAMES_PER_SECOND = 120
MAX_SESSIONS = 512
# Frames above the limit are refused, which would measure the limit.
UNLIMITED = {"MAX_CLIENT_FPS": "1000"}


def main() -> int:
    options = parser(__doc__)
    options.add_argument("--seconds", type=float, default=8.0, help="length of each step")
    options.add_argument("--fps", type=float, nargs="+", default=list(TARGET_SESSIONS))
    options.add_argument("--form", choices=(BINARY, DATA_URL), default=BINARY)
    options.add_argument(
        "--follow-max-fps", action="store_true", help="learners heed the server's max_fps"
    )
    arguments = options.parse_args()
    told = machine()

    @contextlib.contextmanager
    def start() -> Iterator[Server]:
        with running_service({**UNLIMITED, **dict(arguments.set)}) as service:
            yield Server(service.url, service.process.pid)

    search = CapacitySearch(
        start, clip(arguments.form), arguments.seconds, arguments.follow_max_fps
    )
    found = [
        search.at(fps, max(1, round(FIRST_STEP_FRAMES_PER_SECOND / fps)), MAX_SESSIONS)
        for fps in arguments.fps
    ]
    figures = [
        Figure(
            f"sessions at {result['fps']:g} fps",
            result["sessions"],
            at_least=TARGET_SESSIONS.get(result["fps"]),
        )
        for result in found
    ]
    rows = [cells(result) for result in found]
    publish(arguments, told, {"capacity": found}, figures_table(figures), markdown(HEADINGS, rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
