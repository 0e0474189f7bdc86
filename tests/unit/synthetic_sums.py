"""Replication sums of an imagined border, with known effects, for tests of inference, tables and report."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

SCENARIOS = ("baseline", "standardisation", "data_sharing", "training", "combined", "idle")
MEASURES = ("standardisation", "data_sharing", "training", "combined")
HOURS_SAVED = {"standardisation": 0.8, "data_sharing": 0.0, "training": -0.3, "combined": 0.7}
FOUND_MORE = {"standardisation": -0.02, "data_sharing": 0.12, "training": 0.02, "combined": 0.15}
STAGES = {
    "approach": ("terminal_transport", 0.6),
    "gate": ("customs", 0.2),
    "prepare": ("trader_broker", 3.0),
    "document_check": ("customs", 1.1),
    "query": ("trader_broker", 2.0),
    "scan": ("customs", 0.02),
    "examination": ("customs", 0.5),
    "agency": ("other_agency", 0.4),
    "payment": ("bank", 0.9),
    "selectivity": ("customs", 0.01),
}
KINDS = {"drugs": 0.7, "counterfeit": 0.25, "other": 0.05}
ARMS = ("post:Northgate", "post:Southgate", "unofficial", "aeo_cover:Northgate")
DAYS = 90


def border_sums(
    replications: int = 12, seed: int = 1, scenarios: tuple[str, ...] = SCENARIOS, days: int = DAYS
) -> pd.DataFrame:
    """Paired sums: what chance does to a replication is the same in all scenarios, measures shift it."""
    rows: list[tuple[object, ...]] = []
    for number in range(replications):
        chance = _chance(np.random.default_rng([seed, number]), days)
        for scenario in scenarios:
            for indicator, unit, group, top, bottom, shape in _scenario(scenario, chance, days):
                rows.append((scenario, number, indicator, unit, "transition", group, top, bottom, shape))
                if indicator in ("clearance_mean_h", "interdiction_rate") and group == "all":
                    rows.append((scenario, number, indicator, unit, "days 1-30", group, top / 3, bottom / 3, shape))
    columns = ["scenario", "replication", "indicator", "unit", "period", "group", "numerator", "denominator", "shape"]
    return pd.DataFrame(rows, columns=columns)


def _chance(rng: np.random.Generator, days: int) -> Mapping[str, np.ndarray]:
    journeys = rng.poisson(80 * days * rng.gamma(40, 1 / 40), 1).astype(float)
    attempts = rng.poisson(0.9 * days)
    return {
        "journeys": journeys,
        "of_data_sharing": rng.normal(0, 0.05, 1),
        "of_training": rng.normal(0, 0.08, 1),
        "stage_noise": rng.gamma(60, 1 / 60, len(STAGES)),
        "luck": rng.random(attempts),
        "kind": rng.choice(len(KINDS), attempts, p=list(KINDS.values())),
        "arm": rng.choice(len(ARMS), attempts, p=[0.5, 0.25, 0.2, 0.05]),
    }


def _scenario(scenario: str, chance: Mapping[str, np.ndarray], days: int) -> list[tuple[object, ...]]:
    n = float(chance["journeys"][0])
    rows: list[tuple[object, ...]] = []
    hours = {name: mean * chance["stage_noise"][k] for k, (name, (_, mean)) in enumerate(STAGES.items())}
    hours["query"] -= HOURS_SAVED.get(scenario, 0.0)
    for measure in ("data_sharing", "training"):
        if scenario in (measure, "combined"):
            hours["query"] += chance[f"of_{measure}"][0]
    total = sum(hours.values())
    rows.append(("clearance_mean_h", "h", "all", total * n, n, "ratio"))
    for name, value in hours.items():
        rows.append(("time_by_stage_h", "h", f"stage={name}", value * n, n, "ratio"))
    for party in ("trader_broker", "customs", "other_agency", "terminal_transport", "bank"):
        mine = sum(v for name, v in hours.items() if STAGES[name][0] == party)
        rows.append(("time_by_party_h", "h", f"party={party}", mine * n, n, "ratio"))
        if party == "customs":
            rows.append(("customs_time_h", "h", "all", mine * n, n, "ratio"))
    for name, factor in (("clearance_median_h", 0.7), ("clearance_p90_h", 2.1)):
        rows.append((name, "h", "all", total * factor, 1.0, "value"))
    found = chance["luck"] < 0.2 + FOUND_MORE.get(scenario, 0.0)
    official = chance["arm"] != ARMS.index("unofficial")
    rows.append(("interdiction_rate", "share", "all", float((found & official).sum()), float(official.sum()), "ratio"))
    for k, kind in enumerate(KINDS):
        mine = official & (chance["kind"] == k)
        rows.append(
            ("interdiction_rate", "share", f"kind={kind}", float((found & mine).sum()), float(mine.sum()), "ratio")
        )
    rows.append(("interdiction_rate", "share", "kind=wildlife", 0.0, 0.0, "ratio"))
    delivered = ~(found & official)
    rows.append(("illicit_delivered_per_day", "per day", "all", float(delivered.sum()), float(days), "ratio"))
    for k, arm in enumerate(ARMS):
        mine = float((delivered & (chance["arm"] == k)).sum())
        rows.append(("illicit_delivered_per_day", "per day", f"arm={arm}", mine, float(days), "ratio"))
    attempts = float(len(found))
    rows.append(("attempts", "per day", "all", attempts, float(days), "ratio"))
    rows.append(("deterred", "per day", "all", 12.0 + attempts / 9, float(days), "ratio"))
    rows.append(("seizures_per_day", "per day", "all", attempts - float(delivered.sum()), float(days), "ratio"))
    rows.append(("hit_rate", "share", "all", float(found.sum()), 0.06 * n, "ratio"))
    rows.append(("physical_inspection_rate", "share", "all", 0.06 * n, n, "ratio"))
    rows.append(("detection_rate_fiscal", "share", "all", 0.31 * n * 0.04, n * 0.04, "ratio"))
    rows.append(("cost_public_usd", "USD per day", "all", 31_000.0 * days + 20 * n, float(days), "ratio"))
    rows.append(("cost_trader_usd", "USD per day", "all", total * n * 60, float(days), "ratio"))
    rows.append(("unfinished", "journeys", "all", n // 500, 1.0, "value"))
    return rows
