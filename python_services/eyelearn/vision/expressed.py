"""What one picture says of an expression: the value that crosses to the event loop's process."""

from __future__ import annotations

from typing import Any, NamedTuple


class Expressed(NamedTuple):
    """expression: a name out of EXPRESSIONS; None where neither a face nor a hand is seen.

    face: whether one is seen. hands: of each its side and gesture, as plain values. milliseconds:
    spent on each part. overlay: the picture with what was seen drawn on it, a JPEG.
    """

    expression: str | None
    face: bool
    hands: list[dict[str, Any]]
    milliseconds: dict[str, float]
    overlay: bytes

    def to_dict(self) -> dict[str, Any]:
        """All but the overlay, as plain values for a message between processes."""
        told = self._asdict()
        del told["overlay"]
        return told
