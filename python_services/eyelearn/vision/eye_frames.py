"""The squares around both eyes, level with them, out of what a model's first layers saw.

In place of MediaPipe's operators Landmarks2TransformMatrix, TransformTensorBilinear and
TransformLandmarks, version 2 of each: their results to single precision.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .mesh_model import EyeBranch

Numbers = NDArray[np.float32]

# Cells of a frame, and steps of a cell in which a branch says where its points are.
_CELLS = 16
_STEPS = 4
_CELL_CENTRES = np.stack(np.divmod(np.arange(_CELLS**2), _CELLS)[::-1], axis=1) + 0.5
_CENTRE = np.full(2, _CELLS / 2, np.float32)


class EyeFrames(NamedTuple):
    """axes: (2, 2, 2), of each eye the steps in the picture from one cell of its frame to the next,
    as columns; corner: (2, 2), where each frame begins. Both in pixels of the model's picture.
    """

    axes: Numbers
    corner: Numbers

    def sample(self, features: Numbers, size: int) -> Numbers:
        """(2, 16, 16, channels): of the features (side, side, channels) of the picture of that
        size, bilinear; 0 where a frame reaches beyond them.
        """
        side, _, channels = features.shape
        cells = _CELL_CENTRES @ self.axes.swapaxes(1, 2) + self.corner[:, None]
        places = cells.reshape(-1, 2) * (side / size) - 0.5
        first = np.clip(places.astype(np.intp), 0, side - 2)
        right, below = (places - first).T
        left, above = 1 - right, 1 - below
        weights = np.stack([left * above, right * above, left * below, right * below], axis=1)
        if places.min() < 0 or places.max() > side - 1:
            weights[((places < 0) | (places > side - 1)).any(axis=1)] = 0
        corners = (first[:, 0] + side * first[:, 1])[:, None] + (0, 1, side, side + 1)
        around = features.reshape(-1, channels).take(corners, axis=0)
        sampled: Numbers = np.einsum("nk,nkc->nc", weights.astype(np.float32), around)
        return sampled.reshape(2, _CELLS, _CELLS, channels)

    def to_picture(self, eye: int, points: Numbers) -> Numbers:
        """What a branch says of its points, x and y in a row, as (n, 2) pixels of the picture."""
        placed: Numbers = points.reshape(-1, 2) / _STEPS @ self.axes[eye].T + self.corner[eye]
        return placed


class EyeFraming:
    """Finds the frames; the branches are of the left and of the right eye."""

    def __init__(self, left: EyeBranch, right: EyeBranch) -> None:
        self._around = np.array([left.around, right.around])
        self._from, self._to = np.array([left.corners, right.corners]).T
        self._margins = np.array([[left.margin], [right.margin]], np.float32)

    def frames(self, mesh: Numbers) -> EyeFrames:
        """mesh: (n, 3 or 2) points in pixels of the model's picture."""
        flat = mesh[:, :2]
        level = flat[self._to] - flat[self._from]
        level /= np.maximum(np.hypot(level[:, 0], level[:, 1]), 1e-6)[:, None]
        # (2, 2, 2): of each eye, along its corners and across, as columns.
        turned = np.stack([level, np.stack([-level[:, 1], level[:, 0]], axis=1)], axis=2)
        along = flat[self._around] @ turned
        low, high = along.min(axis=1), along.max(axis=1)
        axes = turned * ((high - low) * self._margins / _CELLS)[:, None]
        centre = (turned @ ((low + high) / 2)[..., None])[..., 0]
        return EyeFrames(axes, centre - axes @ _CENTRE)
