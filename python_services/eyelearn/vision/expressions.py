"""The 27 expressions by name, and what a face must do to be called by one of them.

Of all that is seen in a picture one name is told. Priority, from the first that holds:

1. Hands before faces: gestures of both hands, of one, and then where the hands are
   (`hand_gestures` has their order).
2. `shocked`, which asks for the most: a wide mouth, open eyes, and no broad mouth.
3. A smile and what the eyes do: `eyes_closed_smiling`, `looking_left_smiling` and so on; `smiling`
   alone where that can't be told, as behind sunglasses.
4. Eyes that are closed: over lips that are closed `eyes_closed_neutral`, else `eyes_closed`.
5. Where the open eyes look: `looking_left`, `looking_right`, `looking_center`.
6. `eyes_open`: open, and nothing else to tell of them. They are opened wide, look up or down, or
   can't be made out.

Left and right are the learner's own. docs/expressions.md has all of it as a table, with what it is
worth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .observation import Face

# The event loop's process needs the names, and not the libraries that measure mouths.
if TYPE_CHECKING:
    from .mouth import Mouth

EXPRESSIONS: Final = (
    *("eyes_open", "eyes_closed", "looking_left", "looking_right", "looking_center"),
    *("smiling", "shocked"),
    *("eyes_closed_smiling", "eyes_open_smiling"),
    *("looking_left_smiling", "looking_right_smiling", "looking_center_smiling"),
    "eyes_closed_neutral",
    *("thumbs_up", "thumbs_down", "open_hand", "fist", "pointing"),
    *("one_finger_raised", "one_finger_middle", "one_finger_ring", "one_finger_pinky"),
    *("one_hand_raised", "both_hands_raised", "hand_touching_head"),
    *("both_hands_thumbs_up", "both_hands_fists"),
)

# `Mouth.smile` from which on it is one.
SMILING = 0.285
# `Mouth.openness`: from here on lips are parted, and from here on a mouth is wide open.
PARTED = 0.15
WIDE_MOUTH = 0.35
# `Mouth.breadth` from which on a wide mouth laughs: a dropped jaw draws its corners in.
BROAD_MOUTH = 0.37
# `Face.openness`, of the eye that is open further, under which both are closed: half of the way
# from shut, 0.06, to usually open, 0.33. A smile narrows them (action unit 6, cheek raiser).
CLOSED_EYES = 0.195
CLOSED_LAUGHING_EYES = 0.14
# Of a face that is shocked: neither yawning nor laughing eyes.
SHOCKED_EYES = 0.28
# Of both eyes: the upper lids are raised on purpose (action unit 5); few eyes are so at rest.
WIDE_EYES = 0.42
# Gaze of head and eyes, in degrees, with the signs of `Face`. Within these it is at the middle: the
# focus judgement's limits, half a 15-inch screen to the sides.
CENTER_YAW = 17.0
CENTER_UP, CENTER_DOWN = 11.0, 16.0
# `Face.eye_certainty` under which nobody can tell where the eyes look.
SEEN_EYES = 0.3

_EYES_CLOSED, _EYES_OPEN = "eyes_closed", "eyes_open"


def expression(face: Face | None, mouth: Mouth | None, hands_say: str | None) -> str | None:
    """The name for a picture; None where neither a face nor a gesture is seen.

    hands_say: of `hand_gestures.hands_expression`.
    """
    if hands_say is not None:
        return hands_say
    return None if face is None or mouth is None else face_expression(face, mouth)


def face_expression(face: Face, mouth: Mouth) -> str:
    """There is always a name for a face."""
    if _is_shocked(face, mouth):
        return "shocked"
    if mouth.smile >= SMILING:
        eyes = _eyes(face, CLOSED_LAUGHING_EYES)
        return "smiling" if eyes is None else f"{eyes}_smiling"
    eyes = _eyes(face, CLOSED_EYES)
    if eyes == _EYES_CLOSED and mouth.openness < PARTED:
        return "eyes_closed_neutral"
    return eyes or _EYES_OPEN


def _is_shocked(face: Face, mouth: Mouth) -> bool:
    return (
        mouth.openness >= WIDE_MOUTH
        and mouth.breadth < BROAD_MOUTH
        and max(face.openness) >= SHOCKED_EYES
    )


def _eyes(face: Face, closed: float) -> str | None:
    """What they do; None where they can't be made out, and the head does not look away.

    closed: openness under which they are.
    """
    if max(face.openness) < closed:
        return _EYES_CLOSED
    if face.gaze_yaw > CENTER_YAW:
        return "looking_left"
    if face.gaze_yaw < -CENTER_YAW:
        return "looking_right"
    if face.eye_certainty < SEEN_EYES:
        return None
    if min(face.openness) >= WIDE_EYES or not -CENTER_DOWN <= face.gaze_pitch <= CENTER_UP:
        return _EYES_OPEN
    return "looking_center"
