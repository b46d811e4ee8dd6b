"""A picture with what was seen in it drawn on it: face, irises, hands, and the name that it got."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import cv2
import numpy as np
import simplejpeg
from mediapipe.python.solutions import face_mesh_connections as face_lines
from mediapipe.python.solutions.hands_connections import HAND_CONNECTIONS
from numpy.typing import NDArray

from .frames import Picture
from .hands import Hand
from .region import Mesh

# What browsers send, at which lines stay clean: 640×480 take 30 to 50 kB, a tenth of a PNG.
JPEG_QUALITY = 70
# Sizes are of a picture whose shorter side has so many pixels, and grow and shrink with it.
_SHORTER_SIDE = 480
_LINE, _JOINT_RADIUS, _MARGIN = 1.6, 3.0, 8.0
# Of OpenCV's letters, which are 22 pixels tall at 1. Smaller ones can't be read: a long name is
# broken into lines instead.
_LETTERS, _SMALLEST_LETTERS = 0.9, 0.35
_FONT = cv2.FONT_HERSHEY_SIMPLEX
# Places are given to OpenCV in sixteenths of a pixel. What is further outside the picture than its
# own size is drawn at that distance: its numbers have 32 bits.
_FRACTION_BITS = 4
_FARTHEST = 2.0
_OUTLINE, _EYES, _BROWS, _LIPS = (200, 200, 200), (90, 220, 255), (255, 200, 90), (255, 120, 140)
_IRIS, _LEFT_HAND, _RIGHT_HAND = (120, 255, 120), (90, 180, 255), (255, 160, 60)
_WORDS, _BEHIND_WORDS = (255, 255, 255), (20, 20, 20)

Colour = tuple[int, int, int]
Lines = NDArray[np.intp]


def _lines(connections: Iterable[tuple[int, int]]) -> Lines:
    """(n, 2), from point to point."""
    return np.array(sorted(connections))


# The irises' five points each, middle first, in the order of `Found.mesh`.
_IRISES = ((468, 469), (473, 474))
_CONTOURS = (
    (_lines(face_lines.FACEMESH_FACE_OVAL), _OUTLINE),
    (_lines(face_lines.FACEMESH_LEFT_EYE | face_lines.FACEMESH_RIGHT_EYE), _EYES),
    (_lines(face_lines.FACEMESH_LEFT_EYEBROW | face_lines.FACEMESH_RIGHT_EYEBROW), _BROWS),
    (_lines(face_lines.FACEMESH_LIPS), _LIPS),
)
_HAND = _lines(HAND_CONNECTIONS)


def overlay(rgb: Picture, mesh: Mesh | None, hands: Sequence[Hand], label: str) -> bytes:
    """A JPEG of the picture's size. rgb: (height, width, 3), which stays as it is.

    mesh: (478, 3), as `Found` has it; None: no face. label: an expression's name, or any ASCII; an
    empty one is not drawn.
    """
    drawing = _Drawing(rgb)
    if mesh is not None:
        drawing.face(mesh)
    for hand in hands:
        drawing.hand(hand)
    drawing.label(label)
    return drawing.jpeg()


class _Drawing:
    def __init__(self, rgb: Picture) -> None:
        self._picture = rgb.copy()
        self._height, self._width = rgb.shape[:2]
        self._scale = min(self._height, self._width) / _SHORTER_SIDE
        self._thickness = self._pixels(_LINE)

    def face(self, mesh: Mesh) -> None:
        places = self._places(mesh)
        for lines, colour in _CONTOURS:
            self._draw(places, lines, colour)
        for middle, edge in _IRISES:
            x, y = (places[edge] - places[middle]).tolist()
            self._circle(places[middle], round((x * x + y * y) ** 0.5), _IRIS, self._thickness)

    def hand(self, hand: Hand) -> None:
        places = self._places(hand.points)
        colour = _LEFT_HAND if hand.is_left else _RIGHT_HAND
        self._draw(places, _HAND, colour)
        radius = self._pixels(_JOINT_RADIUS) << _FRACTION_BITS
        for place in places:
            self._circle(place, radius, colour, cv2.FILLED)

    def label(self, label: str) -> None:
        """In the upper left corner, on a background of its own."""
        words = label.replace("_", " ").split()
        if not words:
            return
        letters = max(_SMALLEST_LETTERS, _LETTERS * self._scale)
        margin = self._pixels(_MARGIN)
        rows = _rows(words, letters, self._width - 2 * margin)
        sizes = [_size(row, letters) for row in rows]
        height = max(row_height for _, row_height in sizes) + margin
        right, bottom = 2 * margin + max(width for width, _ in sizes), margin + height * len(rows)
        cv2.rectangle(self._picture, (0, 0), (right, bottom), _BEHIND_WORDS, cv2.FILLED)
        thickness = max(1, round(letters * 2))
        for number, row in enumerate(rows, 1):
            place = (margin, height * number)
            cv2.putText(self._picture, row, place, _FONT, letters, _WORDS, thickness, cv2.LINE_AA)

    def jpeg(self) -> bytes:
        encoded = simplejpeg.encode_jpeg(
            self._picture, JPEG_QUALITY, "RGB", colorsubsampling="420", fastdct=True
        )
        return bytes(encoded)

    def _pixels(self, size: float) -> int:
        return max(1, round(size * self._scale))

    def _places(self, points: NDArray[Any]) -> NDArray[np.int32]:
        """(n, 2) in fractions of a pixel."""
        near = np.clip(points[:, :2], -_FARTHEST, _FARTHEST)
        size = self._width << _FRACTION_BITS, self._height << _FRACTION_BITS
        places: NDArray[np.int32] = (near * size).astype(np.int32)
        return places

    def _draw(self, places: NDArray[np.int32], lines: Lines, colour: Colour) -> None:
        cv2.polylines(
            self._picture,
            list(places[lines]),
            isClosed=False,
            color=colour,
            thickness=self._thickness,
            lineType=cv2.LINE_AA,
            shift=_FRACTION_BITS,
        )

    def _circle(
        self, place: NDArray[np.int32], radius: int, colour: Colour, thickness: int
    ) -> None:
        x, y = place.tolist()
        cv2.circle(self._picture, (x, y), radius, colour, thickness, cv2.LINE_AA, _FRACTION_BITS)


def _rows(words: list[str], letters: float, width: int) -> list[str]:
    """The words in as few rows as their width allows; a word by itself may be wider."""
    rows = [words[0]]
    for word in words[1:]:
        longer = f"{rows[-1]} {word}"
        if _size(longer, letters)[0] <= width:
            rows[-1] = longer
        else:
            rows.append(word)
    return rows


def _size(text: str, letters: float) -> tuple[int, int]:
    """Width and height in pixels, what hangs below the line included."""
    (width, height), below = cv2.getTextSize(text, _FONT, letters, max(1, round(letters * 2)))
    return width, height + below
