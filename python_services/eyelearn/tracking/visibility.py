"""How well the learner is seen: how far their face is to be trusted, and what they could do."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from ..vision.observation import Face

MORE_LIGHT: Final = "more_light"
COME_CLOSER: Final = "come_closer"
CENTER_YOUR_FACE: Final = "center_your_face"
Hint = Literal["more_light", "come_closer", "center_your_face"]


class _Range(NamedTuple):
    """From `none` (nothing can be told) to `full` (all is well)."""

    none: float
    full: float

    def share(self, value: float) -> float:
        return min(max((value - self.none) / (self.full - self.none), 0.0), 1.0)


# Share of the landmarks inside the picture; the places of those outside are guessed.
_VISIBLE = _Range(0.4, 0.9)
# Mean luma of the face, 0 to 255.
_BRIGHTNESS = _Range(8.0, 40.0)
# Height of the face as a share of the picture's: at 480 lines 15 and 58 pixels, an eye of 2 and 8.
_SIZE = _Range(0.03, 0.12)

# A face of which less can be made out is not judged at all.
MIN_CERTAINTY = 0.25


def certainty(face: Face) -> float:
    """0 to 1: how far the landmarks are to be trusted, by place, light and distance."""
    return 1.0 if _all_is_well(face) else min(_shares(face).values())


def hint(face: Face | None) -> Hint | None:
    """The most pressing hint, or None: all is well, or there is no face to go by."""
    if face is None or _all_is_well(face):
        return None
    return min(_shares(face).items(), key=lambda item: item[1])[0]


def _all_is_well(face: Face) -> bool:
    """As for nearly all; asked several times for each frame."""
    return (
        face.visible >= _VISIBLE.full
        and (face.brightness is None or face.brightness >= _BRIGHTNESS.full)
        and face.size >= _SIZE.full
    )


def _shares(face: Face) -> dict[Hint, float]:
    return {
        CENTER_YOUR_FACE: _VISIBLE.share(face.visible),
        MORE_LIGHT: 1.0 if face.brightness is None else _BRIGHTNESS.share(face.brightness),
        COME_CLOSER: _SIZE.share(face.size),
    }
