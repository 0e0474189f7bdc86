"""Attempts sorted into strata by opportunity, and interdiction bounded where some are unfinished."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sim.replication import ReplicationResult, replicate_once
from sim.settings.run import RunSettings
from sim.strata import DELIVERED, STOPPED, UNFINISHED, Presented, strata_rows

BUSY = (
    "length.burn_in_days=2",
    "length.window_days=10",
    "length.cool_down_days=0",
    "assumptions.consignments.prohibited_share=0.15",
    "assumptions.consignments.concealment_prohibited=1",
    "assumptions.selectivity.red_low_tier=0.4",
    "assumptions.smugglers.belief_caught=0.5",
    "assumptions.smugglers.belief_passed=3",
    "assumptions.intelligence.lead_p_per_front_day=0.3",
)


def presented(*attempts: tuple[int, int, int]) -> Presented:
    out = Presented()
    for day, opportunity, fate in attempts:
        out.add(day, np.array([opportunity]), np.array([fate]))
    return out


def test_an_opportunity_belongs_to_both_scenarios_or_to_one_and_only_what_was_tried_is_counted() -> None:
    reference = presented((3, 1, STOPPED), (3, 2, DELIVERED), (4, 1, DELIVERED), (4, 7, UNFINISHED))
    scenario = presented((4, 7, STOPPED), (3, 2, STOPPED), (5, 1, UNFINISHED))
    both, only_reference, only_scenario = strata_rows(reference.sorted(), scenario.sorted())
    assert both == {
        "stratum": "both",
        "attempts": 2,
        "stopped_reference": 0,
        "unfinished_reference": 1,
        "stopped_scenario": 2,
        "unfinished_scenario": 0,
    }
    assert (only_reference["attempts"], only_reference["stopped_reference"]) == (2, 1)
    assert only_reference["stopped_scenario"] is only_reference["unfinished_scenario"] is None
    assert (only_scenario["attempts"], only_scenario["unfinished_scenario"]) == (1, 1)
    assert only_scenario["stopped_reference"] is only_scenario["unfinished_reference"] is None


def test_no_attempts_at_all_give_empty_strata() -> None:
    assert [row["attempts"] for row in strata_rows(Presented().sorted(), Presented().sorted())] == [0, 0, 0]


@pytest.fixture(scope="module")
def busy(comparison_of: Callable[..., RunSettings]) -> ReplicationResult:
    """Six scenarios of ten days in which many try, cut off with lorries still waiting."""
    return replicate_once(comparison_of("two_countries", *BUSY), 0)


def sums(result: ReplicationResult, scenario: str, indicator: str) -> tuple[float, float]:
    for row in result.indicators:
        if (row["scenario"], row["indicator"], row["group"], row["period"]) == (
            scenario,
            indicator,
            "all",
            "transition",
        ):
            return row["numerator"], row["denominator"]
    raise AssertionError(indicator)


def strata(result: ReplicationResult, scenario: str) -> dict[str, dict[str, Any]]:
    return {row["stratum"]: row for row in strata_rows(result.attempts["baseline"], result.attempts[scenario])}


SCENARIOS = ("idle", "standardisation", "data_sharing", "training", "combined")


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_strata_of_a_scenario_add_up_to_its_interdiction_rate_and_to_the_references(
    busy: ReplicationResult, scenario: str
) -> None:
    rows = strata(busy, scenario)
    for side, name, alone in (("reference", "baseline", "only_reference"), ("scenario", scenario, "only_scenario")):
        parts = [rows["both"], rows[alone]]
        stopped = sum(row[f"stopped_{side}"] for row in parts)
        ended = sum(row["attempts"] - row[f"unfinished_{side}"] for row in parts)
        assert (stopped, ended) == sums(busy, name, "interdiction_rate")


def test_a_measure_of_no_strength_leaves_every_attempt_in_the_stratum_both(busy: ReplicationResult) -> None:
    rows = strata(busy, "idle")
    assert rows["both"]["attempts"] > 20
    assert rows["both"]["stopped_reference"] == rows["both"]["stopped_scenario"] > 0
    assert rows["only_reference"]["attempts"] == rows["only_scenario"]["attempts"] == 0


def test_a_measure_that_moves_smugglers_fills_the_strata_of_one_side_alone(
    comparison_of: Callable[..., RunSettings],
) -> None:
    learning = (
        "length.window_days=21",
        "assumptions.smugglers.organisations=40",
        "assumptions.examination.dose_per_min=0.1",
        "assumptions.measures.standardisation_loophole_share=1",
    )
    words = [w for w in BUSY if "window" not in w]
    settings = comparison_of("two_countries", *words, *learning)
    two = {name: settings.scenarios[name] for name in ("baseline", "standardisation")}
    result = replicate_once(settings.model_copy(update={"scenarios": two}), 0)
    rows = strata(result, "standardisation")
    assert rows["both"]["attempts"] > 0
    assert rows["only_reference"]["attempts"] + rows["only_scenario"]["attempts"] > 0
    # an attempt that goes elsewhere is the same opportunity, so totals differ by the one-sided strata alone
    missed = {s: sums(result, s, "interdiction_rate_all_missed")[1] for s in two}
    gained = rows["only_scenario"]["attempts"] - rows["only_reference"]["attempts"]
    assert missed["standardisation"] - missed["baseline"] == gained


@pytest.mark.parametrize("scenario", ["baseline", *SCENARIOS])
def test_unfinished_attempts_bound_the_rate_from_both_sides(busy: ReplicationResult, scenario: str) -> None:
    stopped, ended = sums(busy, scenario, "interdiction_rate")
    missed, found = (sums(busy, scenario, f"interdiction_rate_all_{end}") for end in ("missed", "found"))
    unfinished = missed[1] - ended
    assert unfinished > 0
    assert missed == (stopped, ended + unfinished)
    assert found == (stopped + unfinished, ended + unfinished)
    if scenario != "baseline":
        rows = strata(busy, scenario)
        assert unfinished == sum(rows[s]["unfinished_scenario"] for s in ("both", "only_scenario"))


def test_where_nothing_is_unfinished_the_bounds_are_the_rate(settings_of: Callable[..., RunSettings]) -> None:
    words = [w for w in BUSY if "cool_down" not in w]
    result = replicate_once(settings_of("two_countries", *words, "length.cool_down_days=15"), 0)
    rate = sums(result, "baseline", "interdiction_rate")
    assert rate[0] > 0
    assert sums(result, "baseline", "interdiction_rate_all_missed") == rate
    assert sums(result, "baseline", "interdiction_rate_all_found") == rate
