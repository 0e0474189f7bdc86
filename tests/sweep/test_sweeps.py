"""A sweep is its points, each as `compare` would run it, in one table."""

import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from sweep_runs import ERROR, GAIN, SMALL, swept, table, words

import experiments.points
from experiments import cli
from sim.replication import ReplicationResult, replicate_once
from sim.settings.run import RunSettings

FACTORS = (f"vary=[{GAIN},{ERROR}]", "points=3")


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return swept(tmp_path_factory.mktemp("results"), "small", *FACTORS)


def test_every_point_is_bit_for_bit_what_compare_makes_of_its_settings(result: Path, tmp_path: Path) -> None:
    point = table(result, "design").iloc[1]
    own = [f"{path}={point[path]!r}" for path in (GAIN, ERROR)]
    own = [word.replace("np.float64(", "").rstrip(")") for word in own]
    assert cli.main(["compare", *SMALL, *own, f"results_dir={tmp_path}", "name=alone"]) == 0
    for mine, theirs in (("points", "summary"), ("differences", "differences")):
        rows = table(result, mine).query("point == 1").drop(columns=["point", GAIN, ERROR]).reset_index(drop=True)
        pd.testing.assert_frame_equal(rows, table(tmp_path / "compare" / "alone", theirs), check_exact=True)


def test_a_factor_that_does_nothing_in_a_scenario_changes_none_of_its_numbers(tmp_path: Path) -> None:
    share = "assumptions.measures.standardisation_adopted_share"
    result = swept(tmp_path, "crn", f"vary=[{share}]", "points=2", "scenarios=[baseline,standardisation]")
    points = table(result, "points").drop(columns=share)
    by = {key: rows.drop(columns="point").reset_index(drop=True) for key, rows in points.groupby(["scenario", "point"])}
    pd.testing.assert_frame_equal(by["baseline", 0], by["baseline", 1], check_exact=True)
    assert not by["standardisation", 0].equals(by["standardisation", 1])


def test_the_folder_holds_what_is_promised_and_every_column_has_a_meaning(result: Path) -> None:
    dictionary = table_of_csv(result, "dictionary")
    for name in ("points", "differences", "design", "ranges", "sensitivity", "factors", "failures"):
        frame = table_of_csv(result, name)
        assert set(frame.columns) == set(dictionary[dictionary["table"] == name]["column"])
    assert len(table(result, "design")) == 3
    assert set(table(result, "sensitivity")["factor"]) == {GAIN, ERROR}
    page = (result / "report.html").read_text()
    assert "Exploratory" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert {file.suffix for file in (result / "figures").iterdir()} == {".png", ".svg"}
    manifest = json.loads((result / "manifest.json").read_text())
    assert manifest["points"] == 3
    assert manifest["settings"]["vary"] == [GAIN, ERROR]


