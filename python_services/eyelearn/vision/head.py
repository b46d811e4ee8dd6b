"""Where a head is in its picture, hair included, which the mesh of its face leaves out."""

from __future__ import annotations

from typing import NamedTuple

from .region import Mesh

# MediaPipe's numbers in the face mesh: the inner corners of the eyes, and the chin.
_INNER_CORNERS = [133, 362]
_CHIN = 152


class Head(NamedTuple):
    """The upright box around it, as shares of the picture's width and height; y grows downwards,
    and top, the crown's, is below 0 where the picture cuts the head off.
    """

    left: float
    top: float
    right: float
    bottom: float


def head_of(mesh: Mesh) -> Head:
    """mesh: (n, 3), n at least 468, x and y as shares of the picture's width and height.

    The crown is as far above the eyes' inner corners as the chin is below them: the neoclassical
    canon of two halves (Farkas et al., Vertical and horizontal proportions of the face in young
    adult North American Caucasians, Plastic and Reconstructive Surgery 75, 1985), along the head's
    own axis, however it is turned.
    """
    crown = 2 * mesh[_INNER_CORNERS, :2].mean(axis=0) - mesh[_CHIN, :2]
    left, top = mesh[:, :2].min(axis=0).tolist()
    right, bottom = mesh[:, :2].max(axis=0).tolist()
    x, y = crown.tolist()
    return Head(min(left, x), min(top, y), max(right, x), max(bottom, y))
