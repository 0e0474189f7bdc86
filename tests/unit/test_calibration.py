"""The baseline beside published figures: verdicts are computed, and home use is told by itself where regimes mix."""

import math

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from experiments.calibration import calibration_table
from experiments.compose import compose
from sim.replication import replicate_once
from sim.settings.world import REGIMES, Band

HOURS = 3_600_000


def band(low: float, high: float, value: str = "clearance_mean_h all", over: str = "clearance_median_h all") -> Band:
    told = {"unit": "ratio", "source": "somebody", "why": "closing hours"}
    return Band(title="skewness", value=value, over=over, low=low, high=high, **told)


def summary(**means: float) -> pd.DataFrame:
    row = {"scenario": "baseline", "period": "transition", "group": "all"}
    return pd.DataFrame([row | {"indicator": name, "mean": mean} for name, mean in means.items()])


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(1.4, 1.6, "met"), (1.5, 1.5, "met"), (1.6, 2.0, "missed, below"), (1.0, 1.4, "missed, above")],
)
def test_a_verdict_says_on_which_side_a_figure_is_missed(low: float, high: float, said: str) -> None:
    table = calibration_table(
        summary(clearance_mean_h=3.0, clearance_median_h=2.0), "baseline", "transition", [band(low, high)]
    )
    assert table["here"].tolist() == [1.5]
    assert table["verdict"].tolist() == [said]


def test_what_is_not_measured_is_neither_met_nor_missed() -> None:
    measured = summary(clearance_mean_h=3.0)
    for window in ("transition", "mature"):
        table = calibration_table(measured, "baseline", window, [band(1, 2)])
        assert table["verdict"].tolist() == ["not measured"]
        assert math.isnan(table["here"][0])
    assert len(calibration_table(measured, "baseline", "transition", [])) == 0


def test_a_figure_over_nothing_is_not_measured_and_a_group_may_hold_blanks() -> None:
    measured = summary(clearance_mean_h=3.0, seizures=0.0)
    at_post = measured.assign(group="post=Malaba to Uganda")
    bands = [band(1, 2, over="seizures all"), band(1, 4, "clearance_mean_h post=Malaba to Uganda", over="")]
    table = calibration_table(pd.concat([measured, at_post]), "baseline", "transition", bands)
    assert table["verdict"].tolist() == ["not measured", "met"]


def test_a_band_upside_down_or_of_no_group_is_refused() -> None:
    with pytest.raises(ValidationError, match="low 2 lies above high 1; exchange them"):
        band(2, 1)
    with pytest.raises(ValidationError, match="'clearance_mean_h' is not an indicator and a group"):
        band(1, 2, value="clearance_mean_h")


def test_home_use_is_told_as_its_lorries_lived_it() -> None:
    length = ["length.burn_in_days=0", "length.window_days=4", "length.cool_down_days=10"]
    words = ["world=northern_corridor", "engine=loop", "scenario=baseline", "legs=true", *length]
    result = replicate_once(compose("run", words).settings, 0)
    found = {
        (r["indicator"], r["group"]): r["numerator"] / r["denominator"]
        for r in result.indicators
        if r["period"] == "transition" and r["denominator"]
    }
    legs = result.legs_table["baseline"]
    headline = (legs["prohibited"] == "none") & legs["fiscal"].isin(["none", "honest_error"])
    legs = legs[(legs["regime"] == "home_use") & (legs["released_ms"] > 0) & headline]
    hours = (legs["released_ms"] - legs["arrived_ms"]) / HOURS
    examined = legs["examiner"].notna()
    assert found["clearance_mean_h", "home_use=examined"] == pytest.approx(hours[examined].mean(), rel=0.02)
    assert found["clearance_mean_h", "home_use=not_examined"] == pytest.approx(hours[~examined].mean(), rel=0.02)
    assert found["clearance_median_h", "regime=home_use"] == pytest.approx(np.median(hours), rel=0.05)
    for fate in ("examined", "not_examined"):
        assert 0 < found["customs_time_h", f"home_use={fate}"] < found["clearance_mean_h", f"home_use={fate}"]
    assert found["customs_time_h", "home_use=examined"] > found["customs_time_h", "home_use=not_examined"]


def test_where_all_goods_are_for_home_use_nothing_is_told_twice() -> None:
    words = ["world=two_countries", "engine=oracle", "scenario=baseline", "length=smoke"]
    rows = replicate_once(compose("run", words).settings, 0).indicators
    assert not [row for row in rows if row["group"].startswith(("home_use=", "regime=home_use"))]
    assert REGIMES[0] == "home_use"
