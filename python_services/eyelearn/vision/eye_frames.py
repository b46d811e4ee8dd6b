"""The squares around eyes and mouth, level with them, out of what a model's first layers saw.

In place of MediaPipe's operators Landmarks2TransformMatrix, TransformTensorBilinear and
TransformLandmarks, version 2 of each. What they give differs by OpenCV's sampling, which knows
places to 1/32 of a cell: 0.15 pixel of a picture at most.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from .mesh_model import EyeBranch, LipsModel

Numbers = NDArray[np.float32]

# Cells along a frame's side, and steps of a cell in which a branch says where its points are.
_CELLS = 16
_STEPS = 4
# x, y and 1 of the middle of each cell.
_MIDDLES = np.array(
    [(x + 0.5, y + 0.5, 1) for y in range(_CELLS) for x in range(_CELLS)], np.float32
)


class EyeFrame(NamedTuple):
    """to_picture: (3, 2), takes x, y and 1 in cells of the frame to pixels of the picture."""

    to_picture: Numbers

    def place(self, points: Numbers) -> Numbers:
        """What a branch says of its points, x and y in a row, as (n, 2) pixels of the picture."""
        matrix = self.to_picture
        placed: Numbers = points.reshape(-1, 2) @ (matrix[:2] / _STEPS) + matrix[2]
        return placed


class EyeFraming:
    """Finds where the frame of one eye, or of the mouth, lies."""

    def __init__(self, branch: EyeBranch | LipsModel) -> None:
        self._around = np.array(branch.around)
        self._begin, self._end = branch.corners
        self._margin = branch.margin

    def frame(self, mesh: Numbers) -> EyeFrame:
        """mesh: (n, 3) points in pixels of the model's picture."""
        begin, end = mesh[self._begin].tolist(), mesh[self._end].tolist()
        turn = math.atan2(end[1] - begin[1], end[0] - begin[0])
        cos, sin = math.cos(turn), math.sin(turn)
        level = mesh[self._around, :2] @ np.array([[cos, -sin], [sin, cos]], np.float32)
        (left, top), (right, bottom) = level.min(axis=0).tolist(), level.max(axis=0).tolist()
        across = (right - left) * self._margin / _CELLS
        down = (bottom - top) * self._margin / _CELLS
        x = (left + right) / 2 - across * _CELLS / 2
        y = (top + bottom) / 2 - down * _CELLS / 2
        return EyeFrame(
            np.array(
                [
                    (across * cos, across * sin),
                    (-down * sin, down * cos),
                    (x * cos - y * sin, x * sin + y * cos),
                ],
                np.float32,
            )
        )


def sample(features: Numbers, size: int, frames: list[EyeFrame]) -> Numbers:
    """(frames, 16, 16, channels): of the features (side, side, channels) of the picture of that
    size, bilinear; 0 where a frame reaches beyond them.
    """
    side = len(features)
    in_picture = _MIDDLES @ np.stack([frame.to_picture for frame in frames])
    places = in_picture.reshape(-1, _CELLS, 2) * np.float32(side / size) - np.float32(0.5)
    x, y = cv2.split(places)
    sampled = np.asarray(cv2.remap(features, x, y, cv2.INTER_LINEAR), np.float32)
    if places.min() < 0 or places.max() > side - 1:
        sampled[((places < 0) | (places > side - 1)).any(axis=2)] = 0
    return sampled.reshape(len(frames), _CELLS, _CELLS, -1)
