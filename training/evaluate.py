"""Judges the unseen test pictures as serving does: figures, and the confusion as a picture.

Needs the service's environment, not PyTorch: see README.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np
from confusion_picture import confusion_picture
from numpy.typing import NDArray

from eyelearn.vision.emotion_judge import EmotionJudge
from eyelearn.vision.emotion_model import load_emotion_model
from eyelearn.vision.emotions import EMOTIONS
from eyelearn.vision.face_mesh import FaceModels


def judged(
    pictures: NDArray[np.uint8], judge: EmotionJudge
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """(n, 48, 48) grey becomes the probabilities (n, 7), and whether a face was found in each."""
    emotions = [judge.judge(cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)) for picture in pictures]
    return (
        np.array([emotion.probabilities for emotion in emotions], np.float32),
        np.array([emotion.face_found for emotion in emotions]),
    )


def confusion(labels: NDArray[np.uint8], guesses: NDArray[np.intp]) -> NDArray[np.intp]:
    """(7, 7): how many of the class of the row were taken for that of the column."""
    matrix = np.zeros((len(EMOTIONS), len(EMOTIONS)), np.intp)
    np.add.at(matrix, (labels, guesses), 1)
    return matrix


def scores(matrix: NDArray[np.intp]) -> NDArray[np.float64]:
    """(7, 3): precision, recall and F1 of each class."""
    right = np.diagonal(matrix)
    guessed, present = matrix.sum(axis=0).clip(min=1), matrix.sum(axis=1).clip(min=1)
    return np.stack([right / guessed, right / present, 2 * right / (guessed + present)], axis=1)


def report(
    labels: NDArray[np.uint8], probabilities: NDArray[np.float32], found: NDArray[np.bool_]
) -> str:
    guesses = probabilities.argmax(axis=1)
    right = guesses == labels
    matrix = confusion(labels, guesses)
    by_class = scores(matrix)
    lines = [
        f"{len(labels)} pictures: accuracy {right.mean():.4f}, "
        f"macro F1 {by_class[:, 2].mean():.4f}",
        f"a face found in {found.sum()}: accuracy {right[found].mean():.4f}; "
        f"in {(~found).sum()} none: {right[~found].mean():.4f}",
        "",
        "| class | pictures | precision | recall | F1 |",
        "|---|---|---|---|---|",
    ]
    for name, count, (precision, recall, f1) in zip(
        EMOTIONS, matrix.sum(axis=1), by_class, strict=True
    ):
        lines.append(f"| {name} | {count} | {precision:.3f} | {recall:.3f} | {f1:.3f} |")
    lines += ["", "| probability given | pictures | of them right |", "|---|---|---|"]
    sure = probabilities.max(axis=1)
    for low, high in ((0.0, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.01)):
        chosen = (sure >= low) & (sure < high)
        share = right[chosen].mean() if chosen.any() else float("nan")
        lines.append(f"| {low:.1f} to {min(high, 1.0):.1f} | {chosen.sum()} | {share:.3f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="fer2013.npz")
    parser.add_argument("--model", default="", help="an ONNX file; ours where none is named")
    parser.add_argument("--picture", type=Path, help="where to write the confusion, an SVG")
    options = parser.parse_args()
    with np.load(options.source) as data:
        pictures, labels = data["x_val"], data["y_val"]
    faces = FaceModels()
    probabilities, found = judged(pictures, EmotionJudge(faces, load_emotion_model(options.model)))
    faces.close()
    sys.stdout.write(report(labels, probabilities, found))
    if options.picture:
        matrix = confusion(labels, probabilities.argmax(axis=1))
        options.picture.write_text(confusion_picture(matrix, EMOTIONS), encoding="utf-8")


if __name__ == "__main__":
    main()
