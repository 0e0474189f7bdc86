"""Indicators of one small study, kept so that a change of any number is noticed and explained.

    python tests/regression/update.py

runs the study, prints every indicator that differs from `baseline.json`, and rewrites the file. Commit the new file
together with the reason for the change.

This is not verification: the kept numbers are what the model gave on the day they were written, right or wrong.
Whether it is right is the business of the tests in `tests/theory`, `tests/policy` and `tests/unit`.
"""

import json
import math
from pathlib import Path
from typing import Any

from experiments.compose import compose
from sim.replication import replicate_once

FILE = Path(__file__).with_name("baseline.json")
RELATIVE_TOLERANCE = 1e-9
STUDY = (
    "world=two_countries",
    "scenarios=[baseline,combined]",
    "length.burn_in_days=7",
    "length.window_days=21",
    "length.cool_down_days=7",
    "assumptions.consignments.prohibited_share=0.02",
)
INDICATORS = (
    ("clearance_mean_h", "all"),
    ("clearance_mean_h", "post=Stonebridge"),
    ("clearance_median_h", "all"),
    ("clearance_p90_h", "all"),
    ("customs_time_h", "all"),
    ("door_to_door_mean_h", "all"),
    ("time_by_party_h", "party=trader_broker"),
    ("interdiction_rate", "all"),
    ("attempts", "all"),
    ("illicit_delivered_per_day", "all"),
    ("detection_rate_fiscal", "all"),
    ("hit_rate", "all"),
    ("physical_inspection_rate", "all"),
    ("queries_per_100", "all"),
    ("cost_trader_usd", "all"),
    ("cost_public_usd", "all"),
    ("release_within_target_share", "all"),
    ("corridor_time_h", "all"),
    ("detection_rate_fiscal_usd", "all"),
    ("material_hit_rate", "all"),
    ("revenue_assessed_usd", "all"),
    ("revenue_gap_usd", "all"),
    ("cost_audit_usd", "all"),
    ("cost_per_journey_usd", "trader_size=small"),
    ("aeo_gap_h", "all"),
    ("journeys_per_day", "all"),
    ("skill_mean", "country=BER"),
    ("trust", "pair=ALD>BER"),
    ("watchlist_records", "country=BER"),
)


def measured() -> dict[str, float | None]:
    """Indicators of the study's window by "scenario: indicator, group"; None where a rate has nothing to divide by."""
    result = replicate_once(compose("compare", STUDY).settings, 0)
    rows = {(r["scenario"], r["indicator"], r["group"]): r for r in result.indicators if r["period"] == "transition"}
    return {
        f"{scenario}: {indicator}, {group}": _value(rows[scenario, indicator, group])
        for scenario in ("baseline", "combined")
        for indicator, group in INDICATORS
    }


def _value(row: dict[str, Any]) -> float | None:
    return float(row["numerator"] / row["denominator"]) if row["denominator"] else None


def kept() -> dict[str, float | None]:
    """The indicators as they were last written; empty before the first time."""
    values: dict[str, float | None] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}
    return values


def differences(before: dict[str, float | None], after: dict[str, float | None]) -> list[str]:
    """One line per indicator that differs by more than the tolerance, or stands on one side only."""
    lines = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        alike = (
            math.isclose(old, new, rel_tol=RELATIVE_TOLERANCE) if old is not None and new is not None else old is new
        )
        if not alike or (name in before) != (name in after):
            lines.append(f"{name}: {_shown(name, before)} -> {_shown(name, after)}")
    return lines


def _shown(name: str, values: dict[str, float | None]) -> str:
    return "absent" if name not in values else "not defined" if values[name] is None else f"{values[name]:.12g}"


def main() -> None:
    """Print what differs and keep the new values."""
    new = measured()
    lines = differences(kept(), new)
    print("\n".join(lines) if lines else "nothing differs")
    FILE.write_text(json.dumps(new, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
