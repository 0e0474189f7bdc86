"""Inference over replications, against hand calculations, textbooks and planted effects."""

import numpy as np
import pytest
from scipy import stats

from experiments.statistics import (
    bonferroni_alpha,
    contrast,
    jackknife_variance,
    leave_one_out,
    pooled_ratio,
)

TRIALS = 400
ONE = np.array([1.0])
PAIR = np.array([1.0, -1.0])


def everything(numerator):
    return np.ones(numerator.shape[1:], bool)


def busy_borders(rng, replications, trials=TRIALS):
    """Journeys vary from replication to replication, and hours per journey grow with them: a skewed ratio."""
    journeys = rng.poisson(rng.gamma(20, 20, (trials, replications))).astype(float)
    hours = rng.gamma(journeys * (1 + journeys / 400), 2.0)
    mean, square = 400.0, 400.0 + 400.0**2 + 20 * 20.0**2
    return hours, journeys, 2 * (mean + square / 400) / mean


@pytest.mark.parametrize("replications", [10, 30])
def test_mean_clearance_interval_holds_the_truth_in_95_of_100_borders(replications):
    hours, journeys, truth = busy_borders(np.random.default_rng(replications), replications)
    found = contrast(hours[None], journeys[None], ONE, everything(hours[None]))
    covered = ((found.lower <= truth) & (truth <= found.upper)).mean()
    assert 0.92 <= covered <= 0.98


def test_interdiction_interval_holds_the_truth_although_attempts_are_few():
    rng = np.random.default_rng(5)
    attempts = rng.poisson(15, (TRIALS, 20))
    stopped = rng.binomial(attempts, 0.3)
    found = contrast(stopped[None].astype(float), attempts[None].astype(float), ONE, everything(attempts[None]))
    assert 0.92 <= ((found.lower <= 0.3) & (found.upper >= 0.3)).mean() <= 0.98


def test_eight_simultaneous_intervals_hold_all_eight_truths_together():
    rng = np.random.default_rng(8)
    shared = rng.normal(0, 1, (TRIALS, 12))
    all_held = np.ones(TRIALS, bool)
    for _ in range(8):
        both = np.stack([10.5 + shared + rng.normal(0, 0.7, shared.shape), 10 + shared])
        found = contrast(both, np.ones_like(both), PAIR, everything(both), bonferroni_alpha(8))
        all_held &= (found.lower <= 0.5) & (found.upper >= 0.5)
    assert 0.93 <= all_held.mean() <= 0.995


def test_detectable_difference_is_resolved_four_times_in_five():
    rng = np.random.default_rng(3)
    noise = rng.normal(0, 1, (1, 4000, 15))
    true_error = 1 / np.sqrt(15)
    planted = (stats.t.ppf(0.975, 14) + stats.t.ppf(0.8, 14)) * true_error
    found = contrast(noise + planted, np.ones_like(noise), ONE, everything(noise))
    assert ((found.lower > 0) | (found.upper < 0)).mean() == pytest.approx(0.8, abs=0.03)
    assert np.median(found.detectable) == pytest.approx(planted, rel=0.05)


def test_jackknife_of_three_replications_agrees_with_pencil_and_paper():
    stopped, presented = np.array([1.0, 2.0, 6.0]), np.array([4.0, 4.0, 10.0])
    left_out = leave_one_out(stopped, presented)
    assert left_out == pytest.approx([8 / 14, 7 / 14, 3 / 8])
    mean = (8 / 14 + 7 / 14 + 3 / 8) / 3
    by_hand = 2 / 3 * ((8 / 14 - mean) ** 2 + (7 / 14 - mean) ** 2 + (3 / 8 - mean) ** 2)
    assert jackknife_variance(left_out, np.ones(3, bool)) == pytest.approx(by_hand)
    assert pooled_ratio(stopped, presented) == pytest.approx(0.5)


def test_interval_of_per_replication_medians_is_the_textbook_t_interval():
    medians = np.random.default_rng(2).gamma(4, 1, (1, 1, 9))
    found = contrast(medians, np.ones_like(medians), ONE, everything(medians))
    low, high = stats.t.interval(0.95, 8, medians.mean(), stats.sem(medians.ravel()))
    assert (found.lower[0], found.upper[0]) == pytest.approx((low, high))


def test_a_median_missing_in_one_replication_leaves_the_interval_of_the_others():
    medians = np.array([[[2.0, 3.0, 7.0, 0.0]]])
    defined = np.array([[[1.0, 1.0, 1.0, 0.0]]])
    found = contrast(medians, defined, ONE, (defined != 0)[0])
    low, high = stats.t.interval(0.95, 2, 4.0, stats.sem([2, 3, 7]))
    assert (found.value[0], found.lower[0], found.upper[0]) == pytest.approx((4.0, low, high))


def test_same_lorries_in_both_scenarios_make_the_difference_sharper():
    rng = np.random.default_rng(4)
    traffic = rng.normal(0, 3, (1, 25))
    both = np.stack([9 + traffic + rng.normal(0, 0.3, traffic.shape), 10 + traffic])
    paired = contrast(both, np.ones_like(both), PAIR, everything(both))
    assert paired.pairing_gain[0] > 50
    both[1] = both[1][:, ::-1]
    assert contrast(both, np.ones_like(both), PAIR, everything(both)).pairing_gain[0] < 3


def test_rate_is_not_defined_only_if_nothing_was_presented_in_any_replication():
    stopped = np.array([[[0.0, 0.0, 0.0], [0.0, 1.0, 2.0]]])
    presented = np.array([[[0.0, 0.0, 0.0], [0.0, 4.0, 4.0]]])
    found = contrast(stopped, presented, ONE, everything(stopped))
    assert np.isnan(found.value[0])
    assert np.isnan(found.lower[0])
    assert found.value[1] == pytest.approx(3 / 8)
    assert found.lower[1] < 3 / 8 < found.upper[1]


def test_rate_carried_by_a_single_replication_has_a_value_but_no_interval():
    stopped, presented = np.array([[[0.0, 1.0]]]), np.array([[[0.0, 4.0]]])
    found = contrast(stopped, presented, ONE, everything(stopped))
    assert found.value[0] == 0.25
    assert np.isnan(found.lower[0])


def test_one_replication_gives_a_value_without_interval_and_resolves_nothing():
    both = np.array([[[5.0]], [[7.0]]])
    found = contrast(both, np.ones_like(both), PAIR, everything(both))
    assert found.value[0] == -2
    assert np.isnan([found.lower[0], found.upper[0], found.detectable[0], found.pairing_gain[0]]).all()


def test_identical_scenarios_differ_by_exactly_nothing():
    hours, journeys, _ = busy_borders(np.random.default_rng(6), 7, trials=3)
    found = contrast(np.stack([hours, hours]), np.stack([journeys, journeys]), PAIR, everything(hours[None]))
    assert (found.value == 0).all()
    assert (found.lower == 0).all()


def test_more_comparisons_ask_for_wider_intervals():
    assert bonferroni_alpha(8) == pytest.approx(0.05 / 8)
    assert bonferroni_alpha(0) == 0.05
