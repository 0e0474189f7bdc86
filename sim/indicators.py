"""From the ledger's sums to indicators: one row per indicator, period and group, as numerator and denominator."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.equity import gap_rows, place_rows
from sim.ledger import BINS, Ledger, bin_edges_h

TOTALS = ("journeys", "USD in all")
"""Units of plain totals: the replication's own sum over the period is its value."""
QUANTILES = {"clearance_median_h": 0.5, "clearance_p90_h": 0.9, "clearance_p95_h": 0.95}
OBSERVABLE = {
    "clearance_mean_h": True,
    "clearance_median_h": True,
    "clearance_p90_h": True,
    "clearance_p95_h": True,
    "clearance_sd_h": True,
    "buffer_time_h": True,
    "door_to_door_mean_h": True,
    "gate_to_release_mean_h": True,
    "lodgement_to_release_mean_h": True,
    "arrival_to_exit_mean_h": True,
    "released_on_arrival_share": True,
    "time_by_stage_h": True,
    "time_by_party_h": True,
    "customs_time_h": True,
    "other_agency_time_h": True,
    "interdiction_rate": False,
    "interdiction_rate_all_missed": False,
    "interdiction_rate_all_found": False,
    "detection_rate_fiscal": False,
    "attempts": False,
    "deterred": False,
    "illicit_delivered_per_day": False,
    "illicit_delivered_usd_per_day": False,
    "hit_rate": True,
    "documentary_check_rate": True,
    "nii_rate": True,
    "physical_inspection_rate": True,
    "full_examination_rate": True,
    "compliant_inspected_share": False,
    "seizures_per_day": True,
    "queries_per_100": True,
    "informal_payments_usd": False,
    "bribed_share": False,
    "seized_share": False,
    "held_files_per_100": False,
    "utilisation": True,
    "cost_public_usd": True,
    "cost_public_setup_usd": True,
    "cost_donor_usd": True,
    "devices_out_share": True,
    "aeo_share": True,
    "measures_staff_fte": True,
    "measures_lapsed": True,
    "cost_trader_usd": True,
    "unfinished": True,
    "journeys_per_day": True,
    "watchlist_records": True,
    "trust": False,
    "skill_mean": False,
}
"""Indicators, and whether an administration could observe them."""


def quantile_h(histogram: NDArray[np.int64], share: float) -> float:
    """Duration below which `share` of the distribution lies, hours (interpolated within a bin, which is .5 % wide)."""
    total = int(histogram.sum())
    if total == 0:
        return float("nan")
    reached = np.cumsum(histogram)
    k = int(np.searchsorted(reached, share * total))
    before = reached[k - 1] if k else 0
    edges = bin_edges_h()
    low, high = (edges[k - 1], edges[k]) if 0 < k < BINS - 1 else (0.0, edges[min(k, BINS - 1)])
    inside = (share * total - before) / max(int(histogram[k]), 1)
    return float(low + (high - low) * inside)


def indicator_rows(ledger: Ledger, places: Mapping[str, Collection[str]] | None = None) -> list[dict[str, Any]]:
    """All indicators of a finished run.

    Parameters
    ----------
    ledger : Ledger
        Its sums.
    places : mapping of post to groups, optional
        Groups that rows of posts are added up to.

    Returns
    -------
    list of dict
        indicator, unit, period, group, numerator, denominator, shape (`ratio`: sums over replications are divided;
        `value`: the replication's own value stands in numerator).
    """
    rows: list[dict[str, Any]] = []
    for (indicator, group), fact in sorted(ledger.facts.items()):
        for period in ledger.periods():
            numerator = float(fact.numerator[period.slots].sum())
            total = fact.unit in TOTALS
            denominator = 1.0 if total else float(fact.denominator[period.slots].sum())
            shape = "value" if total else "ratio"
            rows.append(_row(indicator, fact.unit, period.name, group, numerator, denominator, shape))
    for period in ledger.periods():
        rows += _quantile_rows(period.name, ledger.histogram[period.blocks].sum(axis=0), rows)
    return rows + place_rows(rows, places or {}) + gap_rows(rows)


def _quantile_rows(period: str, histogram: NDArray[np.int64], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    values = {name: quantile_h(histogram, share) for name, share in QUANTILES.items()}
    sums = {r["indicator"]: r for r in rows if r["period"] == period and r["group"] == "all"}
    if "clearance_mean_h" in sums and sums["clearance_mean_h"]["denominator"] > 0:
        mean = sums["clearance_mean_h"]["numerator"] / sums["clearance_mean_h"]["denominator"]
        square = sums["clearance_square_h2"]["numerator"] / sums["clearance_square_h2"]["denominator"]
        values["clearance_sd_h"] = float(np.sqrt(max(square - mean**2, 0.0)))
        values["buffer_time_h"] = values["clearance_p95_h"] - mean
    return [_row(name, "h", period, "all", value, 1.0, "value") for name, value in values.items()]


def _row(
    indicator: str, unit: str, period: str, group: str, numerator: float, denominator: float, shape: str
) -> dict[str, Any]:
    return {
        "indicator": indicator,
        "unit": unit,
        "period": period,
        "group": group,
        "numerator": numerator,
        "denominator": denominator,
        "shape": shape,
    }
