"""How far this learner's eyes are open when they are open."""

from __future__ import annotations

# What people's open eyes measure, as eye aspect ratio. Outside of this it is a face turned far, or
# an eye that is all but shut, and what is learned stays within.
LEAST, MOST = 0.18, 0.42
# The median of the wider eye in 104 pictures of 58 people who face the camera (RAP3DF, CMU Face
# Images): 0.337. Taken for everyone until enough was seen of them.
USUAL = 0.33
# Under this, with some noise below the least, it is a lowered lid and no open eye, whoever it is.
# Fixed, and not the threshold in use: else a wrong one would hide what could correct it.
LOWERED = 0.15
ENOUGH_SECONDS = 5.0
# "Wide open" is where PERCLOS counts from: what is exceeded for a tenth of the time. So nine
# tenths of a sitting may pass with lowered lids before they count as this learner's open eye.
EXCEEDED_SHARE = 0.1
STEP = 0.01


class TypicalOpenness:
    """An upper quantile by seconds, over the whole sitting: a face in it stays the same."""

    __slots__ = ("_above", "_seconds", "_step", "_total", "value")

    def __init__(self) -> None:
        # Seconds seen with each openness, in steps from LEAST; the ends hold all beyond.
        self._seconds = [0.0] * (round((MOST - LEAST) / STEP) + 1)
        self._total = 0.0
        # The step that the quantile was in last, and the seconds in all above it.
        self._step = len(self._seconds) - 1
        self._above = 0.0
        self.value = USUAL

    def observe(self, openness: float, seconds: float) -> None:
        """openness: eye aspect ratio that lasted for `seconds`."""
        if openness < LOWERED:
            return
        step = round((min(max(openness, LEAST), MOST) - LEAST) / STEP)
        self._seconds[step] += seconds
        self._total += seconds
        if step > self._step:
            self._above += seconds
        if self._total >= ENOUGH_SECONDS:
            self.value = self._quantile()

    def _quantile(self) -> float:
        """From where it was last: it seldom moves, and is asked for with every sample."""
        exceeded = EXCEEDED_SHARE * self._total
        while self._above >= exceeded:
            self._step += 1
            self._above -= self._seconds[self._step]
        while self._above + self._seconds[self._step] < exceeded and self._step > 0:
            self._above += self._seconds[self._step]
            self._step -= 1
        return LEAST + self._step * STEP
