"""Summary, differences, their files, and the folder they are left in."""

import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from omegaconf import OmegaConf
from scipy import stats
from synthetic_sums import DAYS, HOURS_SAVED, MEASURES, SCENARIOS, border_sums

from experiments.dictionary import DICTIONARY, indicator_table
from experiments.disk import write_atomic
from experiments.report.words import WHAT_MEASURES_ARE
from experiments.store import make_manifest, open_folder, write_manifest
from experiments.tables import SUM_OF_SINGLES, differences_table, summary_table, write_tables
from sim.settings.errors import BordersimError, SettingsError


@pytest.fixture(scope="module")
def sums():
    return border_sums(12)


@pytest.fixture(scope="module")
def differences(sums):
    return differences_table(sums, "baseline", MEASURES)


def pick(frame, **wanted):
    wanted = {"period": "transition", "group": "all", **wanted}
    rows = frame[np.logical_and.reduce([frame[c] == v for c, v in wanted.items()])]
    assert len(rows) == 1
    return rows.iloc[0]


def test_summary_divides_hours_of_all_replications_by_journeys_of_all_replications(sums):
    rows = sums[(sums.scenario == "training") & (sums.indicator == "clearance_mean_h") & (sums.period == "transition")]
    row = pick(summary_table(sums), scenario="training", indicator="clearance_mean_h")
    assert row["mean"] == pytest.approx(rows.numerator.sum() / rows.denominator.sum())
    assert row["lower"] < row["mean"] < row["upper"]
    assert (row["replications"], row["undefined"]) == (12, 0)


def test_summary_has_the_promised_columns_and_keeps_the_order_of_scenarios(sums):
    summary = summary_table(sums)
    assert list(summary.columns) == list(DICTIONARY["summary"])
    assert tuple(summary["scenario"].unique()) == SCENARIOS


def test_goods_never_presented_have_no_rate_and_zero_events(sums):
    row = pick(summary_table(sums), scenario="baseline", indicator="interdiction_rate", group="kind=wildlife")
    assert np.isnan(row["mean"])
    assert (row["undefined"], row["events"]) == (12, 0)


def test_events_behind_a_rate_are_counted_and_hours_are_not_events(sums):
    summary = summary_table(sums)
    stopped = sums.query("scenario == 'baseline' and indicator == 'interdiction_rate' and period == 'transition'")
    stopped = stopped[stopped.group == "all"].numerator.sum()
    assert pick(summary, scenario="baseline", indicator="interdiction_rate")["events"] == stopped > 0
    assert np.isnan(pick(summary, scenario="baseline", indicator="clearance_mean_h")["events"])


def test_none_stopped_in_any_replication_is_a_rate_of_zero_without_an_interval(sums):
    none = sums.copy()
    none.loc[none.indicator == "interdiction_rate", "numerator"] = 0.0
    row = pick(summary_table(none), scenario="baseline", indicator="interdiction_rate")
    assert (row["mean"], row["events"]) == (0, 0)
    assert np.isnan([row["lower"], row["upper"]]).all()


def test_order_of_rows_does_not_change_what_is_concluded(sums, differences):
    shuffled = differences_table(sums.sample(frac=1, random_state=1), "baseline", MEASURES)
    keys = ["scenario", "reference", "indicator", "period", "group"]
    pd.testing.assert_frame_equal(
        differences.sort_values(keys, ignore_index=True), shuffled.sort_values(keys, ignore_index=True)
    )


def test_planted_saving_of_query_hours_is_found_by_standardisation(differences):
    row = pick(differences, scenario="standardisation", reference="baseline", indicator="clearance_mean_h")
    assert row["difference"] == pytest.approx(-HOURS_SAVED["standardisation"])
    assert row["verdict"] == "resolved (simulation only)"


def test_primary_family_is_clearance_and_interdiction_of_scenarios_with_a_measure(differences):
    primary = differences[differences["family"] == "primary"]
    assert set(primary["scenario"]) == set(MEASURES)
    assert len(primary) == 8
    assert set(primary["period"]) == {"transition"}
    assert set(primary["group"]) == {"all"}
    assert (differences.loc[differences["family"] == "exploratory", "verdict"] == "").all()


