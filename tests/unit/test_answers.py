"""Tables that answer a question, against effects planted by hand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.answers import (
    COVERED,
    DETECTS_LESS,
    KEEPS,
    NO_TIME,
    NOT_COVERED,
    NOT_RESOLVED,
    OPEN,
    break_even_rows,
    break_even_sentence,
    faster_as_safe_table,
)


def effect(scenario: str, indicator: str, low: float, high: float, verdict: str = "") -> dict[str, Any]:
    cell = {"scenario": scenario, "indicator": indicator, "period": "transition", "group": "all", "family": "primary"}
    return cell | {"difference": (low + high) / 2, "lower": low, "upper": high, "verdict": verdict}


def differences(**planted: tuple[tuple[float, float], tuple[float, float], str]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            row
            for name, (hours, rate, verdict) in planted.items()
            for row in (effect(name, "clearance_mean_h", *hours), effect(name, "interdiction_rate", *rate, verdict))
        ]
    )


def test_a_scenario_saves_time_and_detects_no_less_only_where_both_intervals_say_so() -> None:
    table = faster_as_safe_table(
        differences(
            slow=((-1.0, 0.1), (0.0, 0.1), ""),
            leaky=((-2.0, -1.5), (-0.2, -0.1), ""),
            unsure=((-2.0, -1.5), (-0.1, 0.1), ""),
            same=((-1.2, -0.5), (0.0, 0.0), "identical"),
            better=((-2.0, -1.5), (0.01, 0.1), ""),
            little=((-0.5, -0.1), (0.01, 0.1), ""),
        ),
        saved_min=60.0,
    )
    assert dict(zip(table["scenario"], table["answer"], strict=True)) == {
        "same": f"{KEEPS} (whether 60 min is not resolved)",
        "better": f"{KEEPS} (60 min or more)",
        "little": f"{KEEPS} (less than 60 min)",
        "unsure": f"{OPEN} (60 min or more)",
        "leaky": DETECTS_LESS,
        "slow": NO_TIME,
    }
    assert list(table["scenario"][:3]) == ["same", "better", "little"]
    first = table.set_index("scenario").loc["better"]
    assert (first["saved_lower_min"], first["saved_upper_min"]) == pytest.approx((90, 120))


def test_one_replication_has_no_interval_and_shows_no_saving() -> None:
    table = faster_as_safe_table(differences(a=((np.nan, np.nan), (np.nan, np.nan), "")), 60.0)
    assert list(table["answer"]) == [NO_TIME]


def sums(saved_a_day: tuple[float, ...], prevented_a_day: tuple[float, ...] = (1.0, 1.1, 0.9)) -> pd.DataFrame:
    """Ten days: 100 lorries a day; a measure at 100 USD a day and 73,000 USD of set-up."""
    rows = []
    for replication, (saved, fewer) in enumerate(zip(saved_a_day, prevented_a_day, strict=True)):
        for scenario, acts in (("baseline", 0), ("sharing", 1)):
            values = {
                "cost_public_usd": (1000.0 * acts, 10.0),
                "cost_public_setup_usd": (73_000.0 * acts, 1.0),
                "cost_trader_usd": (10 * (5000.0 - acts * saved), 10.0),
                "illicit_delivered_per_day": (10 * (8.0 - acts * fewer), 10.0),
                "journeys_per_day": (1000.0, 10.0),
                "revenue_assessed_usd": (10 * (9000.0 + acts * 7 * fewer), 10.0),
            }
            for indicator, (numerator, denominator) in values.items():
                cell = {"indicator": indicator, "unit": "", "period": "transition", "group": "all", "shape": "value"}
                at = {"scenario": scenario, "replication": replication}
                rows.append(at | cell | {"numerator": numerator, "denominator": denominator})
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("saved", "answer"),
    [((250.0, 251.0, 249.0), COVERED), ((50.0, 51.0, 49.0), NOT_COVERED), ((0.0, 380.0, 190.0), NOT_RESOLVED)],
)
def test_the_cost_is_covered_where_the_net_saving_lies_above_zero_for_certain(
    saved: tuple[float, ...], answer: str
) -> None:
    (row,) = break_even_rows(sums(saved), ["sharing"], life_years=2.0)
    assert row["answer"] == answer
    assert row["cost_usd_per_year"] == pytest.approx(36_500 + 36_500)
    assert row["saved_usd_per_year"] == pytest.approx(365 * np.mean(saved))
    assert row["revenue_usd_per_year"] == pytest.approx(365 * 7)
    assert row["needed_usd_per_lorry"] == pytest.approx(2.0)
    assert row["needed_share_of_trader_cost"] == pytest.approx(200 / 5000)
    assert row["net_lower_usd_per_year"] < row["net_usd_per_year"] < row["net_upper_usd_per_year"]


def test_what_a_delivery_fewer_would_have_to_be_worth_is_told_only_where_fewer_are_seen_and_something_is_missing() -> (
    None
):
    (row,) = break_even_rows(sums((50.0, 51.0, 49.0)), ["sharing"], 2.0)
    assert row["needed_usd_per_delivery"] == pytest.approx(150 / 1.0)
    for saved, fewer in (((250.0, 251.0, 249.0), (1.0, 1.1, 0.9)), ((50.0, 51.0, 49.0), (1.0, -1.0, 0.3))):
        (row,) = break_even_rows(sums(saved, fewer), ["sharing"], 2.0)
        assert np.isnan(row["needed_usd_per_delivery"])


def test_the_lowest_point_that_covers_the_cost_is_named_or_that_none_does() -> None:
    table = pd.DataFrame(
        {
            "a.intensity": [1.0, 0.5, 0.25],
            "answer": [COVERED, COVERED, NOT_RESOLVED],
            "needed_usd_per_lorry": [4.0, 2.0, 1.0],
        }
    )
    tried = (
        "The cost is repaid where traders save in a year what the public purse pays for it, which takes 1.0 to 4.0 USD "
        "a lorry at the points tried. Tried were 3 points, with intensity 0.25 to 1.0: it was "
    )
    assert break_even_sentence(table, ["a.intensity"]) == (
        f"{tried}reached at 2 of them, first at intensity 0.5; at 1 the runs cannot tell."
    )
    unsure = table.assign(answer=[NOT_COVERED, NOT_RESOLVED, NOT_RESOLVED])
    assert break_even_sentence(unsure, ["a.intensity"]) == (
        f"{tried}not seen to be reached at any of them; at 2 the runs cannot tell."
    )
    nothing = break_even_rows(sums((1.0,), (1.0,)).query("indicator != 'cost_trader_usd'"), ["sharing"], 2.0)
    assert nothing == []
    assert "not measured in this world" in break_even_sentence(table[:0], ["a.intensity"])
    none = break_even_sentence(table.assign(answer=NOT_COVERED), ["a.intensity"])
    assert none == f"{tried}not reached at any of them."
