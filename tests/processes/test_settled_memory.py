from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from eyelearn.processes.settled_memory import (
    MANY_OBJECTS,
    YOUNG_OBJECTS,
    ClearingOut,
    settle_memory,
)

LONGEST = 600.0


class Circle:
    """Garbage that only a collection finds."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def settled() -> Iterator[None]:
    before, threshold = list(gc.callbacks), gc.get_threshold()
    settle_memory()
    yield
    gc.callbacks[:] = before
    gc.set_threshold(*threshold)
    gc.unfreeze()


def gathered(count: int) -> list[list[int]]:
    """So many objects that have survived a full collection."""
    kept: list[list[int]] = [[] for _ in range(count)]
    gc.collect()
    return kept


def test_what_survived_a_collection_is_left_out_of_the_next() -> None:
    standing = gc.get_freeze_count()
    kept = gathered(1000)
    assert gc.get_freeze_count() >= standing + len(kept)
    assert len(gc.get_objects()) < len(kept)


def test_what_is_on_its_way_is_not_looked_through_again_and_again() -> None:
    """Some twenty batches of landmarks, or as many pictures: they come and go."""
    before = [generation["collections"] for generation in gc.get_stats()]
    for _ in range(20):
        assert [[] for _ in range(YOUNG_OBJECTS // 2)]
    assert [generation["collections"] for generation in gc.get_stats()] == before


def test_circles_are_found_among_what_is_young() -> None:
    before = gc.get_stats()[0]["collected"]
    for _ in range(2 * YOUNG_OBJECTS):
        Circle()
    assert gc.get_stats()[0]["collected"] >= before + YOUNG_OBJECTS


def test_clearing_out_finds_what_died_later() -> None:
    clearing = ClearingOut(0.0, LONGEST)
    circle = Circle()
    gone = weakref.ref(circle)
    gc.collect()
    del circle
    gc.collect()
    assert gone() is not None
    clearing.clear_out(1.0)
    assert gone() is None


def test_it_is_due_where_much_has_gathered_and_nobody_is_there() -> None:
    clearing = ClearingOut(0.0, LONGEST)
    assert not clearing.is_due(busy=False, now=LONGEST)
    kept = gathered(MANY_OBJECTS + 1000)
    assert clearing.is_due(busy=False, now=1.0)
    assert not clearing.is_due(busy=True, now=LONGEST - 1.0)
    assert clearing.is_due(busy=True, now=LONGEST)
    clearing.clear_out(LONGEST)
    assert not clearing.is_due(busy=False, now=LONGEST + 1.0)
    assert kept
