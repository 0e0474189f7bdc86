"""Indicators add up: duty to what is due, parts to the whole, groups of traders and borders to everybody."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
import pytest

from experiments.compose import compose
from sim.closing import Closed
from sim.consignments.consignment import FALSE_ORIGIN, HONEST_ERROR, MISCLASSIFICATION, UNDERVALUATION
from sim.consignments.numbers import Numbers
from sim.consignments.potential import Demand, Traders
from sim.equity import gap_rows, place_rows, trader_sizes
from sim.indicators import INDICATORS
from sim.model import BorderModel
from sim.posts.process import ENTRY
from sim.posts.rules import SEIZED, STOPPED_BEFORE
from sim.world.build import build_world

WORDS = ("world=two_countries", "engine=oracle", "length.burn_in_days=0", "length.window_days=12")
BUSY = ("assumptions.consignments.prohibited_share=0.05", "world.aeo_share=0.3")
BY_WHO = ("clearance_mean_h", "release_within_target_share", "cost_per_journey_usd", "cost_ad_valorem_pct")
HIDDEN = {UNDERVALUATION: 0.4, MISCLASSIFICATION: 0.5, FALSE_ORIGIN: 0.8, HONEST_ERROR: 0.1}
REVENUE = {
    "revenue_due_usd", "revenue_assessed_usd", "revenue_uplift_usd", "revenue_gap_usd", "audit_recovered_usd",
    "detection_rate_fiscal_usd", "material_hit_rate",
}  # fmt: skip


class Kept(BorderModel):
    """The model, keeping its finished legs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.legs: list[Closed] = []

    def _take(self, closed: Closed, *today: Any) -> None:
        self.legs.append(closed)
        super()._take(closed, *today)


@cache
def run(*words: str, scenario: str = "baseline") -> Kept:
    """A short run of the fictional border; smugglers and authorised traders are many."""
    settings = compose("run", [*WORDS, *BUSY, f"scenario={scenario}", "length.cool_down_days=0", *words]).settings
    world, numbers = build_world(settings.world_name, settings.world, settings.assumptions), Numbers(4, 0)
    demand = Demand(world, numbers, settings.tick_ms)
    model = Kept(world, settings, settings.scenarios[scenario], demand.traders, numbers)
    for day in range(settings.length.total_days):
        model.advance(demand.day(day))
    model.closing.settle(model.day, ())
    model.release_memory()
    return model


def numerators(model: Kept, indicator: str, groups: Iterable[str] = ("all",)) -> np.ndarray[Any, Any]:
    """By day, added over groups."""
    return np.sum([model.ledger.facts[indicator, group].numerator for group in groups], axis=0)


def denominators(model: Kept, indicator: str, groups: Iterable[str] = ("all",)) -> np.ndarray[Any, Any]:
    return np.sum([model.ledger.facts[indicator, group].denominator for group in groups], axis=0)


def groups_of(model: Kept, indicator: str, kind: str) -> list[str]:
    found = [group for name, group in model.ledger.facts if name == indicator and group.startswith(f"{kind}=")]
    assert len(found) > 1
    return found


def differing(a: Kept, b: Kept) -> set[str]:
    """Indicators of which any sum differs."""
    assert a.ledger.facts.keys() == b.ledger.facts.keys()
    return {
        key[0]
        for key, fact in a.ledger.facts.items()
        if not np.array_equal(fact.numerator, b.ledger.facts[key].numerator)
        or not np.array_equal(fact.denominator, b.ledger.facts[key].denominator)
    }


# -- revenue ----------------------------------------------------------------------------------------------------------


def test_what_is_assessed_and_what_is_lost_are_what_is_due() -> None:
    model = run()
    due, gap = numerators(model, "revenue_due_usd"), numerators(model, "revenue_gap_usd")
    assert numerators(model, "revenue_assessed_usd") + gap == pytest.approx(due)
    assert (numerators(model, "revenue_uplift_usd") <= numerators(model, "revenue_assessed_usd")).all()
    assert due.sum() > gap.sum() > 0
    for name in ("revenue_assessed_usd", "revenue_gap_usd"):
        posts = groups_of(model, name, "post")
        assert numerators(model, name, posts) == pytest.approx(numerators(model, name))


