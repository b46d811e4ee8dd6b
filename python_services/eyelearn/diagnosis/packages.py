"""Installed packages against what is locked, and against what our code was written for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions

from .check import Check, failure, ok, warning
from .installing import PROJECT, REQUIREMENTS, how_to_install
from .version_range import fits

# All of them install the one folder `cv2`.
_OPENCVS = {
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
    "opencv-python",
    "opencv-python-headless",
}
# What is for some machines only has a marker after its version, and is not asked for.
_LOCKED = re.compile(r"^([\w.-]+)==(\S+)(?= \\$)", re.MULTILINE)
_NAME_AND_RANGE = re.compile(r"([\w.-]+)\s*(.*)")
# Named in one line at most.
_MOST = 6


def look(name: str) -> Iterator[Check]:
    """Reads what is installed; imports none of it."""
    yield from compared(name, locked(), ranges(), installed())


def locked() -> dict[str, str]:
    """The version of each package in requirements_railway.txt."""
    found = _LOCKED.findall(REQUIREMENTS.read_text(encoding="utf-8"))
    return {_normal(package): version for package, version in found}


def ranges() -> dict[str, str]:
    """The versions that pyproject.toml allows, of each package that our code imports."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    found = (_NAME_AND_RANGE.fullmatch(written) for written in project["dependencies"])
    return {_normal(read[1]): read[2] for read in found if read is not None}


def installed() -> dict[str, str]:
    """The version of each package that Python finds; of two, the first is the one it imports."""
    versions: dict[str, str] = {}
    for distribution in distributions():
        package = distribution.metadata["Name"]
        if package:
            versions.setdefault(_normal(package), distribution.version)
    return versions


def compared(
    name: str, locked: Mapping[str, str], ranges: Mapping[str, str], there: Mapping[str, str]
) -> Iterator[Check]:
    """One line where all is as locked, else one for each kind of difference."""
    opencvs = sorted(_OPENCVS & there.keys())
    if len(opencvs) > 1:
        yield _overwritten(name, opencvs, locked)
    missing = [package for package in locked if package not in there]
    if missing:
        what = _row(missing) if there.keys() & locked.keys() else f"all {len(missing)}"
        yield failure(name, f"missing: {what}", how_to_install())
    other = [
        package for package in locked if there.get(package, locked[package]) != locked[package]
    ]
    wrong = [package for package in other if not fits(there[package], ranges.get(package, ""))]
    if wrong:
        found = _row(f"{each} {there[each]} ({ranges[each]} is needed)" for each in wrong)
        yield failure(name, found, how_to_install())
    near = [package for package in other if package not in wrong]
    if near:
        found = _row(f"{each} {there[each]} (locked: {locked[each]})" for each in near)
        yield warning(name, f"not as tested: {found}", how_to_install())
    if len(opencvs) <= 1 and not missing and not other:
        yield ok(name, f"{len(locked)} as locked")


def _overwritten(name: str, opencvs: list[str], locked: Mapping[str, str]) -> Check:
    headless = f"opencv-python-headless=={locked['opencv-python-headless']}"
    return failure(
        name,
        f"{' and '.join(opencvs)} overwrite each other's cv2",
        f"pip uninstall -y {' '.join(opencvs)} && pip install --no-deps {headless}",
    )


def _row(of: Iterator[str] | list[str]) -> str:
    names = list(of)
    more = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f", and {more} more" if more > 0 else "")


def _normal(package: str) -> str:
    """As PEP 503 compares names."""
    return re.sub(r"[-_.]+", "-", package).lower()
