"""From the ledger's sums to indicators: one row per indicator, period and group, as numerator and denominator."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.equity import gap_rows, place_rows
from sim.ledger import BINS, Ledger, bin_edges_h

TOTALS = ("journeys", "USD in all")
"""Units of plain totals: the replication's own sum over the period is its value."""
QUANTILES = {"clearance_median_h": 0.5, "clearance_p90_h": 0.9, "clearance_p95_h": 0.95}


@dataclass(frozen=True)
class Indicator:
    """An indicator: its unit, whether an administration could observe it, and what it is."""

    unit: str
    observable: bool
    meaning: str


INDICATORS = {
    "clearance_mean_h": Indicator(
        "h",
        True,
        "arrival at the entry side to release, mean; by post, tier, country, lane, trader size, regime, "
        "examined or not; `loaded=all` is of all loaded journeys, cheats included",
    ),
    "clearance_median_h": Indicator(
        "h", True, "half are released within this time from arrival; of home use too, where there are several regimes"
    ),
    "clearance_p90_h": Indicator("h", True, "nine in ten are released within this time from arrival"),
    "clearance_p95_h": Indicator("h", True, "19 in 20 are released within this time from arrival"),
    "clearance_sd_h": Indicator("h", True, "standard deviation of the time from arrival to release"),
    "clearance_square_h2": Indicator("h2", True, "mean of the squared time, from which the standard deviation follows"),
    "buffer_time_h": Indicator("h", True, "95th percentile less mean: what must be allowed for beyond the mean"),
    "aeo_gap_h": Indicator("h", True, "mean clearance of authorised less that of ordinary traders"),
    "release_within_target_share": Indicator(
        "share",
        True,
        "released within the time the country of entry aims at (`release` in the assumptions); by post, tier, "
        "country, lane, trader size; where that time is published, `clock=stopped` leaves out open queries",
    ),
    "dropped_share": Indicator(
        "share of reds",
        True,
        "examinations not begun by a published deadline, and dropped; only where a release target is published",
    ),
    "released_on_arrival_share": Indicator("share", True, "released the moment it passes the gate"),
    "door_to_door_mean_h": Indicator(
        "h",
        True,
        "planned arrival at the first side to release at the entry side; along a corridor, from the first post "
        "to the last",
    ),
    "corridor_time_h": Indicator(
        "h",
        True,
        "planned arrival at the first side to leaving the entry post; along a corridor, from the first post to leaving "
        "the last, drives between them included; by corridor, of all its lorries that got through",
    ),
    "corridor_p90_h": Indicator("h", True, "nine in ten lorries of a corridor take no longer; by corridor"),
    "corridor_drive_h": Indicator("h", True, "the part of corridor time that is driving between posts; by corridor"),
    "corridor_journeys": Indicator("journeys", True, "lorries whose corridor times these are; by corridor"),
    "arrival_to_exit_mean_h": Indicator("h", True, "arrival at the entry side to leaving the post"),
    "gate_to_release_mean_h": Indicator("h", True, "from passing the gate to release"),
    "lodgement_to_release_mean_h": Indicator(
        "h", True, "from lodging the declaration (the moment a channel is chosen) to release"
    ),
    "time_by_stage_h": Indicator("h", True, "parts of mean clearance by stage"),
    "time_by_party_h": Indicator("h", True, "parts of mean clearance by who is responsible"),
    "customs_time_h": Indicator(
        "h", True, "the part of customs; of home use examined or not, where there are several regimes"
    ),
    "other_agency_time_h": Indicator("h", True, "the part of other agencies"),
    "interdiction_rate": Indicator(
        "share",
        False,
        "prohibited goods seized before final release, of those presented; by kind, post, tier, country, cover",
    ),
    "interdiction_rate_all_missed": Indicator(
        "share",
        False,
        "the same if all attempts unfinished at the end count as missed",
    ),
    "interdiction_rate_all_found": Indicator(
        "share",
        False,
        "the same if all attempts unfinished at the end count as found",
    ),
    "detection_rate_fiscal": Indicator(
        "share",
        False,
        "journeys with customs fraud that a check corrected before release; by kind",
    ),
    "detection_rate_fiscal_usd": Indicator(
        "share of duty",
        False,
        "duty hidden by customs fraud that a check corrected before release; by kind",
    ),
    "attempts": Indicator(
        "per day",
        False,
        "attempts to smuggle, by every way, unofficial crossing included; by kind, arm, post",
    ),
    "deterred": Indicator("per day", False, "opportunities on which an organisation abstained"),
    "no_journey_to_ride": Indicator("per day", False, "attempts that found no journey to hide in"),
    "illicit_delivered_per_day": Indicator(
        "per day",
        False,
        "prohibited goods delivered by every way, unofficial crossing included; by kind, arm, post",
    ),
    "illicit_delivered_usd_per_day": Indicator(
        "USD per day",
        False,
        "what those goods bring the organisations; by kind, arm, post",
    ),
    "diverted_per_day": Indicator(
        "per day",
        False,
        "goods released for transit that left the lorry on the way: stopped by the alarm of an electronic seal, "
        "noticed when they were gone, or not at all (`fate`); only where smugglers have that way",
    ),
    "seizures_per_day": Indicator("per day", True, "seizures, by side"),
    "hit_rate": Indicator(
        "share",
        True,
        "physical inspections that found prohibited goods; by channel, by rule (`rule=random` alone estimates "
        "how much there is), by kind found",
    ),
    "material_hit_rate": Indicator(
        "share",
        True,
        "document checks and inspections together that found prohibited goods or at least 100 USD of duty; by "
        "channel, rule, kind found",
    ),
    "document_hit_rate": Indicator("share", True, "document checks that corrected the declaration"),
    "compliant_inspected_share": Indicator(
        "share",
        False,
        "compliant and honest-error journeys that were physically inspected",
    ),
    "selected_red_rate": Indicator("share", True, "loaded journeys sent to the red channel"),
    "selected_yellow_rate": Indicator("share", True, "loaded journeys sent to the yellow channel"),
    "documentary_check_rate": Indicator("share", True, "loaded journeys whose documents were checked"),
    "nii_rate": Indicator("share", True, "loaded journeys that were scanned"),
    "physical_inspection_rate": Indicator("share", True, "loaded journeys that were physically inspected; by channel"),
    "full_examination_rate": Indicator("share", True, "loaded journeys that were examined in full"),
    "agency_check_rate": Indicator("share", True, "loaded journeys on which another agency worked"),
    "queries_per_100": Indicator("per 100 declarations", True, "questions back to the broker"),
    "revenue_due_usd": Indicator(
        "USD per day",
        False,
        "duties and taxes due on goods released, had all been declared truly",
    ),
    "revenue_assessed_usd": Indicator(
        "USD per day",
        True,
        "duties and taxes assessed by release; by post, tier, country",
    ),
    "revenue_uplift_usd": Indicator("USD per day", True, "the part of them that checks found"),
    "revenue_gap_usd": Indicator("USD per day", False, "due less assessed; by post, tier, country"),
    "audit_recovered_usd": Indicator(
        "USD per day",
        True,
        "part of the gap that audits after release, by lot and by risk, recover; booked on the day of departure, never "
        "pooled with detection",
    ),
    "audits_per_day": Indicator("per day", True, "declarations audited after release"),
    "cost_audit_usd": Indicator("USD per day", True, "auditors' hours, apart from what measures cost"),
    "cost_public_usd": Indicator(
        "USD per day",
        True,
        "running cost of measures, the hours they take of officers and wages of further ones; by part, country",
    ),
    "cost_public_setup_usd": Indicator(
        "USD in all",
        True,
        "set-up of measures, what fell due before the policy day booked on it; by country",
    ),
    "cost_donor_usd": Indicator("USD in all", True, "what donors pay of set-up; by country"),
    "cost_trader_usd": Indicator(
        "USD per day",
        True,
        "lorries and goods standing at the entry side, brokers' work, what traders spend to comply with "
        "measures; by part, and the first three by post, tier, country, lane, trader size",
    ),
    "cost_per_journey_usd": Indicator(
        "USD per loaded journey",
        True,
        "lorry, goods and brokers' work; by post, tier, country, lane, trader size",
    ),
    "cost_ad_valorem_pct": Indicator(
        "% of value",
        True,
        "the same as a share of the value of the goods; by post, tier, country, lane, trader size",
    ),
    "aeo_gap_usd": Indicator(
        "USD per loaded journey",
        True,
        "cost per journey of authorised less that of ordinary traders",
    ),
    "informal_payments_usd": Indicator(
        "USD per day",
        False,
        "paid to officers, by way (check, channel, place in the queue, find, held file); worlds with "
        "corruption only, like the next three",
    ),
    "bribed_share": Indicator("share", False, "loaded legs that paid an officer"),
    "seized_share": Indicator(
        "share",
        False,
        "prohibited loads seized on a side, of those whose crews offer bribes and of others",
    ),
    "held_files_per_100": Indicator("per 100 declarations", False, "files an officer held until something was paid"),
    "measures_staff_fte": Indicator(
        "people",
        True,
        "people whom measures tie up (courses, meetings, audits) or add, mean over days",
    ),
    "measures_lapsed": Indicator("measures", True, "measures that politics has taken back"),
    "utilisation": Indicator("share", True, "time at work, of time on duty, by pool of officers or devices"),
    "devices_out_share": Indicator("share", True, "scanners out of order, mean over days"),
    "system_down_h": Indicator("h per day", True, "hours a country's declaration system is down, mean over days"),
    "held_up_share": Indicator(
        "share", True, "lodged declarations that had to wait as a declaration system was down, their own or one shared"
    ),
    "aeo_share": Indicator("share", True, "traders authorised, mean over days"),
    "skill_mean": Indicator("skill", False, "mean skill of a country's officers, 0 to 1"),
    "trust": Indicator("trust", False, "one country's trust in another, 0 to 1"),
    "watchlist_records": Indicator("records", True, "on a country's watchlist, mean over days"),
    "journeys_per_day": Indicator("per day", True, "journeys planned; by post, tier, country"),
    "unfinished": Indicator("journeys", True, "not released when the run ended"),
}
"""All indicators by name, in the order they are told."""


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
    periods = list(ledger.periods())
    for (indicator, group), fact in sorted(ledger.facts.items()):
        numerators, denominators, total = fact.numerator, fact.denominator, fact.unit in TOTALS
        shape = "value" if total else "ratio"
        for period in periods:
            numerator = float(numerators[period.slots].sum())
            denominator = 1.0 if total else float(denominators[period.slots].sum())
            rows.append(_row(indicator, fact.unit, period.name, group, numerator, denominator, shape))
    for period in periods:
        rows += _quantile_rows(period.name, ledger.histogram[period.blocks].sum(axis=0), rows)
        for group, histogram in sorted(ledger.histograms.items()):
            rows += _group_quantile_rows(period.name, group, histogram[period.blocks].sum(axis=0))
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


def _group_quantile_rows(period: str, group: str, histogram: NDArray[np.int64]) -> list[dict[str, Any]]:
    shares = {"corridor_p90_h": QUANTILES["clearance_p90_h"]} if group.startswith("corridor=") else QUANTILES
    values = {name: quantile_h(histogram, share) for name, share in shares.items()}
    return [_row(name, "h", period, group, value, 1.0, "value") for name, value in values.items()]


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