def test_revenue_is_what_the_legs_one_by_one_say_it_is() -> None:
    model = run()
    due = gap = uplift = caught = tried = 0.0
    for closed in (c for c in model.legs if c.side == ENTRY):
        duty, fiscal = closed.batch.potential.duty_usd, closed.batch.truth.fiscal
        outcomes, corrected = closed.rows["outcome"].tolist(), closed.rows["corrected"].tolist()
        for at, outcome, found in zip(closed.position.tolist(), outcomes, corrected, strict=True):
            hidden = duty[at] * HIDDEN.get(int(fiscal[at]), 0.0)
            if outcome != STOPPED_BEFORE and 0 < fiscal[at] < HONEST_ERROR:
                tried, caught = tried + hidden, caught + hidden * found
            if outcome not in (STOPPED_BEFORE, SEIZED):
                due, gap, uplift = due + duty[at], gap + hidden * (1 - found), uplift + hidden * found
    for name, expected in (("due", due), ("gap", gap), ("uplift", uplift), ("assessed", due - gap)):
        assert numerators(model, f"revenue_{name}_usd").sum() == pytest.approx(expected)
    assert numerators(model, "detection_rate_fiscal_usd").sum() == pytest.approx(caught)
    assert denominators(model, "detection_rate_fiscal_usd").sum() == pytest.approx(tried)
    assert 0 < caught < tried


def test_nothing_is_due_on_goods_in_transit_and_the_mean_rate_is_the_countrys() -> None:
    words = ["world=northern_corridor", "engine=oracle", "length=smoke", "scenario=baseline"]
    settings = compose("run", words).settings
    world = build_world(settings.world_name, settings.world, settings.assumptions)
    days = [Demand(world, Numbers(1, 0), 1).day(day) for day in range(6)]
    dutiable = np.concatenate([d.dutiable for d in days])
    duty, value = (np.concatenate([getattr(d, name) for d in days]) for name in ("duty_usd", "value_usd"))
    assert (duty[~dutiable] == 0).all()
    assert (~dutiable & (value > 0)).sum() > 100
    rate = np.concatenate([[world.countries[world.posts[p].entry_country].duty_share for p in d.home] for d in days])
    assert duty.sum() / (rate * value)[dutiable].sum() == pytest.approx(1.0, abs=0.05)
    free = (duty[dutiable] == 0).mean()
    assert free == pytest.approx(world.parameters.revenue.duty_free_share, abs=0.02)


def test_higher_duty_moves_revenue_and_nothing_else() -> None:
    low = "assumptions.revenue.duty_low_tier=0.1", "assumptions.revenue.duty_high_tier=0.1"
    high = "assumptions.revenue.duty_low_tier=0.2", "assumptions.revenue.duty_high_tier=0.2"
    moved = differing(run(*low), run(*high))
    assert moved <= REVENUE
    assert {"revenue_due_usd", "revenue_gap_usd"} <= moved
    assert numerators(run(*high), "revenue_gap_usd") == pytest.approx(2.0 * numerators(run(*low), "revenue_gap_usd"))


def test_an_audit_of_everything_recovers_the_whole_gap_and_changes_nothing_before_release() -> None:
    every = run("assumptions.revenue.audit_share=1", "assumptions.revenue.audit_p=1")
    none = run("assumptions.revenue.audit_share=0")
    assert numerators(every, "audit_recovered_usd") == pytest.approx(numerators(every, "revenue_gap_usd"))
    assert differing(every, none) == {"audit_recovered_usd", "audits_per_day", "cost_audit_usd"}
    assert not numerators(none, "audit_recovered_usd").any()
    p, entry = every.world.parameters.revenue, {post.entry_country for post in every.world.posts}
    wages = [every.world.countries[k].officer_usd_per_h for k in entry]
    per_audit = numerators(every, "cost_audit_usd").sum() / numerators(every, "audits_per_day").sum()
    assert wages == pytest.approx([per_audit / p.audit_h])


