"""How good verdicts are, and how sure that is: figures over arrays, with intervals over people.

Pictures of one person resemble each other, so what is drawn anew in each round of the bootstrap is
people with all their pictures (Davison and Hinkley 1997, "Bootstrap Methods and their Application",
3.8). Intervals are percentiles of those rounds. What can't be told, is NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Names = NDArray[np.str_]

CONFIDENCE = 0.95
BOOTSTRAP_ROUNDS = 1000
BOOTSTRAP_SEED = 0
# Fewer people can be drawn in too few ways for percentiles to mean anything: 5 in 126.
MIN_PEOPLE_FOR_INTERVAL = 5
RELIABILITY_BINS = 10


class Estimate(NamedTuple):
    """A figure and its interval; low and high are NaN where too few people tell."""

    value: float
    low: float
    high: float


class Reliability(NamedTuple):
    """Scores of one bin, from low up to high: how many, their mean, and the share that is true."""

    low: float
    high: float
    samples: int
    mean_score: float
    share_true: float


def outcomes(truth: Flags, predicted: Flags) -> Floats:
    """(n, 4) of 0 and 1: true positive, false positive, false negative, true negative."""
    columns = (truth & predicted, ~truth & predicted, truth & ~predicted, ~truth & ~predicted)
    return np.stack(columns, axis=-1).astype(float)


def classification(sums: Floats) -> dict[str, Floats]:
    """Each figure, (...), of sums (..., 4) of `outcomes`.

    Balanced accuracy is the mean of recall and specificity; F1 is 2 tp / (2 tp + fp + fn).
    """
    tp, fp, fn, tn = np.moveaxis(sums, -1, 0)
    recall = ratio(tp, tp + fn)
    return {
        "balanced_accuracy": (recall + ratio(tn, tn + fp)) / 2,
        "precision": ratio(tp, tp + fp),
        "recall": recall,
        "f1": ratio(2 * tp, 2 * tp + fp + fn),
    }


def classification_estimates(truth: Flags, predicted: Flags, people: Names) -> dict[str, Estimate]:
    """The figures of `classification` for n verdicts, each (n,)."""
    return estimates(outcomes(truth, predicted), people, classification)


def share_estimate(flags: Flags, people: Names) -> Estimate:
    """The share of n flags that is set."""
    return mean_estimate(flags.astype(float), people)


def mean_estimate(values: Floats, people: Names) -> Estimate:
    """The mean of n values; people: (n,)."""
    counted = np.stack([values, np.ones(len(values))], axis=-1)
    return estimates(counted, people, lambda sums: {"mean": ratio(sums[..., 0], sums[..., 1])})[
        "mean"
    ]


def estimates(
    values: Floats, people: Names, figures: Callable[[Floats], dict[str, Floats]]
) -> dict[str, Estimate]:
    """figures: from sums (..., k) over pictures to figures (...). values: (n, k); people: (n,)."""
    per_person = sums_by_person(values, people)
    told = figures(per_person.sum(axis=0))
    if len(per_person) < MIN_PEOPLE_FOR_INTERVAL:
        return {name: Estimate(float(value), np.nan, np.nan) for name, value in told.items()}
    rounds = figures(bootstrap_sums(per_person))
    return {name: Estimate(float(told[name]), *_interval(rounds[name])) for name in told}


def sums_by_person(values: Floats, people: Names) -> Floats:
    """(p, k): the sums of values (n, k) of each of p people."""
    names, whose = np.unique(people, return_inverse=True)
    sums = np.zeros((len(names), values.shape[1]))
    np.add.at(sums, whose, values)
    return sums


def bootstrap_sums(per_person: Floats) -> Floats:
    """(rounds, k): sums over as many people as there are, drawn with replacement in each round."""
    count = len(per_person)
    random = np.random.default_rng(BOOTSTRAP_SEED)
    times_drawn = random.multinomial(count, np.full(count, 1 / count), size=BOOTSTRAP_ROUNDS)
    return times_drawn @ per_person


def _interval(rounds: Floats) -> tuple[float, float]:
    """Rounds that drew nobody to judge a figure by are left out."""
    told = rounds[np.isfinite(rounds)]
    if not told.size:
        return np.nan, np.nan
    beyond = (1 - CONFIDENCE) / 2
    low, high = np.quantile(told, (beyond, 1 - beyond))
    return float(low), float(high)


def reliability(scores: Floats, truth: Flags) -> list[Reliability]:
    """Ten bins of equal width over scores 0 to 1, each (n,); an empty bin's figures are NaN."""
    edges = np.linspace(0, 1, RELIABILITY_BINS + 1)
    bins = np.minimum((scores * RELIABILITY_BINS).astype(int), RELIABILITY_BINS - 1)
    counts, score_sums, true_sums = (
        np.bincount(bins, weights=weights, minlength=RELIABILITY_BINS).astype(np.float64)
        for weights in (np.ones(len(scores)), scores, truth.astype(float))
    )
    columns = (edges[:-1], edges[1:], counts, ratio(score_sums, counts), ratio(true_sums, counts))
    return [
        Reliability(low, high, int(count), mean, share)
        for low, high, count, mean, share in zip(*(c.tolist() for c in columns), strict=True)
    ]


def expected_calibration_error(table: list[Reliability]) -> float:
    """Mean distance between score and share over all samples.

    Naeini, Cooper and Hauskrecht (2015), "Obtaining well calibrated probabilities using Bayesian
    binning", equation 1.
    """
    filled = [row for row in table if row.samples]
    distances = [row.samples * abs(row.mean_score - row.share_true) for row in filled]
    return sum(distances) / sum(row.samples for row in filled) if filled else np.nan


def angle_errors(measured: Floats, truth: Floats) -> Floats:
    """measured - truth in degrees, from -180 up to 180, of any one shape."""
    errors: Floats = (measured - truth + 180) % 360 - 180
    return errors


def ratio(part: Floats, whole: Floats) -> Floats:
    """part / whole; NaN where whole is 0."""
    known = np.asarray(whole) != 0
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=known)
