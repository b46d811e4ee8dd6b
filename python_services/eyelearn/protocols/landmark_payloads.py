"""Landmarks as clients send them, checked: `face_landmarks`, and `landmarks` of a REST frame."""

from __future__ import annotations

import base64
import binascii
from itertools import pairwise
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StrictBool, StrictBytes, StrictInt

from ..errors import InvalidPayload, RateLimited
from ..session_service import Landmarks
from ..vision.landmarks import LANDMARK_INDICES
from .payloads import FiniteNumber, Payload, Timestamp

# A minute at 5 a second; what has gathered for longer comes in several.
MAX_SAMPLES = 300
# What a client keeps while it has no connection.
MAX_AGE_SECONDS = 600.0
MAX_PICTURE_SIDE = 10_000
MAX_FACES = 100
MAX_LUMA = 255
# float32, and x, y, z of each point.
POINT_BYTES = 4 * 3
SAMPLE_BYTES = POINT_BYTES * len(LANDMARK_INDICES)
SIDE = Field(gt=0, le=MAX_PICTURE_SIDE)
Luma = Annotated[FiniteNumber, Field(ge=0, le=MAX_LUMA)]


def _from_base64(value: Any) -> Any:
    """Over REST; raises ValueError, with which pydantic tells the caller."""
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("it is not base64") from error


class FaceLandmarks(Payload):
    """Landmarks found in the browser, without the pictures.

    Times are client milliseconds, of which only differences are used. points: little-endian float32
    of shape (samples, indices, 3), the indices as told, x y z normalised as MediaPipe does, NaN
    where no face was found; over REST as base64. hidden: whether the page was out of sight while
    they were taken, where it isn't told by `page_visibility`. brightness: mean luma of each face, 0
    to 255, null where there is none.
    """

    sent_at: Timestamp
    width: Annotated[FiniteNumber, SIDE]
    height: Annotated[FiniteNumber, SIDE]
    timestamps: list[Timestamp] = Field(min_length=1, max_length=MAX_SAMPLES)
    face_counts: list[Annotated[StrictInt, Field(ge=0, le=MAX_FACES)]]
    points: Annotated[StrictBytes, BeforeValidator(_from_base64)]
    hidden: StrictBool | None = None
    brightness: list[Luma | None] | None = None

    def checked(self, max_fps: float) -> Landmarks:
        """Raises InvalidPayload, and RateLimited for more than max_fps samples a second."""
        samples = len(self.timestamps)
        if len(self.face_counts) != samples or len(self.points) != samples * SAMPLE_BYTES:
            raise InvalidPayload(
                f"'face_landmarks': {samples} timestamps need as many face_counts, and points of "
                f"{samples * SAMPLE_BYTES} bytes."
            )
        if self.brightness is not None and len(self.brightness) != samples:
            raise InvalidPayload(f"'face_landmarks': {samples} timestamps need as many brightness.")
        if any(later <= earlier for earlier, later in pairwise(self.timestamps)):
            raise InvalidPayload("'face_landmarks': timestamps must rise.")
        oldest, newest = self.timestamps[0], self.timestamps[-1]
        if newest > self.sent_at or self.sent_at - oldest > MAX_AGE_SECONDS * 1000:
            raise InvalidPayload(
                "'face_landmarks': no sample may be from after sent_at, nor from more than "
                f"{MAX_AGE_SECONDS:.0f} s before it."
            )
        if samples > max_fps * ((newest - oldest) / 1000 + 1):
            raise RateLimited.by_frames(max_fps)
        return Landmarks(
            points=self.points,
            timestamps=self.timestamps,
            sent_at=self.sent_at,
            face_counts=self.face_counts,
            width=self.width,
            height=self.height,
            hidden=self.hidden,
            brightness=self.brightness,
        )
