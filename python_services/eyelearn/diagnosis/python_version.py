"""The Python that runs this. What is imported here an older one has, too."""

from __future__ import annotations

import re

from .check import Check, failure, ok
from .installing import PROJECT
from .version_range import fits

NAME = "Python"
_WANTED = re.compile(r'^requires-python = "(.+)"$', re.MULTILINE)


def python_version(version: str) -> Check:
    """Whether the packages that are locked exist for it."""
    try:
        found = _WANTED.search(PROJECT.read_text(encoding="utf-8"))
    except OSError:
        return failure(NAME, f"{version}; {PROJECT} can't be read", "clone the whole repository")
    wanted = found[1] if found else ""
    if fits(version, wanted):
        return ok(NAME, version)
    return failure(
        NAME,
        f"{version}, and it must be {wanted}: MediaPipe is not built for others",
        "install Python 3.11 or 3.12, and run this and the service with it; "
        "nothing else was looked at, since all else belongs to one Python",
    )