def test_primary_intervals_are_widened_for_all_eight_comparisons(sums, differences):
    alone = differences_table(sums, "baseline", [])
    where = {"scenario": "data_sharing", "indicator": "interdiction_rate", "reference": "baseline"}
    wide, narrow = pick(differences, **where), pick(alone, **where)
    factor = stats.t.ppf(1 - 0.05 / 16, 11) / stats.t.ppf(0.975, 11)
    assert (wide["upper"] - wide["lower"]) / (narrow["upper"] - narrow["lower"]) == pytest.approx(factor)
    assert narrow["family"] == "exploratory"


def test_indicators_are_explained_where_results_are_described_in_the_words_of_the_code():
    described = (Path(__file__).resolve().parents[2] / "results" / "README.md").read_text()
    assert indicator_table() in described


def test_measure_that_changes_no_bit_is_identical_not_unresolved(sums):
    row = pick(differences_table(sums, "baseline", ["idle"]), scenario="idle", indicator="interdiction_rate")
    assert (row["difference"], row["verdict"]) == (0.0, "identical")
    assert np.isnan(row["detectable"])


def test_interaction_is_combined_less_the_sum_of_single_measures(differences):
    row = pick(differences, scenario="combined", reference=SUM_OF_SINGLES, indicator="clearance_mean_h")
    planted = -HOURS_SAVED["combined"] + sum(HOURS_SAVED[s] for s in ("standardisation", "data_sharing", "training"))
    assert row["difference"] == pytest.approx(planted)
    assert row["family"] == "exploratory"


def test_no_interaction_is_reported_without_all_single_measures(sums):
    some = sums[sums.scenario != "training"]
    assert SUM_OF_SINGLES not in set(differences_table(some, "baseline", MEASURES)["reference"])


def test_one_scenario_alone_has_no_differences(sums):
    alone = differences_table(sums[sums.scenario == "baseline"], "baseline", MEASURES)
    assert list(alone.columns) == list(DICTIONARY["differences"])
    assert alone.empty


def test_one_replication_gives_differences_without_intervals():
    alone = border_sums(1)
    row = pick(
        differences_table(alone, "baseline", MEASURES),
        scenario="standardisation", reference="baseline", indicator="clearance_mean_h",
    )  # fmt: skip
    assert row["difference"] == pytest.approx(-0.8)
    assert np.isnan(row["lower"])
    assert row["verdict"] == "not resolved"


def test_median_not_defined_in_a_replication_is_left_out_and_counted(sums):
    broken = sums.copy()
    hit = (broken.indicator == "clearance_median_h") & (broken.replication == 3) & (broken.scenario == "baseline")
    broken.loc[hit, "numerator"] = np.nan
    row = pick(summary_table(broken), scenario="baseline", indicator="clearance_median_h")
    kept = sums[(sums.indicator == "clearance_median_h") & (sums.scenario == "baseline") & (sums.replication != 3)]
    assert row["mean"] == pytest.approx(kept.numerator.mean())
    assert row["undefined"] == 1


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: f[~((f.scenario == "idle") & (f.replication == 2))], "scenario idle has no replication 2"),
        (lambda f: pd.concat([f, f.tail(1)]), "is there twice"),
        (lambda f: f.drop(columns="shape"), "column shape is missing"),
        (lambda f: f.assign(shape="mean"), "shape 'mean' is unknown"),
    ],
)
def test_sums_that_cannot_be_paired_are_refused_in_one_sentence(sums, spoil, message):
    with pytest.raises(BordersimError, match=message) as caught:
        summary_table(spoil(sums))
    assert "\n" not in str(caught.value)


def test_reference_that_was_not_run_is_refused(sums):
    with pytest.raises(BordersimError, match="choose one of baseline, standardisation"):
        differences_table(sums, "today", MEASURES)


