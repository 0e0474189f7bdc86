"""`bordersim reference`: what is kept of the study, and where each kept row stands in it."""

from pathlib import Path

import pandas as pd
import pytest

from experiments import cli, reference
from experiments.compose import compose
from sim.settings.run import RunSettings

SHORT = (
    "world=two_countries",
    "scenarios=[baseline,training]",
    "length=smoke",
    "length.windows={transition: 0, mature: 7}",
    "replications=2",
    "assumption_draws=0",
    "workers=1",
)


def study() -> RunSettings:
    return compose("compare", [f"question={reference.QUESTION}"]).settings


def test_the_study_asks_what_it_must() -> None:
    asked, default = study(), compose("compare").settings
    assert asked.world_name == default.world_name == "northern_corridor"
    assert list(asked.scenarios) == list(default.scenarios)
    assert list(asked.length.windows.items()) == [("transition", 0), ("mature", 640)]
    assert asked.length.measured_until - asked.length.policy_day == 730
    assert asked.assumption_draws >= 22


def test_what_is_kept_names_the_lines_of_the_whole_and_a_finished_study_is_not_run_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["reference", *SHORT, f"results_dir={tmp_path}"]
    assert cli.main(words) == 0
    kept, whole = tmp_path / "reference", tmp_path / "compare" / "reference"
    for name in ("summary", "differences"):
        rows, all_rows = (pd.read_csv(folder / "tables" / f"{name}.csv") for folder in (kept, whole))
        assert 0 < len(rows) < len(all_rows)
        for _, row in rows.sample(20, random_state=1).iterrows():
            pd.testing.assert_series_equal(row.drop("line"), all_rows.loc[row["line"] - 2], check_names=False)
        assert set(rows["period"]) == {"transition", "mature"}
    assert "time_by_stage_h" in set(rows["indicator"])
    assert (kept / "report.html").read_bytes() == (whole / "report.html").read_bytes()
    assert (kept / "figures" / "trade_off_plane_mature.png").is_file()
    assert (kept / "manifest.json").is_file()

    assert cli.main([*words[:-2], "workers=2", words[-1]]) == 0
    assert cli.main([*words, "seed=2"]) == 2
    assert "seed: 2: the finished study in" in capsys.readouterr().err
    assert not any(path.name.endswith(".part") for path in tmp_path.iterdir())

    (kept / "old.txt").touch()
    monkeypatch.setattr("experiments.compare.run_points", lambda *_: pytest.fail("the study was run again"))
    assert cli.main(words) == 0
    assert not (kept / "old.txt").exists()
    assert f"kept in {kept}" in capsys.readouterr().out


def test_of_single_draws_the_judged_effects_are_kept() -> None:
    cell = {"scenario": "training", "period": "mature", "group": "all", "draw": 3, "difference": 0.1}
    rows = pd.DataFrame(
        [{**cell, "indicator": name} for name in ("aeo_share", "interdiction_rate", "seizures_per_day")]
    )
    assert reference.short(rows)[["line", "indicator"]].to_numpy().tolist() == [[3, "interdiction_rate"]]


def test_a_kept_study_of_other_settings_is_not_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "reference"
    kept.mkdir()
    (kept / "settings.yaml").write_text("seed: 7\n")
    (kept / "manifest.json").write_text("{}")
    assert cli.main(["reference", *SHORT, f"results_dir={tmp_path}"]) == 2
    said = capsys.readouterr().err
    assert "seed: 1: the finished study in" in said
    assert "choose another results_dir, or move that one away" in said
    assert not (tmp_path / "compare").exists()


@pytest.mark.parametrize("words", [["map", "Stonebridge", "world=two_countries"], ["reference", *SHORT]])
def test_what_prints_for_people_alone_says_so(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*words, "--json"]) == 2
    assert capsys.readouterr().err.startswith(f"bordersim: --json: {words[0]} prints for people;")


def test_a_study_that_fails_keeps_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["reference", *SHORT[:-2], "assumption_draws=3", f"results_dir={tmp_path}"]) == 2
    assert "assumption_draws is 3" in capsys.readouterr().err
    assert not (tmp_path / "reference").exists()
