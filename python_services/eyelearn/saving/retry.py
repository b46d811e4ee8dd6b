"""How long to wait before trying again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

# 2 ** 30 s is past every longest wait; more would only overflow.
_MAX_DOUBLINGS = 30


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with full jitter, so that many who failed together don't return together.

    (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.)

    first_seconds: the longest wait after the first failure; doubled at each further one.
    longest_seconds: no wait is longer.
    """

    first_seconds: float
    longest_seconds: float

    def delay(self, failures: int, chance: Callable[[], float] = random.random) -> float:
        """Seconds to wait after so many failures in a row (1 or more); chance gives 0 to 1."""
        doublings = min(failures - 1, _MAX_DOUBLINGS)
        return chance() * min(self.longest_seconds, self.first_seconds * 2.0**doublings)
