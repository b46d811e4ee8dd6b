"""A process that crashes leaves no copy of its memory behind: pictures are in it."""

from __future__ import annotations

import resource

# Not 0: Linux would still pipe a dump to a program that is set for it (core_pattern), and to a
# limit of exactly 1 byte it does not. A file is not made for either.
_LIMIT_BYTES = 1


def forbid_core_dumps() -> None:
    """For this process, and those that it starts."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    limit = 0 if hard == 0 else _LIMIT_BYTES
    resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))
