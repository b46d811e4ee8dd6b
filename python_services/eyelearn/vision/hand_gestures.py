"""What hands express: each gesture with what defines it, and which of them counts first.

A gesture is named where all that defines it holds, and none where something is in between: a hand
on its way from one to another, or noise at a limit, gives no third one.
"""

from __future__ import annotations

from collections.abc import Sequence

from .hand import MIDDLE, THUMB, WRIST, Hand
from .hand_measures import Direction, HandMeasures, measure
from .head import Head, head_of

__all__ = [
    "HAND_PRIORITY",
    "Head",
    "hands_expression",
    "head_of",
    "measure",
    "one_hand",
]

# Of all that a picture's hands express, the first here is told. Both hands before one, since each
# of them does the same on its own. A hand at the head before its shape: fingers that rest there
# form shapes that mean nothing. Thumbs before a raised hand: nobody asks to speak by a thumb. A
# raised hand before the shapes that hands are raised in, an index finger, a fist, an open hand.
# Stretched fingers before those shapes, which a hand also has when it does nothing.
HAND_PRIORITY = (
    "both_hands_thumbs_up",
    "both_hands_raised",
    "both_hands_fists",
    "hand_touching_head",
    "thumbs_up",
    "thumbs_down",
    "one_hand_raised",
    "one_finger_raised",
    "pointing",
    "one_finger_middle",
    "one_finger_ring",
    "one_finger_pinky",
    "fist",
    "open_hand",
)
_BOTH = {
    "both_hands_thumbs_up": "thumbs_up",
    "both_hands_raised": "one_hand_raised",
    "both_hands_fists": "fist",
}

# A finger is stretched up to a third of the 130 degrees by which a fist bends it, and folded from
# half of them on. By its knuckle alone it is folded where that is bent nearly as in a fist, by 90:
# so a fist looks that is held towards the camera.
STRETCHED_DEGREES, FOLDED_DEGREES = 42.0, 63.0
STRETCHED_KNUCKLE_DEGREES, FOLDED_KNUCKLE_DEGREES = 60.0, 75.0
# In lengths of the palm. A thumb stands off from 0.25 on (hands that show it: 0.3 to 0.5) and is
# laid on the fist up to 0.15 (across its front: -0.4, alongside: 0.1). In an open hand it stands
# off or is alongside, and is not laid across the palm.
THUMB_OFF = 0.25
THUMB_ON_FIST = 0.15
THUMB_ACROSS = -0.15
# Degrees. A raised finger is upright by as much as an arm on a table leans, 30; one that points is
# so far from it that half of it is to the side. A thumb's tilt is the wrist's, which is less free.
UPRIGHT_DEGREES = 30.0
POINTING_DEGREES = 45.0
THUMB_DEGREES = 40.0
# Where the thumb is up or down, the index's knuckle is that way too, the little finger's opposite.
KNUCKLES_DEGREES = 50.0
# Of a finger's length. At 0.5 it points 60 degrees away from the picture's plane.
ACROSS = 0.5
TOWARDS_CAMERA = 0.35
# Points of a hand, its root aside, that lie within the head's oval where the hand touches it: the
# last three of a finger. The oval is larger than the face's by ears and hair.
TOUCHING_POINTS = 3
_HAIR = 1.1
_ROOT = [WRIST, THUMB[0]]
# From wrist to middle knuckle a palm is 0.37 of its owner's head from chin to crown: 0.446 of the
# hand's length (Buchholz et al., Anthropometric data for describing the kinematics of the human
# hand, Ergonomics 35, 1992), which is 193 mm, of 232 (ANSUR, US Army men, 1988). One that looks
# half as large again is so much nearer to the camera than the head: before the face, not on it.
LARGEST_TOUCHING_PALM = 0.55


