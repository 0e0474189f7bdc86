"""Traits of lorries are spread as they should be and tell nothing about each other."""

from functools import cache

import numpy as np
import pytest
from chance_runs import models_of, settings_of
from scipy import stats

from sim.consignments.numbers import Floats, Numbers
from sim.consignments.potential import DRAWN_FEATURES

DAYS = 60
FALSE_ALARMS = 1e-3
"""Probability that a sound generator fails a whole test of this file, whatever the number of columns."""


@cache
def traits(seed: int = 20_240_101, replication: int = 0) -> dict[str, Floats]:
    """Every drawn trait of the journeys of two months, as uniforms, by name."""
    demand, _ = models_of(settings_of(), Numbers(seed, replication))
    days = [demand.day(day) for day in range(DAYS)]

    def column(name: str, values: list[Floats]) -> None:
        out[name] = np.concatenate(values)

    out: dict[str, Floats] = {}
    for name, drawn in days[0].u.items():
        for visit in range(drawn.shape[1] if drawn.ndim == 2 else 1):
            column(f"{name}{visit}", [d.u[name].reshape(len(d), -1)[:, visit] for d in days])
    for name in days[0].z:
        column(name, [stats.norm.cdf(d.z[name]) for d in days])
    for side in days[0].threshold:
        column(f"{side}/threshold", [-np.expm1(-d.threshold[side]) for d in days])
    for k, feature in enumerate(DRAWN_FEATURES):
        column(feature, [stats.norm.cdf(d.features[:, k]) for d in days])
    column("lead", [stats.norm.cdf(d.lead_z) for d in days])
    return out


@cache
def durations() -> dict[str, Floats]:
    """Nominal minutes of every stage and visit of loaded lorries of two months, way and pick-up included."""
    demand, _ = models_of(settings_of(), Numbers(1, 0))
    days = [(day, ~day.empty) for day in map(demand.day, range(DAYS))]
    out = {"transit": np.concatenate([d.transit_ms[loaded] for d, loaded in days]).astype(np.float64)}
    out["pickup"] = np.concatenate([d.pickup_ms[loaded] for d, loaded in days]).astype(np.float64)
    for side in days[0][0].minutes:
        whole = np.concatenate([d.minutes[side][loaded] for d, loaded in days])
        out |= {f"{side}{k}": whole[:, k] for k in range(whole.shape[1])}
    return out


def largest_correlation(columns: dict[str, Floats]) -> tuple[float, str]:
    """Largest |r| between any two columns, and which two."""
    names = list(columns)
    r = np.abs(np.corrcoef(np.stack([columns[n] for n in names])))
    np.fill_diagonal(r, 0.0)
    first, second = np.unravel_index(np.argmax(r), r.shape)
    return float(r[first, second]), f"{names[first]} and {names[second]}"


def test_every_trait_is_uniform() -> None:
    p = {name: stats.kstest(u, "uniform").pvalue for name, u in traits().items()}
    assert len(p) > 30
    assert min(p.values()) > FALSE_ALARMS / len(p), min(p, key=lambda name: p[name])


def test_p_values_of_the_traits_are_uniform_themselves() -> None:
    """Too even would be as wrong as too uneven."""
    p = [stats.kstest(u, "uniform").pvalue for seed in range(5) for u in traits(seed).values()]
    assert stats.kstest(p, "uniform").pvalue > FALSE_ALARMS


def test_no_two_traits_of_a_lorry_are_correlated() -> None:
    assert len(traits()["scan0"]) > 4_000
    r, which = largest_correlation(traits())
    assert r < 0.1, which


def test_no_two_durations_of_a_lorry_are_correlated() -> None:
    logs = {name: np.log(minutes) for name, minutes in durations().items()}
    r, which = largest_correlation(logs)
    assert r < 0.1, which


def test_empty_lorries_have_no_work_on_papers_and_their_own_on_the_road() -> None:
    demand, _ = models_of(settings_of(), Numbers(1, 0))
    day = demand.day(0)
    for side, columns in demand.columns.items():
        of_papers = np.array([column.of_papers for column in columns])
        drawn = day.minutes[side] > 0
        assert of_papers.any() == (side == "entry")
        assert drawn[~day.empty].all()
        assert not drawn[day.empty][:, of_papers].any()
        assert drawn[day.empty][:, ~of_papers].all()


def test_neighbours_in_the_queue_are_strangers() -> None:
    for name, u in traits().items():
        assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 0.1, name


@pytest.mark.parametrize("other", [(20_240_101, 1), (20_240_102, 0), (0, 0)], ids=["replication", "seed", "seed 0"])
def test_traits_of_another_replication_or_seed_are_uncorrelated_with_these(other: tuple[int, int]) -> None:
    mine, others = traits(), traits(*other)
    for name in mine:
        n = min(len(mine[name]), len(others[name]))
        assert abs(np.corrcoef(mine[name][:n], others[name][:n])[0, 1]) < 0.1, name


def test_officers_seats_and_traders_do_not_share_their_luck() -> None:
    numbers, size = Numbers(1, 0), 5_000
    blocks = {
        f"{purpose}/{owner}": numbers.uniform(purpose, owner, day, size)
        for day in (0, 1)
        for purpose in ("skill", "pace", "course", "leaving", "trader_aeo", "trader_propensity")
        for owner in ("Stonebridge/documents", "Lowmarsh/documents", "Stonebridge")
    }
    r, which = largest_correlation(blocks)
    assert r < 0.1, which