def table_of_csv(result: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(result / "tables" / f"{name}.csv")


def test_a_design_read_back_from_a_file_gives_the_same_results(result: Path, tmp_path: Path) -> None:
    file = result / "tables" / "design.csv"
    again = swept(tmp_path, "again", "design=csv", f"file={file}")
    pd.testing.assert_frame_equal(table(result, "points"), table(again, "points"), check_exact=True)


def test_programs_get_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code = cli.main([*words(tmp_path, "json", "design=grid", f"vary={{{GAIN}:{{values:[0.1,0.2]}}}}"), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert code == 0
    assert [row[GAIN] for row in found["design"]] == [0.1, 0.2]
    assert {row["group"] for row in found["points"]} == {"all"}
    assert found["failures"] == []
    assert Path(found["folder"]).is_dir()


def test_people_get_ranges_and_the_place(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    swept(tmp_path, "people", "design=grid", "levels=2", "vary=[world.posts.Stonebridge.journeys_per_day]")
    out = capsys.readouterr().out
    assert "grid design of 2 points over 1 settings" in out
    assert f"report: {tmp_path / 'sweep' / 'people' / 'report.html'}" in " ".join(out.split())


def test_one_scenario_can_be_swept_and_sobol_indices_of_its_levels_are_written(tmp_path: Path) -> None:
    vary = "vary={world.mean_service_min:{low:5,high:9},world.servers:{low:5,high:6}}"
    result = swept(tmp_path, "mmc", "world=known_mmc", "scenarios=[baseline]", "design=sobol", "points=2", vary)
    assert len(table(result, "design")) == 2 * (2 + 2)
    assert set(table(result, "design")["world.servers"]) <= {5, 6}
    assert not len(table(result, "differences"))
    assert set(table(result, "sensitivity")["index"]) == {"first-order", "total"}


def test_where_nothing_changes_levels_are_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    vary = "vary={world.mean_service_min:{low:5,high:9}}"
    swept(tmp_path, "idle", "world=known_mmc", "scenarios=[baseline,idle]", "points=6", vary)
    out = capsys.readouterr().out
    assert "level of clearance, baseline: follows world.mean_service_min most" in out


class Failing:
    """Simulates, but not at one point."""

    def __init__(self, gain: float) -> None:
        self.gain = gain

    def __call__(self, settings: RunSettings, replication: int) -> ReplicationResult:
        if settings.assumptions.measures.training_gain == self.gain:
            raise ZeroDivisionError("no officer left")
        return replicate_once(settings, replication)


def test_a_failing_point_is_listed_with_a_command_that_works_and_the_others_are_finished(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = words(tmp_path, "part", "design=grid", f"vary={{{GAIN}:{{values:[0.1,0.2]}}}}")
    with monkeypatch.context() as broken:
        broken.setattr(experiments.points, "replicate_once", Failing(0.2))
        assert cli.main(asked) == 1
    result = tmp_path / "sweep" / "part"
    err = capsys.readouterr().err
    assert "point 1, replication 0: ZeroDivisionError: no officer left; by itself: bordersim compare" in err
    failures = table(result, "failures")
    assert failures["point"].tolist() == [1]
    assert set(table(result, "points")["point"]) == {0}
    command = shlex.split(failures["command"].iloc[0])
    assert cli.main([*command[1:], "name=alone"]) == 0
    assert cli.main(asked) == 0, "typed again, it finishes what failed"
    rows = table(result, "points").query("point == 1").drop(columns=["point", GAIN]).reset_index(drop=True)
    pd.testing.assert_frame_equal(rows, table(tmp_path / "compare" / "alone", "summary"), check_exact=True)


def test_a_sweep_of_which_every_point_fails_says_so(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experiments.points, "replicate_once", Failing(0.2))
    assert cli.main(words(tmp_path, "none", "design=grid", f"vary={{{GAIN}:{{values:[0.2]}}}}")) == 1
    assert "no point finished; point 0: ZeroDivisionError" in capsys.readouterr().err


def test_a_killed_sweep_goes_on_and_ends_as_if_nothing_had_happened(result: Path, tmp_path: Path) -> None:
    arguments = words(tmp_path, "killed", *FACTORS)
    command = [sys.executable, "-m", "experiments.cli", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    finished = tmp_path / "sweep" / "killed"
    while len(list(finished.glob("entries/*/*/entry.json"))) < 2:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (finished / "manifest.json").exists()
    assert cli.main(arguments) == 0
    assert json.loads((finished / "manifest.json").read_text())["replications_found"] >= 1
    for name in ("points", "differences", "sensitivity"):
        assert (finished / "tables" / f"{name}.csv").read_bytes() == (result / "tables" / f"{name}.csv").read_bytes()


def test_composed_settings_and_check_show_the_design(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.main([*words(tmp_path, "shown", *FACTORS), "--cfg", "job"]) == 0
    shown: dict[str, Any] = yaml.safe_load(capsys.readouterr().out)
    assert (shown["points"], shown["vary"], shown["name"]) == (3, [GAIN, ERROR], "shown")
    assert cli.main(["check", "sweep", *SMALL, *FACTORS, "--json"]) == 0
    understood = json.loads(capsys.readouterr().out)
    assert understood["design"] == "lhs, 3 points over 2 settings"
    assert [row["factor"] for row in understood["factors"]] == [GAIN, ERROR]
    assert "1 replications x 3 points" in understood["size"]


def test_a_users_question_file_can_be_checked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("design: grid\nvary: [assumptions.measures.training_gain]\n")
    assert cli.main(["check", str(file), "world=two_countries"]) == 0
    assert "grid, 3 points over 1 settings" in capsys.readouterr().out
