"""The table of single legs: every leg of the window, why it was treated as it was, and nothing else changed."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from experiments.cli import main
from experiments.dictionary import DICTIONARY
from sim.consignments.numbers import Numbers
from sim.consignments.potential import Demand
from sim.replication import ReplicationResult, replicate_once
from sim.settings.run import RunSettings
from sim.world.build import build_world

LIVELY = (
    "length.burn_in_days=2",
    "length.window_days=6",
    "length.cool_down_days=15",
    "assumptions.consignments.prohibited_share=0.1",
    "assumptions.consignments.concealment_prohibited=1",
    "assumptions.selectivity.red_low_tier=0.4",
    "assumptions.intelligence.lead_p_per_front_day=0.3",
    "assumptions.intelligence.false_alert_p_per_record=0.00002",
    "world.exit_red_share=0.2",
    "legs=true",
)


@pytest.fixture(scope="module")
def settings(settings_of: Callable[..., RunSettings]) -> RunSettings:
    return settings_of("two_countries", *LIVELY)


@pytest.fixture(scope="module")
def result(settings: RunSettings) -> ReplicationResult:
    return replicate_once(settings, 0)


@pytest.fixture(scope="module")
def legs(result: ReplicationResult) -> pd.DataFrame:
    return result.legs_table["baseline"]


def rate(result: ReplicationResult, indicator: str) -> tuple[float, float]:
    (row,) = (
        r for r in result.indicators if (r["indicator"], r["group"], r["period"]) == (indicator, "all", "transition")
    )
    return row["numerator"], row["denominator"]


def test_there_is_one_row_for_each_side_of_each_journey_planned_in_the_window(
    settings: RunSettings, legs: pd.DataFrame
) -> None:
    world = build_world(settings.world_name, settings.world, settings.assumptions)
    demand = Demand(world, Numbers(settings.seed, 0), settings.tick_ms)
    journeys = np.concatenate([demand.day(day).journey for day in range(2, 8)])
    assert legs["journey"].tolist() == np.repeat(journeys, 2).tolist()
    assert legs["side"].tolist() == ["exit", "entry"] * len(journeys)
    assert set(legs["day"]) == set(range(2, 8))


def test_every_column_is_described_and_every_description_has_a_column(legs: pd.DataFrame) -> None:
    assert set(legs.columns) == set(DICTIONARY["legs"])


def test_goods_are_found_where_the_dose_of_an_examination_reached_the_legs_threshold(legs: pd.DataFrame) -> None:
    prohibited = legs["prohibited"] != "none"
    once = legs["examiner"].notna() & (legs["dose"] > 0)
    reached = once & prohibited & (legs["dose"] >= legs["exam_threshold"])
    assert reached.sum() > 3
    assert (once & prohibited & ~reached).sum() > 0
    assert legs["detected"].equals(reached)
    assert (legs["outcome"] == "seized").equals(legs["detected"])
    assert legs.loc[~legs["examiner"].notna(), ["thoroughness", "dose", "queue_at_start"]].isna().all(axis=None)


def test_a_lorry_seized_at_the_exit_never_comes_to_the_entry(legs: pd.DataFrame) -> None:
    by_side = legs.pivot_table(index="journey", columns="side", values="outcome", aggfunc="first", observed=True)
    taken = by_side["exit"] == "seized"
    assert taken.sum() > 0
    assert (by_side["entry"] == "stopped_before").equals(taken)
    assert (
        legs.loc[legs["outcome"] == "stopped_before", ["arrived_ms", "released_ms", "exited_ms"]].isna().all(axis=None)
    )


def test_who_knew_is_told_of_every_leg_the_watchlist_chose(legs: pd.DataFrame) -> None:
    chosen = legs["rule"] == "watchlist"
    assert chosen.sum() > 3
    assert legs.loc[chosen, "known_by"].notna().all()
    assert {"BER", "namesake"} <= set(legs["known_by"].dropna())


def test_papers_selectivity_has_not_seen_have_no_channel(legs: pd.DataFrame) -> None:
    entry = legs[legs["side"] == "entry"]
    empty = entry["regime"] == "empty"
    assert entry.loc[empty, ["channel", "rule", "score", "broker"]].isna()[["channel", "rule", "score"]].all(axis=None)
    seen = ~empty & (entry["outcome"] != "stopped_before")
    assert entry.loc[seen, ["channel", "rule", "score", "lodged_ms"]].notna().all(axis=None)


def test_the_rows_give_back_the_indicators(result: ReplicationResult, legs: pd.DataFrame) -> None:
    entry = legs[(legs["side"] == "entry") & (legs["outcome"] != "stopped_before")]
    loaded = entry[entry["regime"] == "home_use"]
    headline = loaded[(loaded["prohibited"] == "none") & loaded["fiscal"].isin(["none", "honest_error"])]
    hours = (headline["released_ms"] - headline["arrived_ms"]).astype(float) / 3_600_000
    assert (hours.clip(upper=360).sum(), len(hours)) == pytest.approx(rate(result, "clearance_mean_h"))
    smuggled = legs[legs["prohibited"] != "none"]
    seized = float((smuggled["outcome"] == "seized").sum())
    assert (seized, smuggled["journey"].nunique()) == rate(result, "interdiction_rate")
    assert (loaded["examiner"].notna().sum(), len(loaded)) == rate(result, "physical_inspection_rate")


def test_clocks_run_forward(legs: pd.DataFrame) -> None:
    for before, after in (("arrived_ms", "gated_ms"), ("arrived_ms", "released_ms"), ("released_ms", "exited_ms")):
        there = legs[[before, after]].dropna()
        assert len(there) > 100
        assert (there[before] <= there[after]).all()


def test_keeping_legs_changes_no_bit_of_anything_else(settings: RunSettings, result: ReplicationResult) -> None:
    plain = replicate_once(settings.model_copy(update={"legs": False}), 0)
    assert plain.legs_table == {}
    assert repr(plain.indicators) == repr(result.indicators)
    assert repr(plain.daily) == repr(result.daily)


def test_both_engines_write_the_same_legs(settings: RunSettings, legs: pd.DataFrame) -> None:
    other = replicate_once(settings.model_copy(update={"engine": "oracle"}), 0).legs_table["baseline"]
    pd.testing.assert_frame_equal(legs, other, check_exact=True)


def test_unfinished_legs_are_there_as_in_process(settings_of: Callable[..., RunSettings]) -> None:
    words = [w for w in LIVELY if "cool_down" not in w]
    cut = replicate_once(settings_of("two_countries", *words, "length.cool_down_days=0"), 0)
    legs = cut.legs_table["baseline"]
    assert (legs["outcome"] == "in_process").sum() > 10
    assert legs.loc[legs["outcome"] == "in_process", ["released_ms", "exited_ms"]].isna().all(axis=None)


def test_the_command_writes_them_as_parquet_alone_one_group_per_scenario_and_replication(tmp_path: Path) -> None:
    words = ["world=two_countries", "length=smoke", "scenarios=[baseline,idle]", "replications=2", "workers=1"]
    assert main(["compare", *words, "legs=true", "name=all", f"results_dir={tmp_path}"]) == 0
    folder = tmp_path / "compare" / "all"
    file = pq.ParquetFile(folder / "tables" / "legs.parquet")
    assert file.num_row_groups == 4
    legs = file.read().to_pandas()
    assert list(legs.columns) == list(DICTIONARY["legs"])
    order = legs[["scenario", "replication"]].drop_duplicates().to_numpy().tolist()
    assert order == [["baseline", 0], ["baseline", 1], ["idle", 0], ["idle", 1]]
    assert not (folder / "tables" / "legs.csv").exists()
    assert not list((folder / "finished").glob("*.parquet"))
    described = pd.read_csv(folder / "tables" / "dictionary.csv").query("table == 'legs'")["column"]
    assert described.tolist() == list(DICTIONARY["legs"])
