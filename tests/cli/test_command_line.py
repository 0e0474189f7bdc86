"""The command line says what it understood, and refuses the rest in one line with exit code 2."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from experiments import cli
from experiments.check import kind_of
from experiments.compose import compose
from experiments.folders import shipped_configs
from sim.settings.errors import BordersimError, SettingsError

BORDERSIM = (sys.executable, "-m", "experiments.cli")
ROW = "{centre: 0.05, low: 0.01, high: 0.1, unit: gain, source: ours}"


def spoken(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = cli.main(words)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("copmare",), "bordersim: command: copmare: is not a command; did you mean compare?"),
        (("compare", "--jsn"), "bordersim: command line: unrecognized arguments: --jsn; see bordersim --help"),
        (("compare", "--cfg", "hydra"), "bordersim: command line: argument --cfg: invalid choice: 'hydra'"),
        (("worlds", "--cfg", "job"), "bordersim: --cfg: job: prints the settings of compare, run or sweep;"),
        (("worlds", "length=smoke"), "bordersim: worlds: length=smoke: takes no settings;"),
        (("run", "world=known_mmc", "replications=0"), "bordersim: replications: 0: must be 1 or more;"),
        (("run", "world=nowhere"), "bordersim: world: nowhere: there is no such world;"),
        (("check", "no_such_file.yaml"), "bordersim: no_such_file.yaml: "),
        (("worlds", "--config-dir", "no_such_folder"), "bordersim: --config-dir: no_such_folder: is not a folder;"),
    ],
)
def test_bad_input_is_one_line_on_standard_error_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], line: str
) -> None:
    code, out, err = spoken(capsys, *words)
    assert (code, out) == (2, "")
    assert err.startswith(line)
    assert err.count("\n") == 1


def test_a_traceback_is_shown_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BORDERSIM_TRACEBACK", "1")
    with pytest.raises(SettingsError):
        cli.main(["run", "world=nowhere"])


@pytest.mark.parametrize(
    ("failure", "code", "line"),
    [
        (KeyboardInterrupt("3 of 10 replications finished"), 130, "interrupted: 3 of 10 replications finished"),
        (KeyboardInterrupt(), 130, "interrupted: nothing was finished"),
        (BordersimError("a worker\n  died"), 1, "a worker died"),
        (SettingsError("seed: -1: must be 0 or more"), 2, "seed: -1: must be 0 or more"),
    ],
)
def test_each_way_to_end_has_its_exit_code(
    capsys: pytest.CaptureFixture[str], failure: BaseException, code: int, line: str
) -> None:
    def ends() -> int:
        raise failure

    assert cli.guarded(ends) == code
    assert capsys.readouterr().err == f"bordersim: {line}\n"


def test_composed_settings_are_printed_as_yaml_that_reads_back(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = spoken(capsys, "compare", "world=known_mmc", "name=mine", "seed=7", "--cfg", "job")
    composed = compose("compare", ["world=known_mmc", "seed=7"])
    assert code == 0
    assert yaml.safe_load(out) == {**composed.raw, "name": "mine", "results_dir": "results", "shard": "1/1"}


def test_worlds_lists_every_world_with_its_volume(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = spoken(capsys, "worlds", "--json")
    rows = {row["world"]: row for row in json.loads(out)}
    assert code == 0
    assert set(rows) == {file.stem for file in (shipped_configs() / "world").glob("*.yaml")}
    assert rows["us_mexico"]["fictional"] == "no"
    assert rows["us_mexico"]["posts"] == 4
    assert rows["us_mexico"]["journeys a day"] == round((670_627 + 133_841 + 169_241 + 20_840) / 366)
    assert rows["known_mmc"]["journeys a day"] == round(24 * 14.4)


def test_scenarios_are_listed_in_aligned_columns_and_a_broken_one_spoils_no_other(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "scenario").mkdir()
    (tmp_path / "scenario" / "broken.yaml").write_text("titel: Broken\n")
    (tmp_path / "scenario" / "late.yaml").write_text(
        "title: Late\nmeasures: [{measure: training, intensity: 0.5, from_day: 300}]\n"
    )
    code, out, _ = spoken(capsys, "scenarios", "--config-dir", str(tmp_path))
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert code == 0
    assert lines["late"].endswith("training 0.5 from day 300")
    assert "did you mean title?" in lines["broken"]
    column = lines["scenario"].index("title")
    assert lines["combined"][column:].startswith("All three")
    assert "integrity 0, tighter_control 0" in lines["idle"]


def test_check_prints_posts_pools_brokers_and_the_size_of_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = spoken(capsys, "check", "world=two_countries", "length=smoke", "replications=3", "--json")
    understood = json.loads(out)
    assert code == 0
    assert [row["post"] for row in understood["posts"]] == ["Lowmarsh", "Stonebridge"]
    assert {row["broker offices"] for row in understood["brokers"]} == {10}
    assert {row["remark"] for row in understood["pools"]} == {""}
    assert understood["size"].startswith("170 legs a day x 10 days x 5 scenarios x 3 replications = 25,500 legs")
    assert "note" not in understood


def test_check_says_first_how_long_and_pools_last_where_they_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("world=two_countries", "length=two_years", "replications=3", "assumption_draws=16", "workers=2")
    code, out, _ = spoken(capsys, "check", *words)
    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith("time: very roughly ")
    assert lines[0].endswith(" with 2 workers, on cores that do nothing else; shared ones may take twice as long")
    assert lines[1].startswith(
        "size: 170 legs a day x 775 days (30 before, 2 windows of 90, 550 counted between them, 15 after) "
        "x 5 scenarios x (3 replications + 16 draws) = about "
    )
    assert re.fullmatch(r"pools: \d+, none overloaded; bordersim check pools ... lists them and brokers", lines[-2])
    assert not any(line.startswith("Stonebridge/") for line in lines)
    whole = spoken(capsys, "check", "pools", *words)[1].splitlines()
    assert sum(line.startswith("Stonebridge/") for line in whole) > 5
    assert whole[:2] == lines[:2]


def test_check_of_a_users_world_says_which_pool_is_overloaded_and_which_numbers_lack_a_source(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shipped = (shipped_configs() / "world" / "two_countries.yaml").read_text()
    primary = '    base: {centre: 1, low: 1, high: 2, unit: "booths per shift", source: "assumption, fictional"}\n'
    assert primary in shipped
    file = tmp_path / "my_border.yaml"
    volume = "centre: 60, low: 40, high: 90"
    file.write_text(shipped.replace(primary, "    base: 1\n").replace(volume, "centre: 900, low: 40, high: 990"))
    code, out, _ = spoken(capsys, "check", str(file))
    assert code == 0
    overloaded = next(line for line in out.splitlines() if line.startswith("Stonebridge/primary"))
    assert overloaded.endswith("overloaded: its queue grows without end")
    assert "1 numbers without unit, range and source: world.pools.primary.base" in out
    assert out.endswith("valid\n")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("kind: queue\ntitle: x\n", "world"),
        ("title: x\nmeasures: []\n", "scenario"),
        (f"trust:\n  per_hit: {ROW}\n", "assumptions"),
        ("burn_in_days: 1\n", "length"),
        ("engine: profiles\n", "targeting"),
    ],
)
def test_the_kind_of_a_file_follows_from_its_keys(tmp_path: Path, content: str, kind: str) -> None:
    (tmp_path / "mine.yaml").write_text(content)
    assert kind_of(tmp_path / "mine.yaml") == kind


def test_check_of_a_scenario_says_its_measures(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "half.yaml"
    file.write_text("title: Half\nmeasures: [{measure: data_sharing, intensity: 0.5}]\n")
    code, out, _ = spoken(capsys, "check", str(file), "world=known_mmc", "--json")
    assert code == 0
    assert json.loads(out)["scenarios"] == [{"scenario": "half", "title": "Half", "measures": "data_sharing 0.5"}]


def test_check_of_assumptions_says_which_rows_differ(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(f"trust:\n  per_hit: {ROW}\n")
    code, out, _ = spoken(capsys, "check", str(file), "world=known_mmc", "--json")
    rows = json.loads(out)["rows that differ from the shipped ones"]
    assert code == 0
    assert [(row["assumption"], row["centre"], row["shipped"]) for row in rows] == [("trust.per_hit", 0.05, 0.02)]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("title: Half\nmeasures: [{measure: trainin}]\n", "scenarios.mine: trainin: is not a measure; did you mean"),
        ("burn_in_days: 1\nwindow_days: 0\ncool_down_days: 1\n", "length.window_days: 0: must be 1 or more;"),
        ("trust: [\n", "line 2: "),
        ("colour: red\n", "colour: is none of world, scenario, assumptions, length, targeting, question;"),
    ],
)
def test_check_refuses_a_users_file_with_its_fault(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str, line: str
) -> None:
    (tmp_path / "mine.yaml").write_text(content)
    code, _, err = spoken(capsys, "check", str(tmp_path / "mine.yaml"), "world=known_mmc")
    assert code == 2
    assert line in err
    assert err.count("\n") == 1


def test_a_shipped_file_can_be_checked_where_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    assert spoken(capsys, "check", str(shipped_configs() / "world" / "known_mg1.yaml"))[0] == 0


def test_a_second_config_dir_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = spoken(capsys, "worlds", "--config-dir", "a", "--config-dir", "b")
    assert (code, err) == (2, "bordersim: --config-dir: a, b: there is one; put all settings in one folder\n")


@pytest.mark.parametrize("words", [("worlds",), ("run", "--cfg", "job", "world=known_mmc")])
def test_output_that_cannot_be_written_is_one_line_and_exit_code_1(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        process = subprocess.run([*BORDERSIM, *words], stdout=full, stderr=subprocess.PIPE, text=True)
    assert process.returncode == 1
    assert process.stderr.startswith("bordersim: standard output: No space left on device;")
    assert process.stderr.count("\n") == 1


def test_a_reader_that_leaves_does_not_make_a_whole_result_a_failure(tmp_path: Path) -> None:
    words = ["run", "world=known_mmc", "length=smoke", "replications=1", "engine=simpy", f"results_dir={tmp_path}"]
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.run([*BORDERSIM, *words, "name=unread"], stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert (process.returncode, process.stderr) == (0, "")
    assert (tmp_path / "run" / "unread" / "manifest.json").is_file()


@pytest.mark.parametrize(
    "words", [("run", "world=known_mmc", "engine=loop"), ("verify-engines", "world=known_mmc"), ("benchmark",)]
)
def test_without_numba_what_needs_it_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...]
) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    place = [] if words[0] == "verify-engines" else [f"results_dir={tmp_path}", "name=none"]
    code, out, err = spoken(capsys, *words, *place)
    assert (code, out) == (2, "")
    assert "the package numba cannot be loaded" in err
    assert err.count("\n") == 1


def test_once_the_command_line_has_ended_no_request_to_end_is_heard() -> None:
    ends = "import os, signal, sys; from experiments.cli import main; sys.argv[1:] = ['--version']; code = main(); "
    late = "[os.kill(os.getpid(), kind) for kind in (signal.SIGINT, signal.SIGTERM)]; sys.exit(code)"
    process = subprocess.run([sys.executable, "-c", ends + late], capture_output=True, text=True)
    assert (process.returncode, process.stderr) == (0, "")


def test_letters_the_terminal_does_not_have_are_written_as_codes(tmp_path: Path) -> None:
    (tmp_path / "world").mkdir()
    shipped = (shipped_configs() / "world" / "known_mmc.yaml").read_text()
    (tmp_path / "world" / "mine.yaml").write_text(
        shipped.replace("title: M/M/3", "title: Übergang 中"), encoding="utf-8"
    )
    words = ["run", "world=mine", "--config-dir", str(tmp_path), "length=smoke", "replications=1", "engine=simpy"]
    words += [f"results_dir={tmp_path}", "name=ascii"]
    plain = os.environ | {"PYTHONIOENCODING": "ascii"}
    process = subprocess.run([*BORDERSIM, *words], env=plain, capture_output=True, text=True)
    assert (process.returncode, process.stderr) == (0, "")
    assert "\\xdcbergang \\u4e2d" in process.stdout


@pytest.mark.parametrize("kind", ["SIGINT", "SIGTERM"])
def test_a_request_to_end_within_code_made_from_text_ends_with_130(tmp_path: Path, kind: str) -> None:
    text = f"import os, signal; os.kill(os.getpid(), signal.{kind}); [None for _ in range(1000)]"
    program = f"import sys\nfrom experiments.cli import guarded\nsys.exit(guarded(lambda: exec({text!r})))\n"
    (tmp_path / "made.py").write_text(program)
    place = os.environ | {"PYTHONPATH": str(Path(cli.__file__).parents[1])}
    command = [sys.executable, "-m", "made"]
    process = subprocess.run(command, cwd=tmp_path, env=place, capture_output=True, text=True)
    assert (process.returncode, process.stderr) == (130, "bordersim: interrupted: nothing was finished\n")


def test_a_keyboard_that_is_to_be_ignored_is_ignored() -> None:
    made = "signal.signal(signal.SIGINT, signal.SIG_IGN); guarded(lambda: os.kill(os.getpid(), signal.SIGINT) or 0)"
    program = f"import os, signal, sys; from experiments.cli import guarded; {made}"
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (process.returncode, process.stderr) == (0, "")
