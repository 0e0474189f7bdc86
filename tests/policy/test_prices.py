"""Prices: assumptions by which nobody decides, so that no effect but an amount of money may be said to follow them."""

import pytest
from policy_runs import differing, facts_of

from experiments.compose import compose
from experiments.owners import PRICES, in_money
from sim.indicators import INDICATORS

LIVELY = (
    "assumptions.consignments.prohibited_share=0.05",
    "assumptions.consignments.fiscal_share=0.1",
    "engine=loop",
    "length.window_days=21",
)


def raised() -> list[str]:
    """Words that give every price the end of its range farther from its centre."""
    rows = compose("run", ["world=two_countries"]).raw["assumptions"]
    found = {
        path: max(row["low"], row["high"], key=lambda end: abs(end - row["centre"]))
        for section, of_section in rows.items()
        for name, row in of_section.items()
        if PRICES.fullmatch(path := f"assumptions.{section}.{name}")
    }
    return [f"{path}={value}" for path, value in found.items()]


@pytest.mark.parametrize("scenario", ["combined", "aeo_programme", "post_clearance_audit", "broker_hours", "equipment"])
def test_all_prices_at_once_move_amounts_of_money_and_nothing_else(scenario: str) -> None:
    words = raised()
    assert len(words) > 40
    moved = differing(facts_of(*LIVELY, scenario=scenario), facts_of(*LIVELY, *words, scenario=scenario))
    assert {"cost_public_setup_usd", "revenue_assessed_usd", "illicit_delivered_usd_per_day"} <= moved
    assert [name for name in moved if not in_money(name, INDICATORS[name].unit)] == []


def test_what_somebody_decides_by_is_no_price() -> None:
    for path in (
        "brokers.lead_usd_per_h",
        "costs.lorry_usd_per_h_low_tier",
        "measures.aeo_trader_usd",
        "traders.per_usd",
    ):
        assert not PRICES.fullmatch(f"assumptions.{path}")
    assert not in_money("interdiction_rate", INDICATORS["interdiction_rate"].unit)
    assert in_money("detection_rate_fiscal_usd", INDICATORS["detection_rate_fiscal_usd"].unit)
