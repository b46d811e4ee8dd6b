"""A batch of landmarks on its way, and who is told what they measure."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import EyeLearnError
from ..vision.observation import Face

Measured = list[Face | None] | EyeLearnError


class LandmarkBatch:
    """points: float32, little-endian, of shape (samples, 35, 3), as bytes. width, height: of the
    pictures that they came from, in pixels.

    resolve: to be called once, with a face for each sample (None: there is none), or why not.
    """

    __slots__ = ("height", "lost_by", "points", "resolve", "samples", "width")

    def __init__(
        self,
        points: bytes,
        samples: int,
        size: tuple[float, float],
        resolve: Callable[[Measured], None],
    ) -> None:
        self.points = points
        self.samples = samples
        self.width, self.height = size
        self.resolve = resolve
        # The worker that had it already, and did not answer.
        self.lost_by: str | None = None
