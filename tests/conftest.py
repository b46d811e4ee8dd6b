from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

# A busy machine is no defect, and what was found is written as a test of its own.
settings.register_profile("here", deadline=None, database=None)
settings.load_profile("here")

pytest_plugins = ["databases"]

# Software draws Face Mesh with all cores: two browsers that do so at a time are too slow for both.
ONE_AT_A_TIME = "browser/landmarks"
# Fast rooms first: what fails soonest is told soonest.
SLOW = (
    ONE_AT_A_TIME,
    "test_install.py",
    "test_deploy.py",
    "training",
    "php",
    "processes",
    "camera",
    "diagnosis",
    "inference",
    "examples",
    "saving",
    "hostile",
    "faults",
    "integration",
    "browser",
)
TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_slowness)


def _slowness(item: pytest.Item) -> int:
    path = item.path.relative_to(TESTS)
    rooms = {path.parts[0], path.parent.as_posix()}
    return next((place for place, room in enumerate(SLOW, start=1) if room in rooms), 0)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


class Scheduling(LoadFileScheduling):
    """A file's tests in one process, and so are those that may only run one at a time."""

    def _split_scope(self, nodeid: str) -> str:
        together = nodeid.startswith(f"{TESTS.name}/{ONE_AT_A_TIME}/")
        return ONE_AT_A_TIME if together else super()._split_scope(nodeid)
