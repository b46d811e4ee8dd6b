from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no defect, and what was found is written as a test of its own.
settings.register_profile("here", deadline=None, database=None)
settings.load_profile("here")

pytest_plugins = ["databases"]

# Fast rooms first: what fails soonest is told soonest.
SLOW = (
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
    room = item.path.relative_to(TESTS).parts[0]
    return SLOW.index(room) + 1 if room in SLOW else 0
