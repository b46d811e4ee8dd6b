"""What one picture expresses, with what was seen of face and hands before."""

from __future__ import annotations

import math
import time
from typing import NamedTuple

from .expressed import Expressed
from .expressions import expression
from .face_follower import FaceFollower
from .face_mesh import FaceModels, Mesh
from .frames import Picture
from .hand_gestures import hands_expression, one_hand
from .hands import Hand, HandFollower, HandModels
from .head import head_of
from .landmarks import select
from .measurement import face
from .mouth import Mouth, mouth
from .observation import Face
from .overlay import overlay

# So long hands are taken to be where they were, in pictures in which they are not looked for.
KEPT_SECONDS = 0.5


class _Seen(NamedTuple):
    face: Face
    mouth: Mouth
    mesh: Mesh


class Expressor:
    """One session's: follows its face and hands."""

    def __init__(self, faces: FaceModels, hands: HandModels) -> None:
        """Models that are shared with other sessions."""
        self._face = FaceFollower(faces, look_interval=math.inf, exact_lips=True)
        self._hand_follower = HandFollower(hands)
        self._hands: list[Hand] = []
        self._hands_seen_at = -math.inf

    def express(self, rgb: Picture, now: float, look_for_hands: bool) -> Expressed:
        """rgb: (height, width, 3), which is not written on any more; now: seconds on any clock.

        look_for_hands: without, the hands are those of the last picture with, for KEPT_SECONDS.
        """
        height, width = rgb.shape[:2]
        laps = _Laps()
        seen = self._face_in(rgb, now)
        laps.end("face")
        hands = self._hands_in(rgb, now, look_for_hands)
        head = None if seen is None else head_of(seen.mesh)
        gesture = hands_expression(hands, head, width, height)
        laps.end("hands")
        name = expression(seen and seen.face, seen and seen.mouth, gesture)
        drawn = overlay(rgb, seen and seen.mesh, hands, name or "")
        laps.end("overlay")
        return Expressed(
            expression=name,
            face=seen is not None,
            hands=[
                {
                    "hand": "left" if hand.is_left else "right",
                    "gesture": one_hand(hand, width, height),
                }
                for hand in hands
            ],
            milliseconds=laps.milliseconds,
            overlay=drawn,
        )

    def _face_in(self, rgb: Picture, now: float) -> _Seen | None:
        found = self._face.find(rgb, now)
        if found is None:
            return None
        height, width = rgb.shape[:2]
        its_face = face(select(found.mesh), width, height, brightness=None)
        its_mouth = mouth(found.mesh, width, height)
        if its_face is None or its_mouth is None:
            return None
        return _Seen(its_face, its_mouth, found.mesh)

    def _hands_in(self, rgb: Picture, now: float, look: bool) -> list[Hand]:
        if look:
            self._hands, self._hands_seen_at = self._hand_follower.find(rgb, now), now
        elif now - self._hands_seen_at > KEPT_SECONDS:
            self._hands = []
        return self._hands


class _Laps:
    """What each part of the work took, by name."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}
        self._begun = time.perf_counter()

    def end(self, name: str) -> None:
        now = time.perf_counter()
        self.milliseconds[name] = round((now - self._begun) * 1000, 2)
        self._begun = now
