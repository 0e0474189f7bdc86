"""What the baseline gives beside published figures: met or missed, and why."""

import math
from collections.abc import Sequence

import pandas as pd

from sim.settings.world import Band

MET, BELOW, ABOVE, ABSENT = "met", "missed, below", "missed, above", "not measured"


def calibration_table(summary: pd.DataFrame, reference: str, window: str, bands: Sequence[Band]) -> pd.DataFrame:
    """One row per published figure.

    Parameters
    ----------
    summary : DataFrame
        Of a comparison.
    reference, window : str
        Scenario and window that are held against the figures.
    bands : sequence of Band
        The figures.
    """
    rows = summary[(summary["scenario"] == reference) & (summary["period"] == window)]
    found = {(str(r["indicator"]), str(r["group"])): float(r["mean"]) for r in rows.to_dict("records")}

    def value(words: str) -> float:
        indicator, _, group = words.partition(" ")
        return found.get((indicator, group), math.nan)

    def line(band: Band) -> dict[str, object]:
        of = value(band.over) if band.over else 1.0
        here = value(band.value) / of if of else math.nan
        return {
            "figure": band.title,
            "low": band.low,
            "high": band.high,
            "here": here,
            "verdict": _verdict(here, band),
            "unit": band.unit,
            "source": band.source,
            "why": band.why,
        }

    columns = ["figure", "low", "high", "here", "verdict", "unit", "source", "why"]
    return pd.DataFrame([line(band) for band in bands], columns=columns)


def _verdict(here: float, band: Band) -> str:
    if math.isnan(here):
        return ABSENT
    return MET if band.low <= here <= band.high else (BELOW if here < band.low else ABOVE)
