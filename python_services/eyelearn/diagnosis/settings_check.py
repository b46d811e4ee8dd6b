"""Settings that can't be read, that contradict one another, or that nobody reads."""

from __future__ import annotations

from collections.abc import Iterator

from .check import Check, failure, ok
from .contradictions import contradictions
from .misspelt import OURS, misspelt
from .reading import Reading, given, read


def look(name: str) -> Iterator[Check]:
    variables = given()
    found = list(checks(name, read(), variables))
    count = len(OURS & variables.keys())
    yield from found or [ok(name, f"{count or 'none'} set; nothing contradicts")]


def checks(name: str, reading: Reading, variables: dict[str, str]) -> Iterator[Check]:
    """variables: of the environment and the `.env` file."""
    for problem in reading.problems:
        yield failure(name, problem, "the README's table of settings tells what each takes")
    if not reading.problems:
        yield from contradictions(reading.settings, variables)
    yield from misspelt(variables)
