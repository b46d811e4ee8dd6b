"""Checks as people read them, and as programs do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from .check import FAILURE, OK, WARNING, Check, worst

_STATUS_WIDTH, _NAME_WIDTH = 9, 20
_SUMMARIES = {
    OK: "the service can run here",
    WARNING: "the service can run here; a person should look at the warnings",
    FAILURE: "the service can't run here like this",
}


def lines(checks: Iterator[Check]) -> Iterator[str]:
    """Each check as soon as it is there, and how to mend what is wrong beneath it.

    What mends a whole row of checks stands beneath the first of them.
    """
    told = ""
    for check in checks:
        yield f"{check.status:<{_STATUS_WIDTH}}{check.name:<{_NAME_WIDTH}} {check.found}\n"
        if check.mend and check.mend != told:
            yield f"{'':<{_STATUS_WIDTH}}{check.mend}\n"
        told = check.mend


def summary(checks: Sequence[Check]) -> str:
    """The last line for people."""
    counts = [(sum(c.status == status for c in checks), status) for status in (FAILURE, WARNING)]
    found = [f"{count} {status}{'s' * (count > 1)}" for count, status in counts if count]
    return f"{', '.join(found) or 'all ok'}: {_SUMMARIES[worst(checks)]}.\n"


def as_json(checks: Sequence[Check]) -> str:
    told = {"status": worst(checks), "checks": [asdict(check) for check in checks]}
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"
