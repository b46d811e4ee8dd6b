"""How long a worker may take over one frame before its learners are taken elsewhere."""

from __future__ import annotations

# A machine that is busy with something else holds a process up for some hundred milliseconds.
LEAST_SECONDS = 1.0
# Twenty times the usual is no longer a hard picture or a crowded core.
FACTOR = 20.0
# Each judgement moves what counts as usual by this share: that of the last 20 or so.
SHARE = 0.05


class Patience:
    """Learns from every judgement how long one takes on this machine, as loaded as it is."""

    def __init__(self, most_seconds: float) -> None:
        self._most = most_seconds
        self._usual = 0.0

    def learn(self, seconds: float) -> None:
        self._usual += SHARE * (seconds - self._usual)

    @property
    def seconds(self) -> float:
        return min(self._most, LEAST_SECONDS + FACTOR * self._usual)
