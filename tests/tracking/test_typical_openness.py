"""How far a learner's eyes are open when they are open: what a tenth of the time exceeds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eyelearn.tracking.typical_openness import (
    ENOUGH_SECONDS,
    EXCEEDED_SHARE,
    LEAST,
    LOWERED,
    MOST,
    STEP,
    USUAL,
    TypicalOpenness,
)

Seen = list[tuple[float, float]]


def sorted_out(seen: Seen) -> float:
    """The same from all that was seen, put in order."""
    looks = sorted(
        (round((min(max(openness, LEAST), MOST) - LEAST) / STEP), seconds)
        for openness, seconds in seen
        if openness >= LOWERED
    )
    exceeded = EXCEEDED_SHARE * sum(seconds for _, seconds in looks)
    while len(looks) > 1 and looks[-1][1] < exceeded:
        exceeded -= looks.pop()[1]
    return LEAST + looks[-1][0] * STEP


@given(
    st.lists(
        # In whole quarters, so that no sum is rounded.
        st.tuples(st.floats(0.0, 0.6), st.integers(1, 8).map(lambda quarters: quarters / 4)),
        min_size=1,
        max_size=60,
    )
)
def test_it_is_what_all_that_was_seen_says_at_each_moment(seen: Seen) -> None:
    typical = TypicalOpenness()
    for number, (openness, seconds) in enumerate(seen, start=1):
        typical.observe(openness, seconds)
        opened = [look for look in seen[:number] if look[0] >= LOWERED]
        if sum(seconds for _, seconds in opened) >= ENOUGH_SECONDS:
            assert typical.value == pytest.approx(sorted_out(opened))
        else:
            assert typical.value == USUAL


def test_all_eyes_as_wide_as_can_be_are_the_widest() -> None:
    typical = TypicalOpenness()
    for _ in range(100):
        typical.observe(0.9, 0.1)
    assert typical.value == pytest.approx(MOST)


def test_it_follows_what_is_seen_for_long_enough() -> None:
    typical = TypicalOpenness()
    for _ in range(100):
        typical.observe(0.9, 0.1)
    for _ in range(10_000):
        typical.observe(0.2, 0.1)
    assert typical.value == pytest.approx(LEAST + 2 * STEP)
