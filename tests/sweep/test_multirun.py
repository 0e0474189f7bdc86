"""`--multirun` runs one job per combination, each in a folder of its own."""

import json
from pathlib import Path

import pytest

from experiments import cli
from experiments.multirun import jobs_of
from sim.settings.errors import SettingsError

QUICK = ("length=smoke", "replications=1", "workers=1", "scenarios=[baseline,idle]")


def test_jobs_are_the_product_of_all_values_in_hydras_grammar() -> None:
    jobs = jobs_of(["seed=1,2", "world=choice(a,b)", "scenarios=[x,y]", "~legs", "tick_ms=range(1,3)"])
    assert len(jobs) == 8
    assert jobs[0] == ["seed=1", "world=a", "scenarios=[x,y]", "~legs", "tick_ms=1"]
    assert jobs[-1] == ["seed=2", "world=b", "scenarios=[x,y]", "~legs", "tick_ms=2"]


@pytest.mark.parametrize("word", ["seed=interval(0,1)", "seed=1,2,[", "scenario=glob(*)"])
def test_values_that_cannot_be_gone_through_are_refused(word: str) -> None:
    with pytest.raises(SettingsError, match=r"write a,b,c or range\(1,4\)"):
        jobs_of([word])


def test_each_job_leaves_its_folder_and_what_is_finished_is_not_run_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["compare", "-m", "world=known_mmc", "seed=1,2", *QUICK, "name=two", f"results_dir={tmp_path}"]
    assert cli.main(words) == 0
    lines = capsys.readouterr().out.splitlines()[-3:]
    assert [line.split()[:3] for line in lines] == [
        ["job", "overrides", "state"],
        ["0", "seed=1", "finished"],
        ["1", "seed=2", "finished"],
    ]
    manifests = [tmp_path / "multirun" / "two" / str(job) / "manifest.json" for job in (0, 1)]
    assert [json.loads(file.read_text())["seed"] for file in manifests] == [1, 2]
    written = [file.stat().st_mtime_ns for file in manifests]
    assert cli.main([*words, "--json"]) == 0
    assert [row["state"] for row in json.loads(capsys.readouterr().out)["jobs"]] == ["finished", "finished"]
    assert [file.stat().st_mtime_ns for file in manifests] == written


def test_every_job_is_validated_before_the_first_begins(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code = cli.main(["compare", "-m", "world=known_mmc,nowhere", *QUICK, f"results_dir={tmp_path / 'r'}"])
    assert code == 2
    assert "world: nowhere: there is no such world" in capsys.readouterr().err
    assert not (tmp_path / "r").exists()


def test_multirun_of_what_does_not_simulate_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["worlds", "--multirun"]) == 2
    assert "--multirun: runs compare, run or sweep several times" in capsys.readouterr().err


def test_a_job_whose_manifest_makes_no_sense_is_refused_in_one_line_and_kept(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    manifest = tmp_path / "multirun" / "odd" / "0" / "manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("[")
    code = cli.main(["run", "-m", "world=known_mmc", "seed=1", "length=smoke", "name=odd", f"results_dir={tmp_path}"])
    err = capsys.readouterr().err
    assert (code, err.count("\n")) == (2, 1)
    assert "already holds results, which are never overwritten" in err
    assert manifest.read_text() == "["
