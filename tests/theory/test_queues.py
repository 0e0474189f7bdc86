"""Waits at one station against queueing theory: Erlang C, Pollaczek-Khinchine, Cobham, Little."""

from math import exp, factorial

import numpy as np
import pytest
from theory_runs import REPLICATIONS, SEEDS, Floats, SettingsOf, assert_expected, lasting, rate, ratios

from sim.consignments.numbers import Numbers
from sim.consignments.potential import Demand
from sim.model import BorderModel
from sim.posts.constants import constants
from sim.posts.journey import JourneyEngine
from sim.settings.run import RunSettings
from sim.world.build import build_world

DAYS = 30
LONG = 300
CLEARANCE = ("clearance_mean_h", "all")
WORK = ("utilisation", "pool=hall/servers")


def erlang_c_wait_min(per_h: float, servers: int, mean_min: float) -> float:
    """Mean wait in M/M/c, minutes (Erlang 1917)."""
    offered = per_h * mean_min / 60
    load = offered / servers
    last = offered**servers / factorial(servers) / (1 - load)
    waits = last / (sum(offered**k / factorial(k) for k in range(servers)) + last)
    return waits * mean_min / (servers * (1 - load))


def pollaczek_khinchine_wait_min(per_h: float, mean_min: float, square_cv: float) -> float:
    """Mean wait in M/G/1, minutes (Pollaczek 1930, Khinchine 1932)."""
    load = per_h * mean_min / 60
    return load / (1 - load) * mean_min * (1 + square_cv) / 2


def test_the_formulas_give_the_values_printed_in_textbooks() -> None:
    assert erlang_c_wait_min(14.4, 3, 10) == pytest.approx(10.787, abs=5e-4)
    assert erlang_c_wait_min(4.2, 1, 10) == pytest.approx(0.7 / 0.3 * 10)
    assert pollaczek_khinchine_wait_min(8.4, 5, 1.0) == pytest.approx(erlang_c_wait_min(8.4, 1, 5))


def assert_erlang_c(settings: RunSettings, per_h: float, servers: int, mean_min: float, within: float) -> None:
    runs = ratios(settings, [CLEARANCE, WORK])
    assert_expected(60 * rate(runs[CLEARANCE]), erlang_c_wait_min(per_h, servers, mean_min) + mean_min, within)
    assert_expected(rate(runs[WORK]), per_h * mean_min / 60 / servers, within=0.03)


@pytest.mark.parametrize(
    ("per_h", "servers", "mean_min"), [(3.6, 1, 10), (12.6, 3, 10), (9.0, 5, 20)], ids=["M/M/1", "M/M/3", "M/M/5"]
)
def test_mean_clearance_at_like_servers_follows_erlang_c(
    settings_of: SettingsOf, per_h: float, servers: int, mean_min: float
) -> None:
    change = (f"world.arrivals_per_hour={per_h}", f"world.servers={servers}", f"world.mean_service_min={mean_min}")
    assert_erlang_c(lasting(settings_of("known_mmc", *change), DAYS), per_h, servers, mean_min, within=0.1)


@pytest.mark.slow
def test_mean_clearance_at_the_shipped_load_follows_erlang_c_closely(settings_of: SettingsOf) -> None:
    assert_erlang_c(lasting(settings_of("known_mmc"), LONG), 14.4, 3, 10, within=0.05)


def assert_pollaczek_khinchine(settings: RunSettings, per_h: float, square_cv: float, within: float) -> None:
    runs = ratios(settings, [CLEARANCE])
    expected = pollaczek_khinchine_wait_min(per_h, 5, square_cv) + 5
    assert_expected(60 * rate(runs[CLEARANCE]), expected, within)


SQUARE_CV = {"fixed": 0.0, "lognormal": exp(0.8**2) - 1}


