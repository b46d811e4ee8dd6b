"""How often learners send their landmarks: as they like, and less often where the event loop would
have no time for anybody else. A batch of twice the samples costs it far less than two. Pure.
"""

from __future__ import annotations

from math import ceil

# Of the event loop's time; above it, what comes together waits for one another.
BUSY_SHARE = 0.65
# Between this share of that and that itself nothing is changed.
CALM_SHARE = 0.8
# Once a second is what clients do by themselves; later than in so many nobody calls it live.
USUAL_SECONDS, MAX_SECONDS = 1.0, 5.0
MAX_STEP, MIN_STEP = 1.5, 0.8
# Until a step shows: everybody has to have sent once more.
SETTLING_SECONDS, SETTLING_BATCHES = 2.0, 1.5


class BatchPace:
    """seconds: that at least lie between two batches of a learner; 0: as they like."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._busy_seconds = self._elapsed = 0.0

    def measure(self, busy_share: float, elapsed: float) -> None:
        """busy_share: 0 to 1, of the last `elapsed` seconds."""
        self._busy_seconds += busy_share * elapsed
        self._elapsed += elapsed
        if self._elapsed < max(SETTLING_SECONDS, SETTLING_BATCHES * self.seconds):
            return
        share = self._busy_seconds / self._elapsed / BUSY_SHARE
        self._busy_seconds = self._elapsed = 0.0
        if share > 1.0:
            slower = max(self.seconds, USUAL_SECONDS) * min(share, MAX_STEP)
            self.seconds = min(_tenths(slower), MAX_SECONDS)
        elif share < CALM_SHARE and self.seconds > 0.0:
            quicker = _tenths(self.seconds * max(share, MIN_STEP) - 0.1)
            self.seconds = quicker if quicker > USUAL_SECONDS else 0.0


def _tenths(seconds: float) -> float:
    """Rounded up, since what is told is told to everybody: not for each millisecond."""
    return ceil(10 * seconds) / 10
