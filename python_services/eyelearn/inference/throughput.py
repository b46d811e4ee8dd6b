"""How fast pictures are judged on this machine, as loaded as it is."""

from __future__ import annotations

import math

# Taken for true until it was measured: 8 ms on a quiet core (finding 11), and some for the rest.
FIRST_GUESS_SECONDS = 0.01
# The guess, or what a worker says of its first pictures, is worth so many judgements and never
# fades: one slow picture after a quiet while must not turn a class away.
FIRST_GUESS_FRAMES = 4.0
# What lies further back fades: long enough that hard pictures don't show, short enough that a
# neighbour who takes the cores does, and is forgotten as soon when they are free again.
MEMORY_SECONDS = 3.0
# Of its time, that a worker is busy for its sessions: at this share a frame waits for those of
# others for 4 ms on average (M/D/1 queue, at 5 ms a frame).
COMFORTABLE_SHARE = 0.6
# What a learner who sits still is asked for, and few send more.
SESSION_FPS = 13.0
# Who asks for other things again and again takes all that is free; when learners' frames wait, so
# much of the time is theirs (`mailbox.LEARNER_TURNS`).
MAX_OTHER_SHARE = 0.5
# A worker that hung once says little about the next frame; at most so much is counted.
MAX_COUNTED_SECONDS = 0.5


class Throughput:
    """Learns from every judgement; capacity is what workers could judge if they never waited.

    Keeps some numbers, nothing per frame. Times are seconds on any one clock.
    """

    def __init__(self) -> None:
        self._expected = FIRST_GUESS_SECONDS
        self._frames = 0.0
        self._seconds = 0.0
        self._learned_at = 0.0
        # What other requests than judgements took.
        self._other_seconds = 0.0
        self._other_at = 0.0

    def expect(self, seconds: float) -> None:
        """seconds: what a picture took a worker before any learner came."""
        self._expected = min(max(seconds, 0.0), MAX_COUNTED_SECONDS)

    def learn(self, seconds: float, now: float) -> None:
        """seconds: what one worker spent on one frame, as it says: the way there and back does not
        count, and on a calm machine that would be half of it.
        """
        kept = self._kept(now)
        self._learned_at = now
        self._frames = kept * self._frames + 1.0
        self._seconds = kept * self._seconds + min(max(seconds, 0.0), MAX_COUNTED_SECONDS)

    def learn_other(self, seconds: float, now: float) -> None:
        """seconds: what one worker spent on a picture that was not judged for a learner."""
        self._other_seconds = self._other_kept(now) + min(max(seconds, 0.0), MAX_COUNTED_SECONDS)
        self._other_at = now

    def busy_share(self, workers: int, now: float) -> float:
        """Of the time of so many workers, 0 to 1, that was spent on pictures lately."""
        spent = self._kept(now) * self._seconds + self._other_kept(now)
        return min(1.0, spent / (workers * MEMORY_SECONDS))

    def per_second(self, workers: int, now: float) -> float:
        """Frames a second that so many workers judge at most, beside what else they do."""
        other_share = self._other_kept(now) / (workers * MEMORY_SECONDS)
        return (1.0 - min(other_share, MAX_OTHER_SHARE)) * self.per_second_alone(workers, now)

    def per_second_alone(self, workers: int, now: float) -> float:
        """Frames a second that so many workers judge if they do nothing else."""
        kept = self._kept(now)
        frames = kept * self._frames + FIRST_GUESS_FRAMES
        seconds = kept * self._seconds + FIRST_GUESS_FRAMES * self._expected
        return workers * frames / seconds

    def comfortable_sessions(self, now: float) -> float:
        """Sessions that one worker serves with ease."""
        return COMFORTABLE_SHARE * self.per_second_alone(1, now) / SESSION_FPS

    def _other_kept(self, now: float) -> float:
        """Seconds of other requests that count still."""
        return self._other_seconds * math.exp(-max(0.0, now - self._other_at) / MEMORY_SECONDS)

    def _kept(self, now: float) -> float:
        """Share of what was learned that counts still."""
        return math.exp(-max(0.0, now - self._learned_at) / MEMORY_SECONDS)
