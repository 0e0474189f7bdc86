"""Inference over replications: ratio of sums, paired delete-one jackknife-t, simultaneous intervals.

Arrays carry replications on their last axis. A replication is the unit of inference: journeys within one
share queues, officers and smugglers, so they say nothing about how sure we are.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LEVEL_ALPHA = 0.05
POWER = 0.8


@dataclass(frozen=True)
class Estimate:
    """A contrast of pooled ratios, one entry per cell (indicator x period x group).

    Attributes
    ----------
    value : contrast of the pooled ratios, in the indicator's unit; NaN where a pooled denominator is 0
    standard_error : jackknife standard error, same unit; NaN with fewer than two replications
    lower, upper : bounds of the interval, same unit
    pairing_gain : variance had the scenarios been independent / variance of the paired contrast
    detectable : effect that would be resolved with probability .8, same unit; NaN where nothing varied
    """

    value: Floats
    standard_error: Floats
    lower: Floats
    upper: Floats
    pairing_gain: Floats
    detectable: Floats


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Divide; NaN ("not defined") where the denominator is 0, never 0 and never infinite."""
    quotient: Floats = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient


def pooled_ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Ratio of sums over replications (last axis), so that a busy replication weighs more than an idle one."""
    return ratio(numerator.sum(axis=-1), denominator.sum(axis=-1))


def leave_one_out(numerator: Floats, denominator: Floats) -> Floats:
    """Pooled ratio without replication i, at position i of the last axis; same shape as the input."""
    return ratio(
        numerator.sum(axis=-1, keepdims=True) - numerator,
        denominator.sum(axis=-1, keepdims=True) - denominator,
    )


def jackknife_variance(left_out: Floats, used: Bools) -> Floats:
    """Delete-one jackknife variance of an estimate.

    Parameters
    ----------
    left_out : array (..., R)
        Estimate without replication i.
    used : array (..., R) of bool
        Replications that entered the estimate; the others are passed over.

    Returns
    -------
    array (...)
        `(r - 1) / r * sum((left_out - mean)^2)` over the r used replications; NaN for r < 2.

    References
    ----------
    Efron, B. and Stein, C. (1981). The jackknife estimate of variance. Annals of Statistics 9(3).
    """
    count = used.sum(axis=-1)
    mean = ratio(np.where(used, left_out, 0.0).sum(axis=-1), count.astype(np.float64))
    squares = np.where(used, (left_out - mean[..., None]) ** 2, 0.0).sum(axis=-1)
    return np.where(count >= 2, ratio(squares * (count - 1), count.astype(np.float64)), np.nan)


def contrast(
    numerator: Floats, denominator: Floats, weights: Floats, used: Bools, alpha: Floats | float = LEVEL_ALPHA
) -> Estimate:
    """Weighted sum of the scenarios' pooled ratios with its paired jackknife-t interval.

    Leaving replication i out of *every* scenario at once is what makes the interval a paired one: noise that
    common random numbers share between the scenarios cancels.

    Parameters
    ----------
    numerator, denominator : arrays (S, C, R)
        Sums per scenario, cell and replication.
    weights : array (S,)
        One scenario: [1]; a difference: [1, -1]; an interaction: [1, -1, -1, -1, 2].
    used : array (C, R) of bool
        Replications that enter, the same in all scenarios.
    alpha : float or array (C,)
        One minus the level of the interval.

    Returns
    -------
    Estimate
        Arrays of shape (C,). The interval is `value -+ t(1 - alpha/2; r - 1) * standard_error`.
    """
    top, bottom = np.where(used, numerator, 0.0), np.where(used, denominator, 0.0)
    left_out = leave_one_out(top, bottom)
    value = (weights[:, None] * pooled_ratio(top, bottom)).sum(axis=0)
    variance = jackknife_variance((weights[:, None, None] * left_out).sum(axis=0), used)
    apart = (weights[:, None] ** 2 * jackknife_variance(left_out, np.broadcast_to(used, top.shape))).sum(axis=0)
    error = np.sqrt(variance)
    freedom = used.sum(axis=-1) - 1
    quantile = t_quantile(1 - np.asarray(alpha) / 2, freedom)
    return Estimate(
        value=value,
        standard_error=error,
        lower=value - quantile * error,
        upper=value + quantile * error,
        pairing_gain=ratio(apart, variance),
        detectable=np.where(error > 0, (quantile + t_quantile(POWER, freedom)) * error, np.nan),
    )


def t_quantile(probability: Floats | float, freedom: NDArray[np.int_] | int) -> Floats:
    """Quantile of Student's t; NaN where there are no degrees of freedom."""
    return np.asarray(stats.t.ppf(probability, freedom), dtype=np.float64)


def bonferroni_alpha(comparisons: int) -> float:
    """Alpha of each interval so that all of a family cover together with at least 95 %."""
    return LEVEL_ALPHA / max(1, comparisons)
