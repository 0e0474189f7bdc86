"""Declaration systems that fail: how often and for how long, whom that holds up, and the price of a common form."""

from functools import cache

import numpy as np
import pytest
from policy_runs import Facts, differing, facts_of, run, world_of

from experiments.compose import compose
from sim.consignments.numbers import Numbers
from sim.posts.process import ENTRY
from sim.settings.errors import SettingsError
from sim.systems import DeclarationSystems
from sim.world.world import DAY_MS

A = "assumptions."
P, REPAIR_H = 0.1, 6.0
OFTEN = (f"{A}systems.failure_low_tier_per_day={P}", f"{A}systems.failure_high_tier_per_day={P}")
NEVER = (f"{A}systems.failure_low_tier_per_day=0", f"{A}systems.failure_high_tier_per_day=0")
DAYS = 4000


def lived(*overrides: str, seed: int = 1) -> tuple[DeclarationSystems, np.ndarray]:
    """Systems after many days, and how long each was down on each of them."""
    systems = DeclarationSystems(world_of(*overrides), Numbers(seed, 0), 1000)
    down_h = []
    for day in range(DAYS):
        systems.morning(day)
        down_h.append(systems.down_h(day))
    return systems, np.array(down_h)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_systems_are_down_as_long_as_failures_and_repairs_have_it(seed: int) -> None:
    _, down_h = lived(*OFTEN, f"{A}systems.repair_sigma=0.8", seed=seed)
    expected_h = P * REPAIR_H / (1 + P * REPAIR_H / 24)  # one that is down does not fail
    spread = down_h.reshape(-1, 100, 2).mean(axis=1).std() / np.sqrt(DAYS / 100)
    assert down_h.mean(axis=0) == pytest.approx([expected_h] * 2, abs=4 * spread)


def test_a_system_that_is_down_does_not_fail_again_before_it_is_up() -> None:
    systems = DeclarationSystems(world_of(*OFTEN, f"{A}systems.repair_h=100"), Numbers(1, 0), 1000)
    before = systems.up_ms.copy()
    for day in range(400):
        systems.morning(day)
        fresh = systems.up_ms != before
        assert (systems.down_ms[fresh] >= before[fresh]).all()
        assert (systems.down_ms < (day + 1) * DAY_MS).all()
        before = systems.up_ms.copy()


def test_the_weak_administrations_system_fails_more_often() -> None:
    strong, weak = world_of().countries
    assert 0.003 < strong.system_failure_p < weak.system_failure_p < 0.02


def test_no_scenario_changes_when_systems_are_down() -> None:
    words = (f"{A}systems.failure_low_tier_per_day=0.3", f"{A}systems.failure_high_tier_per_day=0.3")
    models = run((*words, "length.burn_in_days=1"), ("baseline", "combined"))
    one, other = (model.facts() for model in models.values())
    for country in ("country=ALD", "country=BER"):
        assert one["system_down_h", country][0].sum() > 0
        assert (one["system_down_h", country][0] == other["system_down_h", country][0]).all()


@pytest.mark.parametrize("hours", ["0", "1e9"])
def test_a_system_that_is_mended_at_once_or_not_within_a_year_is_refused(hours: str) -> None:
    with pytest.raises(
        SettingsError, match=r"assumptions.systems.repair_h: (0|1e\+?0?9|1000000000(\.0)?): must be "
    ) as caught:
        compose("run", ["world=two_countries", f"{A}systems.repair_h={hours}"])
    assert "\n" not in str(caught.value)


# -- what it does to lorries ----------------------------------------------------------------------------------------

ONE_STRONG = (
    # Whatever goes by tier differs as much as it can; a common form is everybody's at once.
    "world.countries.ALD.capacity01=0.8",
    "world.countries.BER.capacity01=0.4",
    f"{A}measures.standardisation_broker_lag_d=0",
    f"{A}measures.standardisation_trader_lag_d=0",
)
EXPORTERS_FAILS = (
    *ONE_STRONG,
    f"{A}systems.failure_low_tier_per_day=0",
    f"{A}systems.failure_high_tier_per_day=1",
    f"{A}systems.repair_h=24",
    f"{A}systems.repair_sigma=0",
)
BOTH_FAIL = (f"{A}systems.failure_low_tier_per_day=0.3", f"{A}systems.failure_high_tier_per_day=0.3")


@cache
def under(scenario: str, *words: str) -> Facts:
    return facts_of(*words, scenario=scenario)


def held(facts: Facts) -> float:
    numerator, denominator = facts["held_up_share", "all"]
    return float(numerator.sum() / denominator.sum())


def test_without_a_common_form_the_other_countrys_outages_hold_up_nobody() -> None:
    broken, whole = (under("baseline", *ONE_STRONG, *words) for words in (EXPORTERS_FAILS, NEVER))
    assert broken["system_down_h", "country=ALD"][0].sum() > 100
    assert differing(broken, whole) == {"system_down_h"}


def test_under_a_common_form_they_do_and_as_many_more_as_share_more_of_it() -> None:
    whole, half = (
        held(under("standardisation", *EXPORTERS_FAILS, f"{A}measures.standardisation_adopted_share={share}"))
        for share in (0.8, 0.4)
    )
    down = under("baseline", *ONE_STRONG, *EXPORTERS_FAILS)["system_down_h", "country=ALD"]
    time_down = down[0].sum() / 24 / down[1].sum()
    assert 0.5 * 0.8 * time_down < whole < 1.2 * 0.8 * time_down
    assert whole / half == pytest.approx(2.0, rel=0.15)


def test_what_is_held_up_costs_customs_time_and_comes_to_the_officers_together() -> None:
    broken, whole = (under("baseline", *words) for words in (BOTH_FAIL, NEVER))
    for key in (("time_by_stage_h", "stage=validate"), ("customs_time_h", "all")):
        assert broken[key][0].sum() > 1.2 * whole[key][0].sum()
    rows = [closed.rows for _, closed in run(BOTH_FAIL)["baseline"].legs(ENTRY)]
    late, prompt = (
        np.concatenate([some["lodged_ms"][(some["lodged_ms"] >= 0) & (some["held_up"] == flag)] for some in rows])
        for flag in (1, 0)
    )
    together = [len(moments) / len(np.unique(moments // 900_000)) for moments in (late, prompt)]
    assert len(late) > 50
    assert together[0] > 2 * together[1], "lodgements in the quarters of an hour that have any"


def test_measures_of_no_strength_move_no_bit_while_systems_fail() -> None:
    assert differing(under("idle", *BOTH_FAIL), under("baseline", *BOTH_FAIL)) == set()