def test_audits_that_find_half_recover_about_half_of_what_they_look_at() -> None:
    half = run("assumptions.revenue.audit_share=1", "assumptions.revenue.audit_p=0.5")
    share = numerators(half, "audit_recovered_usd").sum() / numerators(half, "revenue_gap_usd").sum()
    assert 0.2 < share < 0.8
    few = run("assumptions.revenue.audit_share=0.1", "assumptions.revenue.audit_p=0.5")
    assert numerators(few, "audits_per_day").sum() < 0.2 * numerators(half, "audits_per_day").sum()


# -- hits -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("indicator", ["hit_rate", "material_hit_rate"])
def test_hits_by_channel_by_rule_and_by_kind_are_all_hits(indicator: str) -> None:
    model = run()
    hits, checks = numerators(model, indicator), denominators(model, indicator)
    assert hits.sum() > 0
    for kind in ("channel", "rule"):
        groups = groups_of(model, indicator, kind)
        assert np.array_equal(numerators(model, indicator, groups), hits)
        assert np.array_equal(denominators(model, indicator, groups), checks)
    kinds = groups_of(model, indicator, "kind")
    assert np.array_equal(numerators(model, indicator, kinds), hits)
    assert np.array_equal(denominators(model, indicator, kinds[:1]), checks)


def test_a_correction_counts_as_a_hit_only_where_enough_duty_hangs_on_it() -> None:
    one, million = (run(f"assumptions.revenue.material_usd={usd}") for usd in (1, 1_000_000))
    assert numerators(million, "material_hit_rate").sum() == numerators(million, "hit_rate").sum()
    found = numerators(one, "material_hit_rate").sum() - numerators(one, "hit_rate").sum()
    corrected = numerators(one, "document_hit_rate").sum()
    assert 0 < found < corrected  # what is free of duty is corrected too
    assert differing(one, million) == {"material_hit_rate"}


# -- who is affected --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("indicator", BY_WHO)
@pytest.mark.parametrize("kind", ["post", "lane", "trader_size"])
def test_groups_together_are_everybody(indicator: str, kind: str) -> None:
    model = run()
    groups = groups_of(model, indicator, kind)
    assert numerators(model, indicator, groups) == pytest.approx(numerators(model, indicator))
    assert denominators(model, indicator, groups) == pytest.approx(denominators(model, indicator))
    assert all(denominators(model, indicator, [group]).sum() > 0 for group in groups)


def test_parts_and_payers_add_up_to_each_cost() -> None:
    model = run(scenario="combined")
    trader = numerators(model, "cost_trader_usd")
    assert numerators(model, "cost_trader_usd", groups_of(model, "cost_trader_usd", "part")) == pytest.approx(trader)
    at_posts = trader - numerators(model, "cost_trader_usd", ["part=compliance"])
    for kind in ("post", "lane", "trader_size"):
        assert numerators(model, "cost_trader_usd", groups_of(model, "cost_trader_usd", kind)) == pytest.approx(
            at_posts
        )
    public = numerators(model, "cost_public_usd")
    assert public.sum() > 0
    for kind in ("part", "country"):
        assert numerators(model, "cost_public_usd", groups_of(model, "cost_public_usd", kind)) == pytest.approx(public)
    for name in ("cost_public_setup_usd", "cost_donor_usd"):
        assert numerators(model, name, groups_of(model, name, "country")) == pytest.approx(numerators(model, name))


@pytest.mark.parametrize("indicator", ["attempts", "illicit_delivered_per_day", "illicit_delivered_usd_per_day"])
def test_posts_and_the_unofficial_crossing_are_all_ways_goods_take(indicator: str) -> None:
    model = run()
    ways = [*groups_of(model, indicator, "post"), "arm=unofficial"]
    assert numerators(model, indicator, ways) == pytest.approx(numerators(model, indicator))
    assert numerators(model, indicator, groups_of(model, indicator, "arm")) == pytest.approx(
        numerators(model, indicator)
    )
    assert numerators(model, indicator).sum() > 0


