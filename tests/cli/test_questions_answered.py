"""Every question from its one command to its page, at the length that shows that everything runs."""

from pathlib import Path

import pandas as pd
import pytest

from experiments import cli
from experiments.folders import options, shipped_configs
from experiments.presets import read_preset

QUESTIONS = {name: read_preset(name, [shipped_configs()]) for name in options("question", [shipped_configs()])}
LONG = ("corridor_two_years", "doses", "keep_detection", "one_budget", "sharing_channels", "slow_one_stop")
"""Questions of many runs: ten seconds and more."""
SHORT = (
    "length=smoke",
    "length.burn_in_days=1",
    "length.window_days=3",
    "length.cool_down_days=1",
    "workers=1",
    "engine=loop",
)


def answered(folder: Path, name: str, *more: str) -> Path:
    preset = QUESTIONS[name]
    words = [preset.command, f"question={name}", *SHORT, *more, f"results_dir={folder}", "name=a"]
    assert cli.main(words) == 0
    result = folder / preset.command / "a"
    page = (result / "report.html").read_text()
    assert f"<h1>{preset.title}</h1>" in page.replace("&#39;", "'")
    assert preset.cannot_tell.split(":")[0] in page.replace("&#39;", "'").replace("&#34;", '"')
    return result


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in LONG else name for name in sorted(QUESTIONS)]
)
def test_every_question_is_answered_by_its_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    result = answered(
        tmp_path, name, *(("replications=2",) if name in ("going_alone", "keep_detection") else ("replications=1",))
    )
    assert QUESTIONS[name].title.split(":")[0] in " ".join(capsys.readouterr().out.split())
    if name == "keep_detection":
        table = pd.read_csv(result / "tables" / "faster_as_safe.csv")
        assert set(table["scenario"]) == set(QUESTIONS[name].settings["scenarios"]) - {"baseline"}
        assert "The answer" in (result / "report.html").read_text()


def test_what_would_repay_the_cost_is_told_at_every_point(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vary = "vary={scenarios.data_sharing.measures.data_sharing.intensity:{values:[0.5,1]}}"
    result = answered(tmp_path, "break_even", vary, "replications=2")
    table = pd.read_csv(result / "tables" / "break_even.csv")
    assert len(table) == 2
    # 4 million to set up over five years and a million a year to run, at full strength; meetings cost wages besides.
    cost = table["cost_usd_per_year"].tolist()
    assert cost[0] == pytest.approx(cost[1] / 2)
    assert 1.8e6 < cost[1] < 1.9e6
    assert table["net_usd_per_year"].to_numpy() == pytest.approx(table["saved_usd_per_year"] - cost)
    said = " ".join(capsys.readouterr().out.split())
    assert "Tried were 2 points, with intensity 0.50 to 1.0: it was not" in said
    assert "The answer" in (result / "report.html").read_text()
