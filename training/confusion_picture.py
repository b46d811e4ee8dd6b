"""A confusion matrix as an SVG: each row's shares, the darker the more."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# In the SVG's own units: of a cell, of the names on the left, and of those above.
_CELL, _LEFT, _ABOVE = 64, 110, 76
# From white to this blue, as red, green and blue; text turns white past this share.
_FULL = np.array([8, 48, 107])
_WHITE_TEXT_FROM = 0.5


def confusion_picture(matrix: NDArray[np.intp], names: Sequence[str]) -> str:
    """matrix: (n, n), how many of the class of the row were taken for that of the column."""
    shares = matrix / matrix.sum(axis=1, keepdims=True).clip(min=1)
    side = _CELL * len(names)
    width, height = _LEFT + side + 10, _ABOVE + side + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="14" role="img" '
        'aria-label="Confusion matrix: rows are the labels, columns the judgements">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        _text(_LEFT + side / 2, 22, "taken for"),
        _text(_LEFT - 10, _ABOVE - 12, "label", "end"),
    ]
    for at, name in enumerate(names):
        middle = at * _CELL + _CELL / 2
        parts.append(_text(_LEFT + middle, _ABOVE - 12, name))
        parts.append(_text(_LEFT - 10, _ABOVE + middle + 5, name, "end"))
    for row, column in np.ndindex(shares.shape):
        parts.append(_cell(row, column, float(shares[row, column])))
    return "\n".join([*parts, "</svg>", ""])


def _cell(row: int, column: int, share: float) -> str:
    x, y = _LEFT + column * _CELL, _ABOVE + row * _CELL
    red, green, blue = (255 + (_FULL - 255) * share).round().astype(int).tolist()
    fill = f"#{red:02x}{green:02x}{blue:02x}"
    colour = "#fff" if share >= _WHITE_TEXT_FROM else "#000"
    square = f'<rect x="{x}" y="{y}" width="{_CELL}" height="{_CELL}" fill="{fill}" stroke="#fff"/>'
    return square + _text(x + _CELL / 2, y + _CELL / 2 + 5, f"{share:.2f}", fill=colour)


def _text(x: float, y: float, words: str, anchor: str = "middle", fill: str = "#000") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{fill}">{words}</text>'
