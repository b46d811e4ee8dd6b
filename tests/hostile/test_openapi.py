"""HTTP answers as the service describes itself, whatever is asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from service import RunningService

# What a request of the right form may still run into: most texts are no picture, and most bytes are
# not as many landmarks as there are times (400).
CONFIGURATION = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 413, 422, 429, 503]
"""


def test_http_answers_as_it_is_described(service: RunningService, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    description = f"{service.url}/api/openapi.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", description),
            *("--url", service.url, "--checks", "all", "--max-examples", "20"),
            "--generation-deterministic",
            "--no-color",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
