"""A learner's hands: found now and then, and followed from picture to picture.

The graph that `mediapipe.solutions.hands` runs keeps one stream's state and detects palms in each
picture that has fewer than two, which costs more than all that a learner's face does. Here that
state, where hands were last, is an input, so one of each model serves all learners, and how often
palms are looked for is a choice.
"""

from __future__ import annotations

from .frames import Picture
from .hand import Hand
from .hand_model import HandReader, around
from .palm_detector import PalmDetector
from .region import Region

__all__ = ["Hand", "HandFollower", "HandModels"]

MOST_HANDS = 2
# Someone who shows a gesture waits as long for an answer without taking it for a delay.
LOOK_SECONDS = 0.3
# So many times as long where one hand is followed: whoever raises a second one has been answered
# for the first.
_SECOND_HAND = 2
# A hand held up for so long is where it was, and one that moves is found anew.
FOLLOWED_SECONDS = 1.0
# Two regions are of one hand when they share so much of what both cover (intersection over union):
# AssociationNormRectCalculator in MediaPipe's HandLandmarkTrackingCpu.
_SAME_HAND = 0.5


class HandModels:
    """Palm detector and landmarks for any number of learners, one picture at a time."""

    def __init__(self) -> None:
        self._palms = PalmDetector()
        self._reader = HandReader()

    def regions(self, rgb: Picture) -> list[Region]:
        """Of each hand, the surest first."""
        return self._palms.regions(rgb)

    def hand(self, rgb: Picture, region: Region) -> Hand | None:
        """The hand in this region, or None where there is none."""
        return self._reader.read(rgb, region)

    def close(self) -> None:
        self._palms.close()


class HandFollower:
    """One learner's."""

    def __init__(self, models: HandModels, look_interval: float = LOOK_SECONDS) -> None:
        """models: shared with other learners; look_interval: seconds between two looks for palms
        while no hand is followed, and half as often while one is."""
        self._models = models
        self._interval = look_interval
        self._regions: list[Region] = []
        self._found_at: float | None = None
        self._looked_at: float | None = None

    def find(self, rgb: Picture, now: float) -> list[Hand]:
        """At most two hands, those that were followed first.

        rgb: (height, width, 3), which is not written on any more; now: seconds on any clock.
        """
        found = _Hands(self._models, rgb)
        found.look_in(self._regions if self._follows(now) else [])
        if len(found.hands) < MOST_HANDS and self._is_due(now, len(found.hands)):
            found.look_in(self._models.regions(rgb))
            self._looked_at = now
        self._regions, self._found_at = found.regions, now
        return found.hands

    def _follows(self, now: float) -> bool:
        return self._found_at is not None and now - self._found_at <= FOLLOWED_SECONDS

    def _is_due(self, now: float, followed: int) -> bool:
        interval = self._interval * (_SECOND_HAND if followed else 1)
        return self._looked_at is None or now - self._looked_at >= interval


class _Hands:
    """Those of one picture, each once."""

    def __init__(self, models: HandModels, rgb: Picture) -> None:
        self._models, self._rgb = models, rgb
        self.hands: list[Hand] = []
        self.regions: list[Region] = []

    def look_in(self, regions: list[Region]) -> None:
        for region in regions:
            if len(self.hands) < MOST_HANDS and self._is_new(region):
                self._add(self._models.hand(self._rgb, region))

    def _add(self, hand: Hand | None) -> None:
        if hand is None:
            return
        region = around(hand.points, self._rgb.shape)
        if self._is_new(region):
            self.hands.append(hand)
            self.regions.append(region)

    def _is_new(self, region: Region) -> bool:
        return all(overlap(region, known, self._rgb.shape) <= _SAME_HAND for known in self.regions)


def overlap(one: Region, other: Region, shape: tuple[int, ...]) -> float:
    """Of two regions as if they weren't turned: what both cover as a share of what either does.

    shape: (height, width, ...) of the picture.
    """
    aspect = shape[1] / shape[0]
    across = _shared(one.x, one.side, other.x, other.side)
    down = _shared(one.y, one.side * aspect, other.y, other.side * aspect)
    both = across * down
    return both / ((one.side**2 + other.side**2) * aspect - both)


def _shared(one: float, its_side: float, other: float, other_side: float) -> float:
    """The length that two stretches have in common, each given by its middle and its length."""
    first = max(one - its_side / 2, other - other_side / 2)
    last = min(one + its_side / 2, other + other_side / 2)
    return max(0.0, last - first)
