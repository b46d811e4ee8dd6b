"""Our rule's confusion and the classic rule's, side by side as a PNG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .picture_figures import CLASSIC, CONFUSION, WITH_NEUTRAL

SIZE_INCHES = (8.0, 4.8)
DOTS_PER_INCH = 150
TITLES = {WITH_NEUTRAL: "EyeLearn Focus", CLASSIC: "classic rule"}
WORDS = ("looking", "not looking")
JUDGED_WORDS = ("focused", "not focused")


def write_confusion_picture(group: dict[str, Any], name: str, path: Path) -> None:
    """group: of `picture_figures.group_figures`, with labels; name: what its title calls it."""
    figure = Figure(figsize=SIZE_INCHES, layout="constrained")
    figure.suptitle(f"{name}: {group['labelled']} pictures of {group['people']} people")
    panels = figure.subplots(1, len(TITLES))
    for panel, (rule, title) in zip(panels, TITLES.items(), strict=True):
        told = group["rules"][rule]
        accuracy = told["balanced_accuracy"]["value"]
        _draw(panel, told["confusion"])
        panel.set_title(title if accuracy is None else f"{title}: balanced accuracy {accuracy:.3f}")
    figure.savefig(path, format="png", dpi=DOTS_PER_INCH)


def _draw(panel: Axes, confusion: dict[str, int]) -> None:
    """A row for each label, shaded by the share of that row."""
    tp, fp, fn, tn = (confusion[outcome] for outcome in CONFUSION)
    counts = np.array([[tp, fn], [fp, tn]])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    panel.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        share = shares[row, column]
        panel.text(
            column,
            row,
            f"{count}\n{share:.0%}",
            ha="center",
            va="center",
            color="white" if share > 0.5 else "black",
        )
    panel.set_xticks((0, 1), JUDGED_WORDS)
    panel.set_yticks((0, 1), WORDS, rotation=90, va="center")
    panel.set_xlabel("judged")
    panel.set_ylabel("label")
