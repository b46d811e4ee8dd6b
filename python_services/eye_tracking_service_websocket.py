"""Start here: `python python_services/eye_tracking_service_websocket.py` runs the service."""

from __future__ import annotations

import sys

from eyelearn.server import run  # first: it makes the standard library's sockets green

from pydantic import ValidationError  # isort: skip

from eyelearn.core_dumps import forbid_core_dumps
from eyelearn.logs import configure_service
from eyelearn.protocols import identity
from eyelearn.saving.database_url import problem_with, sqlite_file
from eyelearn.settings import Settings, describe_problems


def main() -> int:
    """The exit status: 0 after SIGTERM, 1 where the service can't start, 2 for a wrong setting."""
    try:
        settings = Settings()
    except ValidationError as error:
        sys.stderr.write(describe_problems(error))
        return 2
    problem = problem_with(settings.database_url) or identity.problem_with(settings)
    if problem is not None:
        sys.stderr.write(f"{problem}\n")
        return 2
    forbid_core_dumps()
    configure_service(settings, sqlite_file(settings.database_url))
    return run(settings)


if __name__ == "__main__":
    sys.exit(main())
