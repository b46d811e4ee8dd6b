"""Waiting for what another process does."""

from __future__ import annotations

import time
from collections.abc import Callable

POLL_SECONDS = 0.02


def until(
    holds: Callable[[], object], seconds: float = 30.0, poll_seconds: float = POLL_SECONDS
) -> None:
    """Returns once it holds; fails the test after so many seconds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"did not come about in {seconds:g} s"
        time.sleep(poll_seconds)
