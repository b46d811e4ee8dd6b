"""HTTP answers as `docs/openapi.yaml` says, whatever is asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from eyelearn.settings import ROOT
from service import RunningService

DESCRIPTION = ROOT / "docs" / "openapi.yaml"


def test_http_answers_as_it_is_described(service: RunningService, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", str(DESCRIPTION)),
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
