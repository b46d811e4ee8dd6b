"""What the mouth does: how far it smiles, and how far it is open.

Measured in the face's own axes (to its left, up, forwards), which the head's rotation gives, so
that a turned head does not seem to smile, and in shares of the face, so that a near one does not.
The mesh's lips are to be exact: by the others a mouth that is wide open measures half of what it
is, and many that are not measure as much.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .head_pose import head_rotation
from .landmarks import Floats, in_pixels, select
from .region import Mesh

# Mesh indices, the learner's right before their left: where the lips' red meets at its corners, and
# where the face ends before the ears.
_CORNERS = (61, 291)
_FACE_SIDES = (234, 454)
# Inner edges of the lips: their corners, and three points above that face three below; the middle
# ones are at 1.
_INNER_CORNERS = (78, 308)
_UPPER_LIP, _LOWER_LIP = (81, 13, 311), (178, 14, 402)
_MIDDLE = 1
# A face or mouth that is narrower than this, in pixels, is none.
_NARROWEST = 1e-3


class Mouth(NamedTuple):
    """One mouth; a share of the face is one of its width between the sides, before the ears.

    breadth: from corner to corner, as a share of the face: 0.35 at rest, 0.45 in a smile (medians
        of neutral and happy faces of FER2013).
    smile: how far the corners are out, up and back from midway between the lips, the three added
        up, as a share of the face: 0.25 at rest, 0.37 in a smile. That way the zygomatic major
        draws them: action unit 12, lip corner puller (Ekman and Friesen, 1978: "Facial Action
        Coding System").
    openness: the mean distance between the inner edges of the lips over their length, as Soukupová
        and Čech (2016) measure eyes: action units 25 to 27, lips part, jaw drop, mouth stretch.
        0.03 at rest, 0.5 and more where the jaw drops.
    """

    breadth: float
    smile: float
    openness: float


def mouth(mesh: Mesh, width: int, height: int) -> Mouth | None:
    """mesh: (478, 3), as `Found` has it, of a picture of width × height pixels.

    None where its points are no face.
    """
    points = in_pixels(mesh, width, height)
    in_face = points @ head_rotation(in_pixels(select(mesh), width, height))
    face_width = _distance(in_face, *_FACE_SIDES)
    lip_length = _distance(in_face, *_INNER_CORNERS)
    if not (face_width > _NARROWEST and lip_length > _NARROWEST):
        return None
    gaps = np.linalg.norm(in_face[_UPPER_LIP, :] - in_face[_LOWER_LIP, :], axis=1)
    breadth = _distance(in_face, *_CORNERS) / face_width
    middle = (in_face[_UPPER_LIP[_MIDDLE]] + in_face[_LOWER_LIP[_MIDDLE]]) / 2
    _, up, forwards = (in_face[_CORNERS, :].mean(axis=0) - middle).tolist()
    return Mouth(
        breadth=breadth,
        smile=breadth / 2 + (up - forwards) / face_width,
        openness=float(gaps.mean()) / lip_length,
    )


def _distance(points: Floats, one: int, other: int) -> float:
    return float(np.linalg.norm(points[one] - points[other]))