def traders_of(*streams: list[float]) -> Traders:
    shares, n = np.concatenate(streams), sum(map(len, streams))
    blank = np.zeros(n, np.int64)
    first = np.cumsum([0, *map(len, streams)])
    fields = dict.fromkeys(Traders.__dataclass_fields__, blank)
    return Traders(**{**fields, "share": shares, "first": first})


def test_large_traders_carry_the_first_third_of_their_post_and_a_newcomer_renames_nobody() -> None:
    post = [0.3, 0.2, 0.2, 0.1, 0.1, 0.1]
    assert trader_sizes(traders_of(post)).tolist() == [2, 2, 1, 0, 0, 0]
    assert trader_sizes(traders_of(post, [1.0])).tolist() == [2, 2, 1, 0, 0, 0, 2]


def row(indicator: str, group: str, numerator: float, denominator: float, unit: str = "h") -> dict[str, Any]:
    return {
        "indicator": indicator, "unit": unit, "period": "transition", "group": group, "numerator": numerator,
        "denominator": denominator, "shape": "ratio",
    }  # fmt: skip


def test_rows_of_posts_are_added_up_by_place_but_the_days_of_a_flow_are_not() -> None:
    places = {"A": ("tier=low", "country=X"), "B": ("tier=low", "country=X"), "C": ("tier=low", "country=Y")}
    rows = [row("clearance_mean_h", f"post={p}", n, 10.0) for p, n in (("A", 1.0), ("B", 2.0), ("C", 4.0))]
    rows += [row("cost_trader_usd", f"post={p}", 5.0, 30.0, "USD per day") for p in "ABC"]
    rows.append(row("clearance_mean_h", "all", 7.0, 30.0))
    found = {(r["indicator"], r["group"]): (r["numerator"], r["denominator"]) for r in place_rows(rows, places)}
    assert found == {
        ("clearance_mean_h", "country=X"): (3.0, 20.0),
        ("clearance_mean_h", "country=Y"): (4.0, 10.0),
        ("cost_trader_usd", "country=X"): (10.0, 30.0),
        ("cost_trader_usd", "country=Y"): (5.0, 30.0),
    }
    assert rows[0]["numerator"] == 1.0  # rows of posts stay as they were


def test_the_gap_is_authorised_less_ordinary_and_not_defined_without_either() -> None:
    both = [row("clearance_mean_h", "lane=aeo", 6.0, 3.0), row("clearance_mean_h", "lane=ordinary", 10.0, 2.0)]
    (gap,) = gap_rows(both)
    assert (gap["indicator"], gap["numerator"], gap["denominator"], gap["shape"]) == ("aeo_gap_h", -3.0, 1.0, "value")
    nobody = [row("clearance_mean_h", "lane=aeo", 0.0, 0.0), both[1]]
    assert gap_rows(nobody)[0]["denominator"] == 0.0


def test_release_on_target_follows_the_target_alone() -> None:
    words = ["assumptions.release.target_{}_tier_h={}".format(tier, "{0}") for tier in ("low", "high")]
    never, always = (run(*(w.format(h) for w in words)) for h in (1e-6, 1000))
    assert not numerators(never, "release_within_target_share").any()
    assert np.array_equal(
        numerators(always, "release_within_target_share"), denominators(always, "release_within_target_share")
    )
    assert differing(never, always) == {"release_within_target_share"}


def test_time_in_the_corridor_is_door_to_door_and_the_way_out() -> None:
    model = run()
    corridor, door = numerators(model, "corridor_time_h"), numerators(model, "door_to_door_mean_h")
    way_out = numerators(model, "arrival_to_exit_mean_h") - numerators(model, "clearance_mean_h")
    assert corridor - door == pytest.approx(way_out)
    assert way_out.sum() > 0


def test_every_indicator_of_a_run_is_explained_with_its_unit() -> None:
    for settings in (run(), run("world.corruption=true")):
        units = {(row["indicator"], row["unit"]) for row in settings.finish()}
        assert units <= {(name, one.unit) for name, one in INDICATORS.items()}
        assert len(units) > 60
