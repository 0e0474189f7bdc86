"""Liaison officers, a portal, integrated databases: what each carries, takes and leaves behind at home."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from policy_runs import run, world_of

from experiments.compose import compose
from sim.measures.change import Key
from sim.measures.channels import CHANNEL_MEASURES, Channel
from sim.measures.combine import combine
from sim.measures.context import Context
from sim.measures.registry import base_mechanisms, measure_named
from sim.settings.errors import SettingsError
from sim.world.build import build_world
from sim.world.world import World

BY_WHAT_THEY_CARRY = ("liaison_officers", "data_sharing", "integrated_databases")


def under(measure: str, world: World, intensity: float = 1.0) -> dict[Key, float]:
    changes = measure_named(measure).changes(Context(world, {}, intensity, 1))
    return combine(base_mechanisms(world, {}), changes)[0]


@pytest.mark.parametrize("row", ["intelligence.coverage", "intelligence.legal_cap", "costs.running_usd"])
def test_what_carries_more_costs_more_and_needs_more_to_be_agreed(row: str) -> None:
    who = "BER" if row.startswith("costs") else "BER>ALD"
    values = [under(measure, world_of())[row, who] for measure in BY_WHAT_THEY_CARRY]
    assert all(less <= more for less, more in pairwise([base_mechanisms(world_of(), {})[row, who], *values]))
    assert values[0] < values[-1]


def test_what_carries_more_is_sooner_there() -> None:
    delays = [under(measure, world_of())["intelligence.delay_d", "BER>ALD"] for measure in BY_WHAT_THEY_CARRY]
    assert delays == pytest.approx([5, 1, 0.0417])


@pytest.mark.parametrize("measure", BY_WHAT_THEY_CARRY)
def test_a_channel_takes_nothing_from_a_better_one(measure: str) -> None:
    world = world_of("world.pairs.0.channel=integrated", "world.pairs.0.legal_basis=agreement")
    base, after = base_mechanisms(world, {}), under(measure, world)
    for row in ("coverage", "legal_cap", "delay_d"):
        assert after[f"intelligence.{row}", "ALD>BER"] == base[f"intelligence.{row}", "ALD>BER"]


@pytest.mark.parametrize(
    ("measure", "days", "agreed"),
    [("liaison_officers", 180, 120), ("data_sharing", 720, 360), ("integrated_databases", 900, 900)],
)
def test_a_channel_takes_as_long_as_it_or_its_basis_takes(measure: str, days: float, agreed: float) -> None:
    world = world_of()
    on_agreement = replace(world, pairs=tuple(replace(pair, legal_basis="agreement") for pair in world.pairs))
    assert [measure_named(measure).lead_d(one) for one in (world, on_agreement)] == [days, agreed]


# -- officers posted abroad -----------------------------------------------------------------------------------------


def posted(world: World, intensity: float = 1.0) -> list[str]:
    changes = measure_named("liaison_officers").changes(Context(world, seats_of(world), intensity, 1))
    return [change.who for change in changes if change.parameter == "staff.absent"]


def seats_of(world: World) -> dict[str, float]:
    """A place in the course list for every unit with a skill."""
    skilled = [pool for pool in world.pools if pool.skill != "none"]
    names = [f"{pool.name}/{k:03d}" for pool in skilled for k in range(pool.units)]
    return {name: k / len(names) for k, name in enumerate(names)}


def test_each_country_posts_an_officer_with_each_other_out_of_its_largest_team() -> None:
    settings = compose("run", ["world=northern_corridor"]).settings
    world = build_world(settings.world_name, settings.world, settings.assumptions)
    pools = {pool.name: pool for pool in world.pools}
    away = [pools[seat.rpartition("/")[0]] for seat in posted(world)]
    countries = range(len(world.countries))
    assert [sum(pool.country == country for pool in away) for country in countries] == [3, 3, 3, 3]
    for pool in away:
        assert pool.base == max(p.base for p in world.pools if p.skill != "none" and p.country == pool.country)
    assert len(posted(world, 0.4)) == 8
    assert len(posted(world_of(), 0.5)) == 2, "no strength is without its price"
    assert posted(world, 0.0) == []


def test_an_officer_posted_abroad_is_missing_at_home_and_is_paid_for_twice() -> None:
    words = ("length.burn_in_days=2", "length.window_days=5", "assumptions.staff.leaving_low_tier=0")
    words += ("assumptions.staff.leaving_high_tier=0", "assumptions.staff.rotation_per_year=0")
    models = run(words, ("baseline", "liaison_officers"))
    base, away = (np.array(model.rostered_ms).sum(axis=0) for model in models.values())
    assert (away <= base).all()
    assert 0 < away.sum() < base.sum()
    absent = models["liaison_officers"].staff.absent
    assert absent.sum() == 2
    facts = models["liaison_officers"].facts()
    running = facts["cost_public_usd", "part=running"]
    assert running[0][-1] == pytest.approx(2 * 80_000 / 365)
    staff = facts["cost_public_usd", "part=staff"]
    wages = sum((8 + 2 * 4 / 30) * c.officer_usd_per_h for c in models["baseline"].world.countries)
    assert staff[0][-1] == pytest.approx(wages)


# -- in force already -----------------------------------------------------------------------------------------------

EVERYWHERE = tuple(f"world.pairs.{k}.{row}" for k in (0, 1) for row in ("channel=portal", "legal_basis=agreement"))


@pytest.mark.parametrize("measure", ["liaison_officers", "data_sharing"])
def test_a_channel_that_all_countries_have_is_refused_in_one_line(measure: str) -> None:
    with pytest.raises(
        SettingsError, match=f"measures.{measure}: 1: all countries of two_countries exchange by this"
    ) as caught:
        compose("compare", ["world=two_countries", f"scenarios=[baseline,{measure}]", *EVERYWHERE])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("scenario", "words"), [("data_sharing", EVERYWHERE[:2]), ("idle", EVERYWHERE)])
def test_one_that_only_some_have_or_of_no_strength_is_not(scenario: str, words: tuple[str, ...]) -> None:
    compose("compare", ["world=two_countries", f"scenarios=[baseline,{scenario}]", *words])


def test_the_measures_are_told_apart_by_what_carries_findings() -> None:
    assert all(isinstance(measure_named(one.name), Channel) for one in CHANNEL_MEASURES)
    assert len({one.channel for one in CHANNEL_MEASURES}) == len(CHANNEL_MEASURES)
