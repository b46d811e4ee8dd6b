"""`python python_services/manage.py --help`: commands on the kept sessions, for operators."""

from __future__ import annotations

import sys

from pydantic import ValidationError

from eyelearn.saving.commands import main
from eyelearn.settings import Settings, describe_problems

if __name__ == "__main__":
    try:
        settings = Settings()
    except ValidationError as error:
        sys.exit(describe_problems(error))
    sys.exit(main(sys.argv[1:], settings.database_url))
