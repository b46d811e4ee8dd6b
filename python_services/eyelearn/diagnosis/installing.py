"""Where what is needed is written down, and how it is installed."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PROJECT = ROOT / "pyproject.toml"
REQUIREMENTS = ROOT / "requirements_railway.txt"
# Where `dev.py` installs.
_OURS = ROOT / ".venv"
_BY_PIP = "into this Python: PIP_NO_DEPS=1 pip install -r requirements_railway.txt"


def how_to_install() -> str:
    """Packages are missing from the Python that runs this: what to do."""
    python = _OURS / "bin" / "python"
    if python.exists() and Path(sys.prefix).resolve() != _OURS.resolve():
        return f"run this with {python}, which has what dev.py installed; or {_BY_PIP}"
    return f"`python3 dev.py serve` installs into .venv, and serves from there; {_BY_PIP}"
