"""Pictures of hands that look like a person's: Fluent Emoji in 3D by Microsoft (MIT), which the
development dependency `@lobehub/fluent-emoji-3d` brings, before a wall like a webcam's.

Their fingers are shorter than people's, so they are stretched by a quarter along the hand.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

WIDTH, HEIGHT = 640, 480
_FOLDER = Path(__file__).parents[1] / "node_modules/@lobehub/fluent-emoji-3d/assets"
_WALL = (176, 184, 190)
_SIDE = 256
_STRETCH = 1.25


class Drawing(NamedTuple):
    """code: Unicode's; lies: whether its fingers point to the side, not up or down."""

    code: str
    lies: bool = False


DRAWINGS = {
    "thumbs_up": Drawing("1f44d", lies=True),
    "thumbs_down": Drawing("1f44e", lies=True),
    "open_hand": Drawing("270b"),
    "fist": Drawing("270a"),
    "pointing": Drawing("1f449", lies=True),
    "pointing down": Drawing("1f447"),
    "one_finger_raised": Drawing("261d"),
    "one_finger_raised from behind": Drawing("1f446"),
    "one_finger_middle": Drawing("1f595"),
}
# Fitzpatrick's types 1 and 2, 3, 4, 5, 6, as Unicode has them.
SKINS = ("1f3fb", "1f3fc", "1f3fd", "1f3fe", "1f3ff")


def hand_picture(
    gesture: str,
    t: float = 0.0,
    *,
    skin: str = SKINS[3],
    mirrored: bool = False,
    size: int = 180,
    at: tuple[float, float] = (0.5, 0.5),
) -> Picture:
    """(480, 640, 3) RGB. t: time in a clip, in seconds: the hand drifts a little; at: its middle,
    as shares of the picture's width and height; size: the drawing's side in pixels, unstretched."""
    return hands_picture((gesture, at, mirrored), t=t, skin=skin, size=size)


def hands_picture(
    *hands: tuple[str, tuple[float, float], bool],
    t: float = 0.0,
    skin: str = SKINS[3],
    size: int = 180,
) -> Picture:
    """Of each hand the gesture, where its middle is, and whether it is mirrored."""
    picture = np.full((HEIGHT, WIDTH, 3), _WALL, np.float32)
    for gesture, (x, y), mirrored in hands:
        lies, drawn = DRAWINGS[gesture].lies, _drawn(DRAWINGS[gesture].code, skin)
        across, down = (size / _SIDE * (_STRETCH if along else 1) for along in (lies, not lies))
        angle = np.radians(3 * np.sin(3 * t))
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        scale = turn @ np.diag([-across if mirrored else across, down])
        middle = np.array([x * WIDTH + 6 * np.sin(5 * t), y * HEIGHT + 4 * np.sin(4 * t)])
        matrix = np.column_stack([scale, middle - scale @ [_SIDE / 2, _SIDE / 2]])
        hand = cv2.warpAffine(drawn, matrix, (WIDTH, HEIGHT))
        picture = picture * (1 - hand[..., 3:]) + hand[..., :3]
    return picture.clip(0, 255).astype(np.uint8)


@lru_cache(maxsize=64)
def _drawn(code: str, skin: str) -> NDArray[np.float32]:
    """(256, 256, 4): red, green and blue, as much as the opacity (0 to 1) leaves of them."""
    path = _FOLDER / f"{code}-{skin}.webp"
    if not path.exists():
        pytest.skip("pictures of hands are missing: npm ci brings @lobehub/fluent-emoji-3d")
    drawing = cv2.imread(str(path), cv2.IMREAD_UNCHANGED).astype(np.float32)
    opacity = drawing[..., 3:] / 255
    return np.concatenate([drawing[..., 2::-1] * opacity, opacity], axis=2)
