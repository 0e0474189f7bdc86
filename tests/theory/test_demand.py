"""Arrivals: hours follow their weights, days vary as much as their coefficient of variation says."""

import numpy as np
import pytest
from scipy import stats
from theory_runs import REPLICATIONS, SEEDS, Floats, SettingsOf, assert_expected, interval

from sim.consignments.numbers import Numbers
from sim.consignments.potential import Demand
from sim.settings.run import RunSettings
from sim.world.build import build_world
from sim.world.world import DAY_MS, World

DAYS = 84


@pytest.fixture(scope="module")
def settings(settings_of: SettingsOf) -> RunSettings:
    return settings_of("two_countries")


@pytest.fixture(scope="module")
def world(settings: RunSettings) -> World:
    return build_world(settings.world_name, settings.world, settings.assumptions)


@pytest.fixture(scope="module")
def post(world: World) -> int:
    """The fictional post that is open day and night."""
    return [p.name for p in world.posts].index("Stonebridge")


@pytest.fixture(scope="module")
def departures(settings: RunSettings, world: World, post: int) -> list[list[list[Floats]]]:
    """Hours after midnight of the post's journeys, by seed, replication and day."""

    def of(seed: int, replication: int) -> list[Floats]:
        demand = Demand(world, Numbers(seed, replication), settings.tick_ms)
        days = (demand.day(day) for day in range(DAYS))
        return [(d.departs_ms[d.home == post] % DAY_MS) / 3_600_000 for d in days]

    return [[of(seed, replication) for replication in range(REPLICATIONS)] for seed in SEEDS]


def pooled(block: list[list[Floats]]) -> Floats:
    """All departures of a seed."""
    return np.concatenate([day for replication in block for day in replication])


def test_hourly_arrivals_follow_the_hour_weights(world: World, departures: list[list[list[Floats]]]) -> None:
    weights = np.array(world.hour_weights)
    for block in departures:
        counts = np.bincount(pooled(block).astype(np.int64), minlength=24)
        assert stats.chisquare(counts, counts.sum() * weights / weights.sum()).pvalue > 0.001
        assert stats.chisquare(counts).pvalue < 1e-9, "an even day would be told from this one"


def test_lorries_arrive_evenly_within_an_hour(departures: list[list[list[Floats]]]) -> None:
    for block in departures:
        assert stats.kstest(pooled(block) % 1.0, "uniform").pvalue > 0.001


def test_daily_counts_vary_as_their_coefficient_of_variation_says(
    settings: RunSettings, world: World, post: int, departures: list[list[list[Floats]]]
) -> None:
    mean = np.array([world.mean_journeys(post, day) for day in range(DAYS)])
    counts = np.array([[[len(day) for day in replication] for replication in block] for block in departures])
    assert_expected((counts / mean).mean(axis=2), 1.0, within=0.05)
    beyond_poisson = ((counts - mean) ** 2 - counts) / mean**2  # unbiased for the squared cv of the day's factor
    square_cv = settings.assumptions.demand.cv_below_300**2
    assert_expected(beyond_poisson.mean(axis=2), square_cv, within=0.5)
    assert not interval(beyond_poisson.mean(axis=2).ravel()).holds(0.0), "Poisson days would be told from these"
