"""Ways through a post that a world may leave open to smugglers: each by itself, and what speaks against trusting it."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np
import pytest
from policy_runs import Watched, run, settings_of, world_of

from sim.agents.bribery import NOBODY
from sim.agents.smuggler import PART_BITS, SmugglingOrganisation
from sim.posts.process import ENTRY
from sim.settings.world import REGIMES

A = "assumptions."
LIVELY = (
    f"{A}consignments.prohibited_share=0.08",
    f"{A}demand.journeys_per_trader_day=20",
    f"{A}selectivity.red_low_tier=0.6",
    f"{A}examination.dose_per_min=0.02",
    f"{A}intelligence.front_half_life_d=1000000000",
    f"{A}smugglers.front_dropped_p=0",
    f"{A}smugglers.removal_p=0",
)


@contextmanager
def everybody_takes(arm: str) -> Iterator[None]:
    """All organisations use one arm, whatever they believe of it."""

    def decide(o: SmugglingOrganisation, day: int) -> None:
        del day
        o.arm = o.underworld.arms.index(arm)

    with patch.object(SmugglingOrganisation, "decide", decide):
        yield


def forced(arm: str, *words: str, ways: str = "split", scenario: str = "baseline") -> Watched:
    with everybody_takes(arm):
        return run((f"world.smuggler_ways=[{ways}]", *LIVELY, *words), (scenario,))[scenario]


def per_day(model: Watched, indicator: str, group: str = "all") -> float:
    numerator, denominator = model.facts()[indicator, group]
    return float(numerator.sum() / denominator.sum())


def test_a_world_that_names_a_way_twice_or_one_that_is_none_is_refused() -> None:
    for words, why in ((("split,split"), "stands twice"), ("tunnel", "tunnel")):
        with pytest.raises(Exception, match=why):
            settings_of((f"world.smuggler_ways=[{words}]",))


def test_a_world_without_further_ways_has_the_arms_it_always_had() -> None:
    assert world_of().smuggler_ways == ()
    assert world_of("world=northern_corridor").smuggler_ways


# -- splitting a load ---------------------------------------------------------------------------------------------


def test_a_split_load_rides_in_several_lorries_of_the_front_and_is_one_attempt() -> None:
    model = forced("Stonebridge/split")
    assert per_day(model, "attempts") == pytest.approx(per_day(model, "attempts", "arm=Stonebridge/split"))
    for _, closed in model.legs(ENTRY):
        truth, trader = closed.batch.truth, closed.batch.potential.trader
        loads: dict[tuple[int, int], list[int]] = {}
        for at in np.flatnonzero(truth.organisation >= 0).tolist():
            number = int(truth.opportunity[at]) & ((1 << PART_BITS) - 1)
            loads.setdefault((int(truth.organisation[at]), number), []).append(at)
        assert all(len(set(parts)) == len(parts) <= 3 for parts in loads.values())
        assert all(len({int(trader[at]) for at in parts}) == 1 for parts in loads.values())
    whole = forced("Stonebridge/ordinary")
    tried = [per_day(m, "attempts") + per_day(m, "no_journey_to_ride") for m in (model, whole)]
    assert tried[0] == pytest.approx(tried[1])


def test_every_part_pays_for_its_own_way_and_is_hidden_better() -> None:
    model = forced("Stonebridge/split")
    u = model.underworld
    arm = u.arms.index("Stonebridge/split")
    assert u.cost[arm] == pytest.approx(3 * 0.05)
    hidden = [c.batch.truth.concealment[c.batch.truth.organisation >= 0] for _, c in model.legs(ENTRY)]
    assert np.unique(np.concatenate(hidden)) == pytest.approx([2.0 * 1.5])


def test_split_loads_make_more_seizures_and_yet_more_gets_through() -> None:
    """More seizures are not more safety: parts are found more often than loads were, each is worth less."""
    words = ("length.window_days=28",)
    split, whole = forced("Stonebridge/split", *words), forced("Stonebridge/ordinary", *words)
    assert per_day(split, "seizures_per_day") > 1.1 * per_day(whole, "seizures_per_day")
    got = [per_day(m, "illicit_delivered_per_day") / per_day(m, "attempts") for m in (split, whole)]
    assert got[0] > got[1]


# -- diversion in transit -----------------------------------------------------------------------------------------

CORRIDOR = ("world=northern_corridor", "engine=loop", "length.window_days=10")
SEALS = "world.in_force.4.effectiveness"
MALABA = "Malaba to Uganda/diversion"


def diverting(electronic: float, *words: str) -> Watched:
    return forced(
        MALABA, *CORRIDOR, f"{SEALS}={electronic}", f"{A}consignments.prohibited_share=0.01", *words, ways="diversion"
    )


def test_goods_are_diverted_from_lorries_in_transit_alone_and_only_where_there_is_transit() -> None:
    with pytest.raises(Exception, match="needs goods in transit"):
        settings_of(("world.smuggler_ways=[diversion]",))
    model = diverting(0.5)
    regimes = [c.batch.potential.regime[c.batch.truth.organisation >= 0] for _, c in model.legs(ENTRY)]
    assert set(np.concatenate(regimes)) == {REGIMES.index("transit")}


def test_electronic_seals_stop_diverted_goods_and_ordinary_ones_notice_when_they_are_gone() -> None:
    sure = (f"{A}transit.tracked_p=1", f"{A}transit.exit_check_p=1")
    sealed, ordinary = diverting(1.0, *sure), diverting(0.0, *sure)
    assert per_day(sealed, "diverted_per_day", "fate=stopped") == per_day(sealed, "diverted_per_day") > 1
    assert per_day(sealed, "illicit_delivered_per_day") == 0
    assert per_day(ordinary, "diverted_per_day", "fate=noticed_late") == per_day(ordinary, "diverted_per_day") > 1
    assert per_day(ordinary, "illicit_delivered_per_day") == per_day(ordinary, "diverted_per_day")


def test_reconciliation_tells_organisations_weeks_later_that_they_were_noticed() -> None:
    words = (
        "world.scan_share=0",
        f"{A}transit.exit_check_p=0",
        f"{A}transit.reconciled_p=1",
        f"{A}transit.reconciliation_d=5",
    )
    model = diverting(0.0, *words)
    arm = model.underworld.arms.index(MALABA)
    assert max(o.caught[arm] for o in model.underworld.organisations) > 3
    later = diverting(0.0, *words[:3], f"{A}transit.reconciliation_d=90")
    assert max(o.caught[arm] for o in later.underworld.organisations) == 1
    assert per_day(later, "illicit_delivered_per_day") == per_day(model, "illicit_delivered_per_day")


def test_electronic_seals_move_smugglers_to_other_ways() -> None:
    """Perverse: what diversion loses, other ways gain; smuggling moves before it stops."""
    words = (*CORRIDOR[:2], "length.window_days=35", "world.smuggler_ways=[diversion]", *LIVELY)
    words += (f"{A}consignments.prohibited_share=0.01", f"{A}smugglers.organisations=20", f"{A}transit.tracked_p=1")
    models = [run((*words, f"{SEALS}={share}"))["baseline"] for share in (0.0, 1.0)]
    facts = [model.facts() for model in models]

    def attempts(k: int, diverted: bool) -> float:
        arms = [g for name, g in facts[k] if name == "attempts" and g.startswith("arm=")]
        late = slice(21, 35)
        return float(sum(facts[k]["attempts", g][0][late].sum() for g in arms if g.endswith("diversion") == diverted))

    assert attempts(1, True) < 0.8 * attempts(0, True)
    assert attempts(1, False) > attempts(0, False)


# -- an officer bought --------------------------------------------------------------------------------------------

CORRUPT = ("world=corrupt_post", f"{A}bribery.p_low_tier=0.5", f"{A}bribery.p_mid_tier=0.5")


def buying(*words: str, arm: str = "Stonebridge/officer", scenario: str = "baseline") -> Watched:
    return forced(arm, *CORRUPT, f"{A}examination.dose_per_min=0.1", *words, ways="officer", scenario=scenario)


def kept(model: Watched) -> int:
    assert model.bribery is not None
    return int((model.bribery.kept != NOBODY).sum())


def test_no_officer_is_bought_where_none_can_be_bribed() -> None:
    with pytest.raises(Exception, match="without corruption"):
        settings_of(("world.smuggler_ways=[officer]",))
    honest = tuple(f"{A}bribery.p_{tier}_tier=0" for tier in ("low", "mid", "high"))
    assert kept(buying(*honest)) == 0


def test_loads_are_steered_to_the_examiner_who_is_kept_and_let_go() -> None:
    sure = (f"{A}bribery.partner_lapse_per_day=0", f"{A}bribery.offer_illicit_share=0")
    model, plain = buying(*sure), buying(*sure, arm="Stonebridge/ordinary")
    assert kept(model) > 2
    assert kept(plain) == 0
    for _, closed in model.legs(ENTRY):
        deals, rows = closed.batch.deals, closed.rows
        assert deals is not None
        with_friend = (rows["exam_unit"] >= 0) & (rows["exam_unit"] == deals.partner[closed.position])
        assert not rows["detected"][with_friend].any()
    share = [per_day(m, "seizures_per_day") / per_day(m, "attempts") for m in (model, plain)]
    assert share[0] < 0.8 * share[1]


def test_rotation_and_dismissal_end_a_purchase_and_others_are_bought_again() -> None:
    """Perverse: integrity measures cost the organisations their examiners, until they find new ones."""
    model = buying()
    bribery, day = model.bribery, model.day
    assert bribery is not None
    everybody = {key: 1.0 if key[0] == "integrity.rotation_per_day" else v for key, v in model.mechanisms[0].items()}
    bribery.morning(day, everybody)
    assert kept(model) == 0
    for again in range(day + 1, day + 30):
        for o in model.underworld.organisations:
            bribery.buy(again, o.number, o.name, 1)
    assert kept(model) > 3
    seats = np.unique(bribery.kept[bribery.kept != NOBODY])
    for seat in seats.tolist():
        model.staff.replace(seat, day + 30)
    bribery.morning(day + 31, model.mechanisms[0])
    assert kept(model) == 0


# -- a company with a clean history -------------------------------------------------------------------------------


def hiding(arm: str, *words: str) -> Watched:
    kept = (f"{A}targeting.clean_gain=0.02", f"{A}intelligence.front_half_life_d=20", "length.window_days=28")
    return forced(arm, *kept, *words, ways="history")


def fronts_record(model: Watched, way: str) -> float:
    u = model.underworld
    post = [p.name for p in model.world.posts].index("Stonebridge")
    return float(model.administrations[1].record[u.front[:, post, u.ways.index(way)]].mean())


def test_a_trader_knows_how_many_checks_in_a_row_found_nothing() -> None:
    u = hiding("Stonebridge/history", "length.window_days=1").underworld
    u.passed[:] = 0
    u.checked(np.array([3, 3, 5, 5]), np.array([0, 0, 0, 1]))
    assert (u.passed[3], u.passed[5], u.passed[4]) == (2, 0, 0)


def test_a_front_with_a_clean_history_is_one_of_those_who_passed_most_and_its_score_is_lower() -> None:
    model = hiding("Stonebridge/history", f"{A}selectivity.red_low_tier=0.1", f"{A}smugglers.organisations=40")
    u, first = model.underworld, model.traders.first
    post = [p.name for p in model.world.posts].index("Stonebridge")
    for number in range(40):
        u.renew(number, post, u.ways.index("history"))
    fronts = u.front[:, post, u.ways.index("history")]
    here = u.passed[first[post] : first[post + 1]]
    assert u.passed[fronts].min() >= np.sort(here)[-round(0.25 * len(here))]
    assert fronts_record(model, "history") < fronts_record(model, "ordinary")
    assert u.cost[u.arms.index("Stonebridge/history")] == pytest.approx(0.05 + 0.15)


def test_the_more_is_checked_the_cleaner_the_histories_smugglers_can_hide_behind() -> None:
    """Perverse: every check that finds nothing lowers the score behind which the next load may pass."""
    records = []
    for share in (0.05, 0.6):
        model = hiding("unofficial", f"{A}selectivity.red_low_tier={share}", f"{A}smugglers.organisations=40")
        u, post = model.underworld, [p.name for p in model.world.posts].index("Stonebridge")
        for number in range(40):
            u.renew(number, post, u.ways.index("history"))
        records.append(fronts_record(model, "history"))
    assert records[1] < records[0] < 0
