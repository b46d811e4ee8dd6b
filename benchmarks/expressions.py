"""How well faces' expressions are told on people, with the limits that ship; nothing is fitted.

    .venv/bin/python benchmarks/expressions.py --data DIR [--by-eye FILE]

DIR holds fer2013.npz, of which the validation pictures are judged (the limits were fitted on the
others), and `faces`, a folder as for `accuracy.py`. FILE labels pictures of `faces` by eye: a CSV
of `file`, `mouth` (smiling, neutral, or blank) and `eyes` (open, closed, or blank). A picture that
shows no face counts as neither smiling nor closed.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "python_services")]

from on_pictures.labelled_pictures import LabelledPicture, read_labels, read_picture  # noqa: E402
from on_pictures.picture_metrics import classification_estimates  # noqa: E402

from eyelearn.vision.expressing import Expressor  # noqa: E402
from eyelearn.vision.face_mesh import FaceModels  # noqa: E402
from eyelearn.vision.frames import Picture  # noqa: E402
from eyelearn.vision.hands import HandModels  # noqa: E402

# FER2013's faces fill their pictures of 48 pixels; a camera's are larger, and not cut off.
FER_SIZE, FER_BORDER = 192, 48
NOBODY = "no face"

Told = list[str]
Labels = list[str]


def main() -> int:
    arguments = _arguments()
    namer = Namer()
    fer2013(arguments.data / "fer2013.npz", namer)
    faces(arguments.data / "faces", arguments.by_eye, namer)
    return 0


class Namer:
    """Names the expression of single pictures."""

    def __init__(self) -> None:
        self._models = FaceModels(), HandModels()

    def name(self, picture: Picture) -> str:
        """As of the second of two such pictures, when the face is followed."""
        expressor = Expressor(*self._models)
        told = [expressor.express(picture, now, look_for_hands=False) for now in (0.0, 0.1)]
        return told[-1].expression or NOBODY


def fer2013(path: Path, namer: Namer) -> None:
    data = np.load(path)
    labels = data["classes"][data["y_val"]].tolist()
    told = [namer.name(_enlarged(picture)) for picture in data["x_val"]]
    print(f"FER2013, validation: {len(told)} pictures")
    _print_names(labels, told)
    _print_accuracy("smiling", [name == "happy" for name in labels], told, _among(labels))
    surprised = [name == "surprise" for name in labels]
    _print_accuracy("shocked", surprised, told, [True] * len(told))


def faces(folder: Path, by_eye: Path | None, namer: Namer) -> None:
    labels, _ = read_labels(folder)
    told = [namer.name(read_picture(folder / label.file)) for label in labels]
    print(f"\n{folder.name}: {len(told)} pictures")
    _print_names([f"{label.eyes or 'eyes'} {label.pose}" for label in labels], told)
    if by_eye is not None:
        _faces_by_eye(labels, told, by_eye)


def _faces_by_eye(labels: list[LabelledPicture], told: Told, path: Path) -> None:
    with path.open(newline="", encoding="utf-8") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    people = [label.subject for label in labels]
    for column, name, word in (("mouth", "smiling", "smiling"), ("eyes", "closed", "closed")):
        seen = [rows.get(label.file, {}).get(column, "") for label in labels]
        truth = [value == name for value in seen]
        _print_accuracy(word, truth, told, [bool(value) for value in seen], people)


def _among(labels: Labels) -> list[bool]:
    """Of those that are happy or neutral: whether the others smile, nobody says."""
    return [label in ("happy", "neutral") for label in labels]


def _enlarged(grey: Picture) -> Picture:
    large = cv2.resize(grey, (FER_SIZE, FER_SIZE), interpolation=cv2.INTER_CUBIC)
    border = (FER_BORDER,) * 4
    return cv2.cvtColor(
        cv2.copyMakeBorder(large, *border, cv2.BORDER_REPLICATE), cv2.COLOR_GRAY2RGB
    ).astype(np.uint8)


def _print_names(labels: Iterable[str], told: Told) -> None:
    """Of each label, what its pictures are called, the most frequent names first."""
    by_label: dict[str, Counter[str]] = {}
    for label, name in zip(labels, told, strict=True):
        by_label.setdefault(label, Counter())[name] += 1
    for label, names in sorted(by_label.items()):
        shares = ", ".join(f"{name} {count}" for name, count in names.most_common())
        print(f"  {label:18} {names.total():5}: {shares}")


def _print_accuracy(
    word: str, truth: list[bool], told: Told, counted: list[bool], people: Labels | None = None
) -> None:
    """word: what names have in them that are told of the truth; people: each their own, if None."""
    named = np.array([word in name for name in told])
    whose = np.array(people if people is not None else np.arange(len(told)).astype(str))
    chosen = np.array(counted)
    figures = classification_estimates(np.array(truth)[chosen], named[chosen], whose[chosen])
    shown = ", ".join(
        f"{name.replace('_', ' ')} {figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"
        for name, figure in figures.items()
    )
    print(f"{word}: {int(np.array(truth)[chosen].sum())} of {int(chosen.sum())}. {shown}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with the pictures")
    parser.add_argument("--by-eye", type=Path, help="CSV of labels by eye")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
