"""What one look at the machine found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

OK, WARNING, FAILURE = "ok", "warning", "failure"
_WORST_FIRST = (FAILURE, WARNING, OK)


@dataclass(frozen=True)
class Check:
    """One line: `name` was looked at, and this was `found`.

    status: OK, WARNING (the service runs, and a person should look) or FAILURE (it does not run, or
    not as it was told to). mend: what a person does about it; nothing where there is no need.
    """

    name: str
    status: str
    found: str
    mend: str = ""


def ok(name: str, found: str) -> Check:
    return Check(name, OK, found)


def warning(name: str, found: str, mend: str) -> Check:
    return Check(name, WARNING, found, mend)


def failure(name: str, found: str, mend: str) -> Check:
    return Check(name, FAILURE, found, mend)


def worst(checks: Iterable[Check]) -> str:
    """The status of all of them together; OK where there are none."""
    there = {check.status for check in checks}
    return next((status for status in _WORST_FIRST if status in there), OK)
