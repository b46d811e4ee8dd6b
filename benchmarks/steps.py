"""What each step of a frame's path costs, beside the bare loop of decode and Face Mesh.

    .venv/bin/python benchmarks/steps.py [--rounds 200] [--json FILE]

A 640×480 JPEG of about 31 kB. The steps of event loop and worker are measured in a process each,
as in the service, one after the other, in turn; medians of CPU time of all threads. `not taken` is
what else there would be.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python_services")]

from on_service.report import machine, markdown, parser, publish  # noqa: E402
from on_service.step_timer import Place  # noqa: E402

PROGRAMS = {"event loop": "loop_steps.py", "worker": "worker_steps.py"}


def main() -> int:
    options = parser(__doc__, settings=False)
    options.add_argument("--rounds", type=int, default=200)
    arguments = options.parse_args()
    told = machine()
    steps = [
        {"process": process, "step": what, "place": place, "cpu_us": time}
        for process, program in PROGRAMS.items()
        for what, place, time in measured(program, arguments.rounds)
    ]
    publish(arguments, told, {"steps": steps}, table(steps))
    return 0


def measured(program: str, rounds: int) -> list[list[Any]]:
    """What, place and CPU µs of each step."""
    path = Path(__file__).with_name("on_service") / program
    done = subprocess.run(
        [sys.executable, str(path), str(rounds)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return list(json.loads(done.stdout))


def table(steps: list[dict[str, Any]]) -> str:
    """With the sum of what each frame takes."""
    floor = next(step["cpu_us"] for step in steps if step["place"] == Place.FLOOR)
    taken = sum(step["cpu_us"] for step in steps if step["place"] == Place.EACH_FRAME)
    rows = [
        [step["process"], step["step"], step["place"], *_cost(step["cpu_us"], floor)]
        for step in steps
    ]
    rows.append(["both", "sum", Place.EACH_FRAME, *_cost(taken, floor)])
    return markdown(("process", "step", "who takes it", "CPU", "of the bare loop"), rows)


def _cost(microseconds: float, floor: float) -> tuple[str, str]:
    return f"{microseconds / 1000:.3f} ms", f"{microseconds / floor:.1%}"


if __name__ == "__main__":
    sys.exit(main())