@pytest.mark.parametrize("law", SQUARE_CV)
def test_mean_clearance_at_one_server_follows_pollaczek_and_khinchine(settings_of: SettingsOf, law: str) -> None:
    change = ("world.arrivals_per_hour=7.2", f"world.law={law}")
    assert_pollaczek_khinchine(lasting(settings_of("known_mg1", *change), DAYS), 7.2, SQUARE_CV[law], within=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("law", SQUARE_CV)
def test_mean_clearance_at_the_shipped_load_follows_pollaczek_and_khinchine_closely(
    settings_of: SettingsOf, law: str
) -> None:
    assert_pollaczek_khinchine(
        lasting(settings_of("known_mg1", f"world.law={law}"), LONG), 8.4, SQUARE_CV[law], within=0.05
    )


def trusted_shares(settings: RunSettings) -> Floats:
    """Share of journeys that belong to trusted traders, in each replication (traders differ in size)."""
    world = build_world(settings.world_name, settings.world, settings.assumptions)
    shares = np.zeros((len(SEEDS), REPLICATIONS))
    for block, seed in enumerate(SEEDS):
        for replication in range(REPLICATIONS):
            traders = Demand(world, Numbers(seed, replication), settings.tick_ms).traders
            shares[block, replication] = traders.share[traders.aeo].sum()
    return shares


def assert_cobham(settings: RunSettings, per_h: float, within: float) -> None:
    mean_min = 5.0
    load = per_h * mean_min / 60
    trusted = trusted_shares(settings) * load
    residual_min = load * mean_min  # mean work left in service, exponential
    expected = {
        "lane=aeo": residual_min / (1 - trusted) + mean_min,
        "lane=ordinary": residual_min / ((1 - trusted) * (1 - load)) + mean_min,
    }
    runs = ratios(settings, [("clearance_mean_h", lane) for lane in expected])
    for lane, minutes in expected.items():
        assert_expected(60 * rate(runs["clearance_mean_h", lane]) / minutes, 1.0, within)
    assert (expected["lane=ordinary"] > 1.5 * expected["lane=aeo"]).all()


def test_trusted_and_ordinary_lorries_wait_as_cobham_has_it_when_nobody_is_interrupted(settings_of: SettingsOf) -> None:
    assert_cobham(lasting(settings_of("known_priority", "world.arrivals_per_hour=8.4"), DAYS), 8.4, within=0.1)


@pytest.mark.slow
def test_trusted_and_ordinary_lorries_wait_at_the_shipped_load_as_cobham_has_it(settings_of: SettingsOf) -> None:
    assert_cobham(lasting(settings_of("known_priority"), LONG), 9.6, within=0.06)


# -- Little's law -----------------------------------------------------------------------------------------------------


class CountedEngine(JourneyEngine):
    """Journeys with a head count at every tick: how many lorries are at the post."""

    present: list[int]

    def run(self, until_ms: int) -> None:
        tick = self.constants.tick_ms
        for moment in range(int(self.env.now) + tick, until_ms + 1, tick):
            super().run(moment)
            self.present.append(sum(leg.arrived_ms >= 0 for leg in self.legs.values()))


def test_the_mean_number_of_lorries_at_the_post_is_their_rate_times_their_mean_clearance(
    settings_of: SettingsOf,
) -> None:
    days, tick_ms = 6, 60_000
    settings = lasting(settings_of("known_mmc"), days, burn_in_days=0).model_copy(update={"tick_ms": tick_ms})
    world = build_world(settings.world_name, settings.world, settings.assumptions)
    numbers = Numbers(SEEDS[0], 0)
    demand = Demand(world, numbers, tick_ms)
    model = BorderModel(world, settings, settings.scenarios["baseline"], demand.traders, numbers)
    engine = CountedEngine(model.plan.network, constants(world.parameters, tick_ms), model.plan.slots)
    engine.present = []
    model.engine = engine
    try:
        for day in range(days):
            model.advance(demand.day(day))
        model.closing.settle(model.day, ())
        cleared = model.ledger.facts["clearance_mean_h", "all"]
        still_there = engine.live_rows()["arrived_ms"]
        mean_number = float(np.mean(engine.present))
    finally:
        model.release_memory()
    waiting_ms = (days * 86_400_000 - still_there[still_there >= 0]).sum()
    hours = cleared.numerator.sum() + waiting_ms / 3_600_000
    lorries = cleared.denominator.sum() + (still_there >= 0).sum()
    per_h = lorries / (24 * days)
    assert mean_number == pytest.approx(per_h * hours / lorries, rel=1e-9)
    assert mean_number > 3
