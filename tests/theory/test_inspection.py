"""Detection against its formula: blind selection, perfect detection, precision of scripted scores."""

from dataclasses import replace
from math import exp

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm
from theory_runs import SEEDS, SettingsOf, assert_expected, interval, lasting, rate, ratios

from sim.consignments.numbers import Numbers
from sim.consignments.potential import FEATURES, Demand
from sim.indicators import indicator_rows
from sim.model import BorderModel
from sim.settings.run import RunSettings
from sim.targeting.channels import ChannelPolicy
from sim.targeting.engines import engine_of
from sim.world.build import build_world
from sim.world.world import World

INTERDICTION = ("interdiction_rate", "all")
EXAMINED = ("physical_inspection_rate", "all")
PREVALENCE, SELECTED = 0.0224, 0.05


def test_blind_selection_finds_the_share_examined_times_the_chance_of_a_find(settings_of: SettingsOf) -> None:
    runs = ratios(lasting(settings_of("known_blind_inspection"), 20), [INTERDICTION, EXAMINED])
    assert 0.2 * (1 - exp(-1.5)) == pytest.approx(0.1554, abs=5e-5)
    assert_expected(rate(runs[INTERDICTION]), 0.2 * (1 - exp(-1.5)), within=0.12)
    assert_expected(rate(runs[EXAMINED]), 0.2, within=0.03)


@pytest.mark.parametrize(("share", "dose"), [(0.2, 1.5), (0.6, 0.4)])
def test_blind_selection_keeps_its_formula_where_nearly_every_lorry_smuggles(
    settings_of: SettingsOf, share: float, dose: float
) -> None:
    change = (f"world.inspection_share={share}", f"world.dose={dose}", "world.prohibited_share=0.9")
    runs = ratios(lasting(settings_of("known_blind_inspection", *change), 6), [INTERDICTION, EXAMINED])
    assert_expected(rate(runs[INTERDICTION]), share * (1 - exp(-dose)), within=0.07)
    assert_expected(rate(runs[EXAMINED]), share, within=0.05)


def test_where_everything_is_examined_to_the_last_box_nothing_prohibited_passes(settings_of: SettingsOf) -> None:
    runs = ratios(lasting(settings_of("known_perfect_detection"), 3), [INTERDICTION], replications=2)
    found, presented = runs[INTERDICTION][..., 0], runs[INTERDICTION][..., 1]
    assert (found == presented).all()
    assert presented.min() > 150


# -- scripted scores --------------------------------------------------------------------------------------------------


def precision(d_prime: float) -> float:
    """Share of prohibited goods among the 5 % highest scores: equal normals, d' apart, at prevalence 2.24 %."""

    def selected(at: float) -> float:
        return float(PREVALENCE * norm.sf(at - d_prime) + (1 - PREVALENCE) * norm.sf(at))

    at = brentq(lambda x: selected(x) - SELECTED, -5.0, 8.0)
    return float(PREVALENCE * norm.sf(at - d_prime) / SELECTED)


def scripted(settings: RunSettings, d_prime: float) -> tuple[RunSettings, World]:
    """Settings and world in which a declaration's score is a normal, `d_prime` higher where goods are prohibited."""
    weights = {name: float(name == "origin_risk") for name in FEATURES}
    targeting = settings.targeting.model_copy(update={"engine": "profiles", "weights": weights})
    built = build_world(settings.world_name, settings.world, settings.assumptions)
    p = built.parameters
    sections = {
        "selectivity": p.selectivity.model_copy(update={"random_share": 0.0}),
        "consignments": p.consignments.model_copy(update={"feature_shift_prohibited": d_prime}),
        "targeting": p.targeting.model_copy(update={"noise_sd": 0.0}),
    }
    world = replace(built, parameters=p.model_copy(update=sections), channel_policy="fixed_rate")
    return settings.model_copy(update={"targeting": targeting}), world


@pytest.mark.parametrize(("d_prime", "low", "high"), [(0.33, 4, 6), (1.4, 15, 20), (2.6, 35, 40)])
def test_scores_of_known_sharpness_reach_the_precision_signal_detection_gives_them(
    settings_of: SettingsOf, d_prime: float, low: int, high: int
) -> None:
    """In whole percent; the formula itself gives 4.15, 16.75 and 34.86 %."""
    settings, world = scripted(settings_of("known_perfect_detection"), d_prime)
    engine = engine_of(settings.targeting, world.parameters.targeting)
    policy = ChannelPolicy("fixed_rate", SELECTED, 0.0, world.parameters.selectivity)
    found, chosen = [], []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        for batch in range(6):
            prohibited = rng.random(200_000) < PREVALENCE
            features = rng.normal(size=(len(prohibited), len(FEATURES))) + d_prime * prohibited[:, None]
            scores = engine.score(features, rng.normal(size=len(prohibited)))
            red = scores >= policy.thresholds(0.0).red_at[1]
            policy.observe(scores, 0)
            if batch or seed != SEEDS[0]:  # the very first thresholds look back on no scores
                found.append(prohibited[red].mean())
                chosen.append(red.mean())
    assert interval(chosen).holds(SELECTED)
    assert interval(found).holds(precision(d_prime))
    assert low <= round(100 * np.mean(found)) <= high


def test_the_hit_rate_of_a_border_is_the_precision_of_its_scores(settings_of: SettingsOf) -> None:
    change = ("world.journeys_per_day=1500", f"world.prohibited_share={PREVALENCE}")
    chosen = settings_of("known_perfect_detection", *change, f"world.inspection_share={SELECTED}")
    settings, world = scripted(lasting(chosen, days=8, burn_in_days=2), d_prime=1.4)
    runs = [_run(settings, world, replication) for replication in range(5)]
    hits, examined = (interval([run[name] for run in runs]) for name in ("hit_rate", "physical_inspection_rate"))
    assert hits.holds(precision(1.4)), (hits, precision(1.4))
    assert examined.holds(SELECTED), examined
    assert hits.half < precision(1.4) / 2


def _run(settings: RunSettings, world: World, replication: int) -> dict[str, float]:
    numbers = Numbers(SEEDS[0], replication)
    demand = Demand(world, numbers, settings.tick_ms)
    model = BorderModel(world, settings, settings.scenarios["baseline"], demand.traders, numbers)
    try:
        for day in range(settings.length.policy_day + settings.length.window_days):
            model.advance(demand.day(day))
        rows = [r for r in indicator_rows(model.ledger) if r["period"] == "transition" and r["group"] == "all"]
    finally:
        model.release_memory()
    return {r["indicator"]: r["numerator"] / r["denominator"] for r in rows if r["denominator"] > 0}
