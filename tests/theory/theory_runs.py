"""Runs of the worlds with known answers, and the intervals their answers are held to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from sim.replication import replicate_once
from sim.settings.run import RunSettings

Floats = NDArray[np.float64]
SettingsOf = Callable[..., RunSettings]
SEEDS = (11, 12, 13)
REPLICATIONS = 5
CONFIDENCE = 0.999


@dataclass(frozen=True)
class Interval:
    """A t-interval at 99.9 % around the mean of independent values."""

    mean: float
    half: float

    def holds(self, value: float) -> bool:
        """Whether the interval covers a value."""
        return abs(self.mean - value) <= self.half


def interval(values: Sequence[float] | Floats) -> Interval:
    """The 99.9 % t-interval of independent values."""
    v = np.asarray(values, np.float64)
    half = stats.t.ppf((1 + CONFIDENCE) / 2, len(v) - 1) * v.std(ddof=1) / np.sqrt(len(v))
    return Interval(float(v.mean()), float(half))


def lasting(settings: RunSettings, days: int, burn_in_days: int = 2, engine: str = "loop") -> RunSettings:
    """The same settings over a window of `days`; engines agree to the last bit (`tests/process`), so the fast one."""
    length = settings.length.model_copy(
        update={"burn_in_days": burn_in_days, "window_days": days, "cool_down_days": 15}
    )
    return settings.model_copy(update={"length": length, "engine": engine})


def ratios(
    settings: RunSettings, wanted: Sequence[tuple[str, str]], replications: int = REPLICATIONS
) -> dict[tuple[str, str], Floats]:
    """Numerator and denominator of (indicator, group) in each replication: (seed blocks, replications, 2)."""
    out = {key: np.zeros((len(SEEDS), replications, 2)) for key in wanted}
    for block, seed in enumerate(SEEDS):
        seeded = settings.model_copy(update={"seed": seed})
        for replication in range(replications):
            for row in replicate_once(seeded, replication).indicators:
                key = (row["indicator"], row["group"])
                if key in out and row["period"] == "transition":
                    out[key][block, replication] = row["numerator"], row["denominator"]
    return out


def rate(cells: Floats) -> Floats:
    """Numerator over denominator of each cell."""
    return cells[..., 0] / cells[..., 1]


def assert_expected(values: Floats, expected: float, within: float) -> None:
    """Every seed block's interval, and the one of all replications together, covers the expected value.

    Parameters
    ----------
    values : (seed blocks, replications)
    expected : the formula's answer
    within : half-width, relative to the expected value, that the interval of all must not exceed: it tells something
    """
    for block in values:
        assert interval(block).holds(expected), (interval(block), expected)
    together = interval(values.ravel())
    assert together.holds(expected), (together, expected)
    assert together.half < within * abs(expected), (together, expected)
