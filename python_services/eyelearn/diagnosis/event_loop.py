"""eventlet and Engine.IO are as `server.py` takes them to be, and enough files may be open."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version

from .check import Check, failure, ok, warning

# By name, as this room lies below it; and only here, as it makes the standard library green.
_SERVER = "eyelearn.server"
FEW_FILES = 1024


def look(name: str) -> Iterator[Check]:
    server = import_module(_SERVER)
    try:
        server.replace_unmasking()
        server.buffer_web_sockets()
    except RuntimeError as error:
        found, _, mend = str(error).partition(": ")
        yield failure(name, found, mend)
    else:
        yield ok(name, f"eventlet {version('eventlet')} fits")
    # The service raises its limit to the hard one.
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield open_files(files, server.FILES_OF_OUR_OWN, server.MAX_CONNECTIONS)


def open_files(files: int, of_our_own: int, most: int) -> Check:
    """files: that may be open at once; of_our_own: of them no client's; most: connections taken."""
    name, found = "Open files", f"{files}: {max(1, min(most, files - of_our_own))} connections"
    if files < FEW_FILES:
        mend = "raise the hard limit where the service is started (`ulimit -Hn`, LimitNOFILE=)"
        return warning(name, f"{found} at most", mend)
    return ok(name, found)
