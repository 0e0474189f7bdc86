"""Thresholds among trailing scores are the quantiles of all of them."""

from collections import deque

import numpy as np
import pytest

from sim.targeting.channels import scores_above


@pytest.mark.parametrize("shares", [[0.05, 0.3], [0.0, 1.0], [0.9, 0.02], [0.2, 0.2]])
def test_quantiles_are_those_of_all_scores(shares: list[float]) -> None:
    rng = np.random.default_rng(7)
    days: deque[np.ndarray] = deque(maxlen=10)
    for _ in range(40):
        days.append(rng.normal(size=rng.integers(1, 60)).round(1))
        wanted = np.quantile(np.concatenate(days), [1.0 - share for share in shares])
        assert scores_above(days, shares) == pytest.approx(wanted, abs=1e-12)


def test_looking_for_a_threshold_leaves_the_scores_of_each_day_as_they_are() -> None:
    days = [np.array([3.0, 1.0, 2.0])]
    assert scores_above(days, [0.5]) == [2.0]
    assert days[0].tolist() == [3.0, 1.0, 2.0]