def hands_expression(
    hands: Sequence[Hand], head: Head | None, width: int, height: int
) -> str | None:
    """The first in HAND_PRIORITY of what these hands express; None where they express nothing.

    width and height of the picture in pixels. Without a head no hand is raised or touches it.
    """
    each = [_expressed(hand, head, width, height) for hand in hands]
    expressed = set().union(*each) if each else set()
    if len(each) > 1:
        expressed |= {both for both, one in _BOTH.items() if all(one in its for its in each)}
    return min(expressed, key=HAND_PRIORITY.index, default=None)


def one_hand(hand: Hand, width: int, height: int) -> str | None:
    """The gesture that its fingers form, wherever it is."""
    return _shape(measure(hand, width, height))


def _expressed(hand: Hand, head: Head | None, width: int, height: int) -> set[str]:
    """All that one hand does; a hand at the head does nothing else."""
    measures = measure(hand, width, height)
    if head is not None and _touches(hand, measures.palm, head, height):
        return {"hand_touching_head"}
    shape = _shape(measures)
    expressed = set() if shape is None else {shape}
    if head is not None and hand.points[MIDDLE[0], 1] < head.top:
        expressed.add("one_hand_raised")
    return expressed


def _shape(hand: HandMeasures) -> str | None:
    bends = list(zip(hand.bends, hand.knuckle_bends, strict=True))
    stretched = [
        bend < STRETCHED_DEGREES and knuckle < STRETCHED_KNUCKLE_DEGREES for bend, knuckle in bends
    ]
    folded = [bend > FOLDED_DEGREES or knuckle > FOLDED_KNUCKLE_DEGREES for bend, knuckle in bends]
    if all(stretched):
        return "open_hand" if hand.thumb_reach > THUMB_ACROSS else None
    if all(folded):
        return _closed(hand)
    if sum(stretched) == 1 and sum(folded) == len(hand.bends) - 1:
        return _one_finger(stretched.index(True), hand)
    return None


def _closed(hand: HandMeasures) -> str | None:
    """Of a hand with four folded fingers."""
    if hand.thumb_reach < THUMB_ON_FIST:
        return "fist"
    if hand.thumb_reach < THUMB_OFF or hand.thumb.seen < ACROSS:
        return None
    if max(hand.thumb.tilt / THUMB_DEGREES, hand.knuckles_tilt / KNUCKLES_DEGREES) < 1:
        return "thumbs_up"
    thumb, knuckles = 180 - hand.thumb.tilt, 180 - hand.knuckles_tilt
    if max(thumb / THUMB_DEGREES, knuckles / KNUCKLES_DEGREES) < 1:
        return "thumbs_down"
    return None


def _one_finger(finger: int, hand: HandMeasures) -> str | None:
    """Of a hand with only this finger stretched, from 0 (index) to 3 (pinky). The thumb is free,
    but with the little finger it makes another sign."""
    if finger == 0:
        return _index(hand.index_finger)
    if finger == len(hand.bends) - 1 and hand.thumb_reach > THUMB_OFF:
        return None
    return ("one_finger_middle", "one_finger_ring", "one_finger_pinky")[finger - 1]


def _index(finger: Direction) -> str | None:
    if finger.tilt > POINTING_DEGREES or finger.seen < TOWARDS_CAMERA:
        return "pointing"
    if finger.tilt < UPRIGHT_DEGREES and finger.seen > ACROSS:
        return "one_finger_raised"
    return None


def _touches(hand: Hand, palm: float, head: Head, height: int) -> bool:
    """palm: in pixels, as the picture shows it; height: of the picture, in pixels."""
    if palm > LARGEST_TOUCHING_PALM * (head.bottom - head.top) * height:
        return False
    middle = (head.left + head.right) / 2, (head.top + head.bottom) / 2
    radii = (head.right - head.left) / 2 * _HAIR, (head.bottom - head.top) / 2 * _HAIR
    apart = (hand.points[:, :2] - middle) / radii
    within = (apart**2).sum(axis=1) < 1
    within[_ROOT] = False
    return int(within.sum()) >= TOUCHING_POINTS
