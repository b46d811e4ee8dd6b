"""Figures against cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from on_pictures.picture_metrics import (
    MIN_PEOPLE_FOR_INTERVAL,
    RELIABILITY_BINS,
    angle_errors,
    classification_estimates,
    expected_calibration_error,
    mean_estimate,
    reliability,
    share_estimate,
    sums_by_person,
)


def flags(text: str) -> np.ndarray:
    return np.array([letter == "1" for letter in text])


def names(text: str) -> np.ndarray:
    return np.array(list(text))


def test_verdicts_are_counted_as_the_field_counts_them() -> None:
    # 2 true positives, 1 false positive, 2 false negatives, 5 true negatives.
    truth, predicted = flags("1111000000"), flags("1100100000")
    told = classification_estimates(truth, predicted, names("abcdefghij"))
    assert told["precision"].value == pytest.approx(2 / 3)
    assert told["recall"].value == pytest.approx(1 / 2)
    assert told["f1"].value == pytest.approx(4 / 7)
    assert told["balanced_accuracy"].value == pytest.approx((1 / 2 + 5 / 6) / 2)


def test_what_nobody_can_tell_is_no_number() -> None:
    told = classification_estimates(flags("000"), flags("000"), names("abc"))
    assert all(np.isnan(figure.value) for figure in told.values())


def test_perfect_verdicts_are_perfect_in_every_round() -> None:
    truth = flags("1010101010")
    told = classification_estimates(truth, truth, names("aabbccddee"))
    assert all(figure == (1, 1, 1) for figure in told.values())


def test_few_people_give_a_figure_but_no_interval() -> None:
    people = names("ab" * 20)
    told = share_estimate(flags("1000" * 10), people)
    assert len(set(people)) < MIN_PEOPLE_FOR_INTERVAL
    assert told.value == 0.25
    assert np.isnan([told.low, told.high]).all()


def test_the_interval_is_the_binomials_where_each_person_has_one_picture() -> None:
    # The 2.5th and 97.5th percentiles of a binomial with n = 100 and p = 0.5 are 40 and 60.
    told = mean_estimate(np.repeat([0.0, 1.0], 50), np.arange(100).astype(str))
    assert told.low == pytest.approx(0.40, abs=0.015)
    assert told.high == pytest.approx(0.60, abs=0.015)


def test_more_pictures_of_the_same_people_make_nothing_surer() -> None:
    values, people = np.tile([0.0, 1.0], 10), np.arange(20).astype(str)
    once = mean_estimate(values, people)
    assert mean_estimate(np.tile(values, 7), np.tile(people, 7)) == pytest.approx(once)


def test_the_same_data_give_the_same_interval_in_each_run() -> None:
    values, people = np.random.default_rng(1).normal(size=60), np.repeat(np.arange(20), 3)
    assert mean_estimate(values, people) == mean_estimate(values, people)


def test_sums_are_each_persons_own() -> None:
    values = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    assert sums_by_person(values, names("bab")).tolist() == [[2, 20], [4, 40]]


def test_scores_are_told_by_bin_with_the_highest_in_the_last() -> None:
    table = reliability(np.array([0.04, 0.06, 0.85, 1.0, 0.95]), flags("00101"))
    assert len(table) == RELIABILITY_BINS
    assert [row.samples for row in table] == [2, 0, 0, 0, 0, 0, 0, 0, 1, 2]
    assert table[0].mean_score == pytest.approx(0.05)
    assert table[0].share_true == 0
    assert np.isnan(table[1].mean_score)
    assert table[9].mean_score == pytest.approx(0.975)
    assert table[9].share_true == 0.5


def test_calibration_error_is_the_mean_distance_over_all_samples() -> None:
    table = reliability(np.array([0.04, 0.06, 0.85, 1.0, 0.95]), flags("00101"))
    expected = (2 * 0.05 + 1 * 0.15 + 2 * 0.475) / 5
    assert expected_calibration_error(table) == pytest.approx(expected)


def test_scores_that_keep_their_promise_have_no_calibration_error() -> None:
    table = reliability(np.full(10, 0.8), flags("1111111100"))
    assert expected_calibration_error(table) == pytest.approx(0)


def test_angles_differ_by_the_shorter_way_round() -> None:
    measured, truth = np.array([10.0, 179.0, -179.0, -5.0]), np.array([12.0, -179.0, 179.0, 5.0])
    assert angle_errors(measured, truth).tolist() == [-2, -2, 2, -10]
