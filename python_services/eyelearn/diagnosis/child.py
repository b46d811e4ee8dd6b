"""The child's side: `python -m eyelearn.diagnosis.child MODULE NAME` makes checks, told as JSON."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from importlib import import_module

from ..safe_traceback import safe_traceback
from . import trouble
from .check import Check


def main(module: str, name: str) -> None:
    """Tells on standard output what `look` of the module yields, and nothing else."""
    # Libraries write there, too, in C; from here on that goes where their warnings go.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as told:
        os.dup2(2, 1)
        json.dump([asdict(check) for check in made(module, name)], told)


def made(module: str, name: str) -> list[Check]:
    """What the module's `look` found, until its end or its exception."""
    checks: list[Check] = []
    try:
        for check in import_module(module).look(name):
            checks.append(check)  # noqa: PERF402  # what came before an exception is kept
    except Exception as error:
        sys.stderr.write(f"{safe_traceback(error)}\n")
        checks.append(trouble.told(name, module, error))
    return checks


if __name__ == "__main__":
    main(*sys.argv[1:])
