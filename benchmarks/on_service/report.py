"""What every benchmark prints and writes: a Markdown table, JSON, and the machine's name."""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

_CPUINFO = Path("/proc/cpuinfo")


class Figure(NamedTuple):
    """A measured value; form says how it is written, with its unit. A limit makes it a target."""

    what: str
    value: float
    form: str = "{:g}"
    at_most: float | None = None
    at_least: float | None = None

    @property
    def met(self) -> bool | None:
        """None where there is no target; what is not a number meets none."""
        if self.at_most is not None:
            return self.value <= self.at_most
        return None if self.at_least is None else self.value >= self.at_least

    def cells(self) -> tuple[str, str, str, str]:
        """What, measured, target, and whether it is met."""
        target = ""
        if self.at_most is not None:
            target = f"≤ {self.form.format(self.at_most)}"
        elif self.at_least is not None:
            target = f"≥ {self.form.format(self.at_least)}"
        met = {None: "", True: "yes", False: "**no**"}[self.met]
        return self.what, self.form.format(self.value), target, met


def markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def figures_table(figures: Sequence[Figure]) -> str:
    """With the columns of targets only where there is one."""
    rows = [figure.cells() for figure in figures]
    if all(figure.met is None for figure in figures):
        return markdown(("what", "measured"), [row[:2] for row in rows])
    return markdown(("what", "measured", "target", "met"), rows)


def machine() -> dict[str, Any]:
    """What the figures are from. Other work on the machine shows in its load average."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "date": time.strftime("%Y-%m-%d"),
        "load_average_before": round(os.getloadavg()[0], 2),
    }


def machine_line(told: dict[str, Any]) -> str:
    return (
        "{cpu}, {cores} cores, {architecture}, Python {python}, {date}; "
        "load average before {load_average_before}"
    ).format(**told)


def _cpu_model() -> str:
    try:
        lines = _CPUINFO.read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((x.split(":", 1)[1].strip() for x in lines if x.startswith("model name")), "")


def parser(description: str | None, settings: bool = True) -> argparse.ArgumentParser:
    """With the options that all benchmarks have, and those of benchmarks that start the service."""
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--json", type=Path, help="also write the figures here")
    if settings:
        made.add_argument(
            "--set",
            action="append",
            default=[],
            type=_setting,
            metavar="NAME=VALUE",
            help="a setting of the service, such as INFERENCE_WORKERS=1; may be repeated",
        )
    return made


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text} is no NAME=VALUE")
    return name, value


def publish(
    arguments: argparse.Namespace, told: dict[str, Any], result: dict[str, Any], *tables: str
) -> None:
    """Prints the tables under the machine's name, and writes the JSON that was asked for.

    told: of `machine`, asked for before the run.
    """
    print(f"{machine_line(told)}\n")
    print("\n\n".join(tables))
    if arguments.json:
        options = {name: value for name, value in vars(arguments).items() if name != "json"}
        written = {"machine": told, "options": options, **result}
        arguments.json.write_text(json.dumps(_finite(written), indent=2) + "\n")


def _finite(value: Any) -> Any:
    """JSON has no infinity and no NaN: null."""
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
