"""Aligns FER2013's pictures as serving does, and drops those that training must not see.

Needs the service's environment, not PyTorch: see README.md.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from eyelearn.vision.face_alignment import aligned, largest_face, whole
from eyelearn.vision.face_mesh import FaceModels

# How often to say how far it is, in pictures.
_REPORT_EVERY = 2000


def usable(
    pictures: NDArray[np.uint8], labels: Sequence[int], unseen: NDArray[np.uint8]
) -> NDArray[np.intp]:
    """Which of the pictures may be trained with: one of each that are identical, by their bytes.

    None that is also among the unseen ones, and none that carries two different labels.
    """
    tested = {picture.tobytes() for picture in unseen}
    groups: dict[bytes, list[int]] = defaultdict(list)
    for at, picture in enumerate(pictures):
        groups[picture.tobytes()].append(at)
    kept = [
        group[0]
        for key, group in groups.items()
        if key not in tested and len({labels[at] for at in group}) == 1
    ]
    return np.array(kept, np.intp)


def align_all(pictures: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """(n, 48, 48) grey becomes (n, 96, 96), and whether a face was found in each."""
    faces = FaceModels()
    crops = np.empty((len(pictures), 96, 96), np.uint8)
    found = np.zeros(len(pictures), bool)
    for at, picture in enumerate(pictures):
        rgb = cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)
        face = largest_face(faces, rgb)
        found[at] = face is not None
        crops[at] = (aligned(rgb, face.mesh) if face else whole(rgb))[..., 0]
        if at % _REPORT_EVERY == 0:
            sys.stdout.write(f"{at} of {len(pictures)}\n")
    faces.close()
    return crops, found


def prepare(source: Path, target: Path) -> None:
    with np.load(source) as data:
        train, train_labels = data["x_train"], data["y_train"]
        test, test_labels = data["x_val"], data["y_val"]
    kept = usable(train, train_labels.tolist(), test)
    train, train_labels = train[kept], train_labels[kept]
    train_aligned, train_found = align_all(train)
    test_aligned, test_found = align_all(test)
    target.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        target,
        train=train,
        train_aligned=train_aligned,
        train_found=train_found,
        train_labels=train_labels,
        test_aligned=test_aligned,
        test_found=test_found,
        test_labels=test_labels,
    )
    sys.stdout.write(
        f"{len(kept)} pictures to train with, no face in {int((~train_found).sum())}; "
        f"{len(test)} to test with, no face in {int((~test_found).sum())}\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="fer2013.npz")
    parser.add_argument("target", type=Path, help="the aligned set, an .npz")
    options = parser.parse_args()
    prepare(options.source, options.target)


if __name__ == "__main__":
    main()
