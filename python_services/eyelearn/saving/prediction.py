"""What is kept of one prediction of an emotion, and how many of them travel together."""

from __future__ import annotations

from typing import NamedTuple

from ..redaction import hashed


class Prediction(NamedTuple):
    """One answer to who asked for an emotion. Nothing of the picture.

    emotion_id: 1 to 7, as in the table `emotion_classes`.
    confidence: 0 to 1.
    model_version: the model's tag, ASCII, at most 64 characters.
    processing_time_ms: milliseconds that judging took.
    source: who asked: `hash_source` of their address or, with LOG_SOURCE_IP, the address; None
        where there is none.
    face_found: whether a face was judged, or the whole picture for want of one.
    predicted_at: seconds since 1970 (UTC).
    """

    emotion_id: int
    confidence: float
    model_version: str
    processing_time_ms: float
    source: str | None
    face_found: bool
    predicted_at: float


class Batch(NamedTuple):
    """Predictions that are written together, once, however often they are sent.

    sender: one life of one service, 32 hexadecimal characters. number: 1 or more; of two batches
    of a sender the later one has the higher number.
    """

    sender: str
    number: int
    predictions: list[Prediction]


def hash_source(address: str) -> str | None:
    """An internet address as `Prediction.source` has it where it may not be kept; "" gives None.

    The log's hash: with one key, rows of one address can be told together, and with the log's
    lines, and nobody without the key can read the address back.
    """
    return hashed(address) if address else None