def test_tables_are_the_same_in_csv_and_parquet_and_every_column_is_explained(tmp_path, sums, differences):
    tables = {"summary": summary_table(sums), "differences": differences, "replications": sums}
    write_tables(tmp_path, tables)
    for name, frame in tables.items():
        text = pd.read_csv(
            tmp_path / f"{name}.csv", keep_default_na=False, na_values={c: [""] for c in frame.select_dtypes("number")}
        )
        pd.testing.assert_frame_equal(text, frame.reset_index(drop=True), check_dtype=False, rtol=0, atol=0)
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / f"{name}.parquet"), frame.reset_index(drop=True))
    explained = pd.read_csv(tmp_path / "dictionary.csv").groupby("table")["column"].agg(list)
    assert explained["summary"] == list(tables["summary"].columns)
    assert not list(tmp_path.glob(".tmp-*"))


def test_table_with_an_unexplained_column_is_not_written(tmp_path):
    weather = pd.DataFrame({"day": [1], "journeys": [80]})
    with pytest.raises(BordersimError, match="column day has no meaning"):
        write_tables(tmp_path, {"weather": weather})
    assert not list(tmp_path.iterdir())
    meanings = {"weather": {"day": ("day of the run", "day"), "journeys": ("journeys that day", "count")}}
    write_tables(tmp_path, {"weather": weather}, meanings)
    assert (tmp_path / "weather.csv").read_text() == "day,journeys\n1,80\n"


def test_results_are_named_by_time_and_settings_and_never_share_a_folder(tmp_path):
    now = datetime(2024, 5, 6, 7, 8, 9)
    first = open_folder(tmp_path, "compare", None, {"seed": 1}, now)
    second = open_folder(tmp_path, "compare", None, {"seed": 1}, now)
    other = open_folder(tmp_path, "compare", None, {"seed": 2}, now)
    assert first.path.name.startswith("2024-05-06_07-08-09_")
    assert second.path.name == f"{first.path.name}-2"
    assert other.path.name not in (first.path.name, second.path.name)
    assert first.tables.is_dir()
    assert first.figures.is_dir()


def test_results_of_the_same_name_are_never_overwritten(tmp_path):
    (tmp_path / "compare" / "spring").mkdir(parents=True)
    folder = open_folder(tmp_path, "compare", "spring", {})
    write_atomic(folder.report, b"<p>kept</p>")
    write_manifest(folder, {})
    with pytest.raises(SettingsError, match="already holds results"):
        open_folder(tmp_path, "compare", "spring", {})
    assert folder.report.read_bytes() == b"<p>kept</p>"


@pytest.mark.parametrize("name", ["../elsewhere", "a/b", "", ".hidden", "two\nlines"])
def test_name_of_a_result_is_one_plain_folder(tmp_path, name):
    with pytest.raises(SettingsError, match="a result's name is one folder"):
        open_folder(tmp_path, "compare", name, {})


def test_results_folder_that_cannot_be_made_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(SettingsError, match="cannot be written") as caught:
        open_folder(tmp_path / "file", "compare", "spring", {})
    assert "\n" not in str(caught.value)


def test_file_that_cannot_be_replaced_leaves_no_half_of_itself(tmp_path):
    target = tmp_path / "report.html"
    target.mkdir()
    with pytest.raises(BordersimError, match="cannot be written"):
        write_atomic(target, b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_manifest_and_settings_can_be_read_back_as_they_were(tmp_path):
    settings = {"seed": 7, "world": {"country": "NO", "opens": "12:30", "days": DAYS, "share": 0.1}}
    folder = open_folder(tmp_path, "compare", "spring", settings)
    manifest = make_manifest(
        settings, seed=7, engine="loop", wall_time_s=1.23456, command_line="bordersim compare seed=7",
        data_hashes={"b.csv": "22", "a.csv": "11"},
    )  # fmt: skip
    write_manifest(folder, manifest)
    read = json.loads((folder.path / "manifest.json").read_text())
    assert read == manifest
    assert read["settings"] == settings
    assert read["versions"]["numpy"] == np.__version__
    assert OmegaConf.to_container(OmegaConf.load(folder.path / "settings.yaml")) == settings


def test_the_dictionary_says_that_blue_is_told_as_green() -> None:
    assert "green (blue included)" in DICTIONARY["legs"]["channel"][0]
    assert "green in tables" in WHAT_MEASURES_ARE["post_clearance_audit"]
