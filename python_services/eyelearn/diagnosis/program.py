"""`health_check.py`: everything that is looked at, in its order, and how it is told.

This runs on any Python 3, without a package: what needs more is in the probes.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

from ..inference.capacity import usable_cores
from . import report
from .check import FAILURE, OK, Check, worst
from .libraries import LIBRARIES
from .probe import Probe
from .python_version import python_version


def _probe(name: str, file: str, seconds: float) -> Probe:
    return Probe(name, f"eyelearn.diagnosis.{file}", seconds)


# Seconds are for machines that are busy; each takes 0.1 to 4 s on one that is not.
PROBES = (
    _probe("Packages", "packages", 20),
    *(_probe(library, "native", 30) for library in LIBRARIES),
    _probe("Face Mesh", "face_mesh", 60),
    _probe("Emotion model", "emotion_model", 30),
    _probe("Event loop", "event_loop", 30),
    _probe("Machine", "machine", 20),
    _probe("Settings", "settings_check", 20),
    _probe("Database", "database", 20),
    _probe("PHP endpoint", "endpoint", 15),
    _probe("Port", "port", 15),
)
# One for each core, or Face Mesh would seem slower than it is; each takes up to 150 MB.
MOST_AT_ONCE = 4
_STATUSES = """\
Changes nothing: no table is migrated, nothing is saved or posted, no file is made.

exit status: 0 where all is ok or only warned of, 1 where anything fails, 2 for wrong usage.

--json prints {"status": …, "checks": [{"name", "status", "found", "mend"}, …]}, where a status is
"ok", "warning" or "failure", and that of the whole is the worst of them.
"""


def main(words: Sequence[str], probes: Sequence[Probe] = PROBES) -> int:
    """Looks at everything, tells it on standard output, and gives the exit status."""
    chosen = _parser().parse_args(words)
    checks: list[Check] = []
    if chosen.json:
        checks += _look(probes)
        sys.stdout.write(report.as_json(checks))
    else:
        for line in report.lines(_kept(_look(probes), checks)):
            sys.stdout.write(line)
            sys.stdout.flush()
        sys.stdout.write(report.summary(checks))
    return int(worst(checks) == FAILURE)


def _look(probes: Sequence[Probe]) -> Iterator[Check]:
    python = python_version(platform.python_version())
    yield python
    if python.status == OK:
        with ThreadPoolExecutor(min(MOST_AT_ONCE, usable_cores())) as pool:
            yield from chain.from_iterable(pool.map(Probe.run, probes))


def _kept(checks: Iterator[Check], kept: list[Check]) -> Iterator[Check]:
    for check in checks:
        kept.append(check)
        yield check


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="health_check.py",
        description="Can this machine run the service? Says what is missing and how to mend it.",
        epilog=_STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="for programs: one JSON object")
    return parser
