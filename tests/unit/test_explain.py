"""What moved together is told where it moved, and nothing is told where nothing did."""

import math

import pandas as pd

from experiments.report.explain import MOST, explanations

NAN = math.nan
TITLES = {"helped": "Helped"}


def row(
    indicator: str, difference: float, lower: float, upper: float, group: str = "all", **other: str
) -> dict[str, object]:
    usual = {"scenario": "helped", "reference": "baseline", "period": "transition"}
    return {
        **usual,
        "indicator": indicator,
        "group": group,
        "difference": difference,
        "lower": lower,
        "upper": upper,
        **other,
    }


def told(*rows: dict[str, object], level: float = 10.0) -> tuple[str, ...]:
    names = ("clearance_mean_h", "interdiction_rate", "illicit_delivered_per_day", "detection_rate_fiscal")
    summary = [
        {"scenario": "baseline", "period": "transition", "group": "all", "indicator": n, "mean": level} for n in names
    ]
    return explanations(pd.DataFrame(summary), pd.DataFrame(rows), "baseline", TITLES)


CLEARANCE = row("clearance_mean_h", -0.2, -0.3, -0.1)
QUERIES = row("queries_per_100", -3.1, -3.5, -2.8)


def test_a_resolved_difference_is_told_with_the_mechanisms_whose_interval_leaves_out_zero() -> None:
    still = row("utilisation", 0.01, -0.02, 0.04, "pool=A/gate")
    stage = row("time_by_stage_h", -0.1, -0.12, -0.08, "stage=document_check")
    (sentence,) = told(CLEARANCE, QUERIES, still, stage)
    assert sentence == (
        "Helped: mean clearance 12 min shorter (told from chance). Moved in the same comparison: "
        "queries per 100 declarations -3.1 (-3.5 to -2.8); time in document check -6.0 min (-7.2 to -4.8)."
    )


def test_where_nothing_moved_nothing_is_said() -> None:
    assert told(CLEARANCE, row("queries_per_100", -3.1, -7.0, 0.8)) == ()
    assert told(CLEARANCE) == ()
    assert told(CLEARANCE, row("queries_per_100", 0.0, 0.0, 0.0)) == ()


def test_a_small_difference_that_is_not_resolved_is_not_told_and_a_large_one_is_called_so() -> None:
    assert told(row("clearance_mean_h", -0.9, -2.0, 0.2), QUERIES) == ()
    (sentence,) = told(row("clearance_mean_h", -1.1, -3.0, 0.8), QUERIES)
    assert sentence.startswith("Helped: mean clearance 1.1 h shorter (large, not told from chance). Moved in")


def test_one_replication_moves_nothing() -> None:
    assert told(row("clearance_mean_h", -9.0, NAN, NAN), row("queries_per_100", -3.1, NAN, NAN)) == ()


def test_time_is_not_told_beside_interdiction_nor_watchlists_beside_time() -> None:
    listed = row("watchlist_records", 40.0, 30.0, 50.0, "country=BER")
    stopped = row("interdiction_rate", 0.04, 0.01, 0.07)
    (sentence,) = told(stopped, listed, row("time_by_stage_h", -0.1, -0.12, -0.08, "stage=scan"))
    assert sentence == (
        "Helped: the interdiction rate 4.0 percentage points higher (told from chance). Moved in the same comparison: "
        "records on the watchlist of BER +40 (+30 to +50)."
    )
    assert told(CLEARANCE, listed) == ()


def test_other_periods_and_references_are_passed_over() -> None:
    assert told(CLEARANCE, row("queries_per_100", -3.1, -3.5, -2.8, period="days 1-30")) == ()
    assert told(CLEARANCE, row("queries_per_100", -3.1, -3.5, -2.8, reference="sum of singles")) == ()


def test_a_long_list_is_cut_and_says_so() -> None:
    stages = [row("time_by_stage_h", -0.1, -0.12, -0.08, f"stage=s{k}") for k in range(MOST + 3)]
    (sentence,) = told(CLEARANCE, *stages)
    assert sentence.count("time in") == MOST
    assert sentence.endswith("; and 3 more in tables/differences.csv.")
