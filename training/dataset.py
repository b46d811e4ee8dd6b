"""The aligned set that prepare.py wrote, with a part of it kept aside for choosing."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

# The share of the training pictures that is kept aside.
CHOOSING_SHARE = 0.06


class Pictures(NamedTuple):
    """aligned and whole: (n, 96, 96) uint8, the same pictures; labels: (n,) int64, 0 to 6."""

    aligned: Tensor
    whole: Tensor
    labels: Tensor

    def on(self, device: str) -> Pictures:
        return Pictures(*(part.to(device) for part in self))

    def chosen(self, places: NDArray[np.intp]) -> Pictures:
        at = torch.from_numpy(places)
        return Pictures(self.aligned[at], self.whole[at], self.labels[at])


def load(path: Path) -> Pictures:
    with np.load(path) as data:
        aligned, small, labels = data["train_aligned"], data["train"], data["train_labels"]
    side = aligned.shape[1]
    whole = np.stack([cv2.resize(picture, (side, side)) for picture in small])
    return Pictures(
        torch.from_numpy(aligned),
        torch.from_numpy(whole),
        torch.from_numpy(labels.astype(np.int64)),
    )


def split(labels: NDArray[np.int64], seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Places to train with and places to choose with, the same share of each class."""
    random = np.random.default_rng(seed)
    training, choosing = [], []
    for label in np.unique(labels):
        places = random.permutation(np.flatnonzero(labels == label))
        kept_aside = round(len(places) * CHOOSING_SHARE)
        choosing.append(places[:kept_aside])
        training.append(places[kept_aside:])
    return np.sort(np.concatenate(training)), np.sort(np.concatenate(choosing))
