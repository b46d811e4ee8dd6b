"""Where the limits of the focus rule should lie: the curve of each, and a grouped cross-validation.

    .venv/bin/python benchmarks/limits.py --data DIR [--folds 5] [--repeats 10]

DIR is a folder as for `accuracy.py`. Nothing is written: what it shows is the reason for the
defaults in `settings.py`. In the cross-validation the limits are chosen on some people and tested
on the others, so its balanced accuracy is that of the choosing, not of the shipped limits.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "python_services")]

from on_pictures.labelled_pictures import read_labels  # noqa: E402
from on_pictures.picture_metrics import Flags, Names, classification, outcomes  # noqa: E402
from on_pictures.picture_verdicts import JudgedPicture, judged_pictures  # noqa: E402

from eyelearn.session_service import session_rules  # noqa: E402
from eyelearn.settings import Settings  # noqa: E402
from eyelearn.tracking.focus import FocusLimits, deviations  # noqa: E402
from eyelearn.tracking.neutral import STRAIGHT_AHEAD, Neutral  # noqa: E402

# Degrees tried for each limit: along the curve one by one, in the cross-validation all together.
CURVES: dict[str, tuple[float, ...]] = {
    "gaze_yaw": (9, 11, 13, 15, 17, 19, 22, 26),
    "gaze_up": (7, 8, 9, 10, 11, 12, 13, 14, 16),
    "gaze_down": (10, 12, 13, 14, 15, 16, 17, 18, 20, 24),
    "head_yaw": (16, 20, 24, 28, 32),
    "head_up": (10, 12, 14, 16, 18, 20, 25),
    "head_down": (18, 22, 26, 30),
    "head_roll": (15, 20, 25, 30, 40),
}
GRID: dict[str, tuple[float, ...]] = {
    "gaze_yaw": (12, 14, 17, 20),
    "gaze_up": (9, 10, 11, 12, 14),
    "gaze_down": (12, 14, 16, 18, 20),
    "head_yaw": (20, 24, 28),
    "head_up": (12, 16, 20),
}


def main() -> int:
    arguments = _arguments()
    labels, _ = read_labels(arguments.data)
    rules = session_rules(Settings.model_construct())
    pictures = [
        picture
        for picture in judged_pictures(labels, arguments.data, rules)
        if picture.label.looking is not None and not picture.label.conflict
    ]
    for name, with_neutral in (("own neutral", True), ("straight ahead", False)):
        print(f"\n{len(pictures)} pictures, {name}: balanced accuracy")
        _print_curves(pictures, rules.limits, with_neutral)
        _print_cross_validation(pictures, rules.limits, with_neutral, arguments)
    return 0


def _print_curves(pictures: list[JudgedPicture], limits: FocusLimits, with_neutral: bool) -> None:
    truth = _truth(pictures)
    shipped = balanced_accuracy(_judged(pictures, limits, with_neutral), truth)
    print(f"  as shipped {shipped:.3f}")
    for name, degrees in CURVES.items():
        cells = [
            f"{value:g}: {balanced_accuracy(judged, truth):.3f}"
            for value in degrees
            for judged in [_judged(pictures, replace(limits, **{name: value}), with_neutral)]
        ]
        print(f"  {name:<10} ({getattr(limits, name):g})  " + "  ".join(cells))


def _print_cross_validation(
    pictures: list[JudgedPicture],
    limits: FocusLimits,
    with_neutral: bool,
    arguments: argparse.Namespace,
) -> None:
    choices = [
        replace(limits, **dict(zip(GRID, degrees, strict=True)))
        for degrees in itertools.product(*GRID.values())
    ]
    judged = np.array([_judged(pictures, choice, with_neutral) for choice in choices])
    people = np.array([picture.label.subject for picture in pictures])
    results = [
        cross_validated(judged, _truth(pictures), people, arguments.folds, seed)
        for seed in range(arguments.repeats)
    ]
    print(
        f"  limits chosen on other people ({arguments.folds} folds, {arguments.repeats} times, "
        f"{len(choices)} choices): {np.mean(results):.3f}, from {min(results):.3f} to "
        f"{max(results):.3f}"
    )


def cross_validated(judged: Flags, truth: Flags, people: Names, folds: int, seed: int) -> float:
    """Balanced accuracy of verdicts by the choice that did best on the people of other folds.

    judged: (choices, pictures); truth, people: (pictures,).
    """
    names = np.unique(people)
    order = np.random.default_rng(seed).permutation(len(names))
    fold_of = dict(zip(names.tolist(), (order % folds).tolist(), strict=True))
    fold = np.array([fold_of[name] for name in people.tolist()])
    verdicts = np.zeros(len(truth), bool)
    for tested in range(folds):
        others = fold != tested
        scores = [balanced_accuracy(choice[others], truth[others]) for choice in judged]
        verdicts[~others] = judged[int(np.argmax(scores)), ~others]
    return balanced_accuracy(verdicts, truth)


def balanced_accuracy(judged: Flags, truth: Flags) -> float:
    """NaN where the truth holds one class alone."""
    return float(classification(outcomes(truth, judged).sum(axis=0))["balanced_accuracy"])


def _truth(pictures: list[JudgedPicture]) -> Flags:
    return np.array([bool(picture.label.looking) for picture in pictures])


def _judged(pictures: list[JudgedPicture], limits: FocusLimits, with_neutral: bool) -> Flags:
    return np.array([_is_focused(picture, limits, with_neutral) for picture in pictures])


def _is_focused(picture: JudgedPicture, limits: FocusLimits, with_neutral: bool) -> bool:
    face = picture.sight.observation.face
    neutral: Neutral = (with_neutral and picture.neutral) or STRAIGHT_AHEAD
    return face is not None and all(deviations(face, limits, neutral).within(1.0))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with labels.csv")
    parser.add_argument("--folds", type=int, default=5, help="groups of people")
    parser.add_argument("--repeats", type=int, default=10, help="other groups each time")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
