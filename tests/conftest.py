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
    "php",
    "processes",
    "inference",
    "saving",
    "test_install.py",
    "hostile",
    "faults",
    "integration",
    "browser",
)
# These watch learners live: in each of two processes one after the other (pytest-xdist).
LIVE = {
    "hostile": "services",
    "faults": "services",
    "integration": "learners",
    "browser": "learners",
}
TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_slowness)
    for item in items:
        group = LIVE.get(_room(item))
        if group is not None:
            item.add_marker(pytest.mark.xdist_group(group))


def _room(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).parts[0]


def _slowness(item: pytest.Item) -> int:
    room = _room(item)
    return SLOW.index(room) + 1 if room in SLOW else 0
