"""What people see at a terminal: whole words within 80 characters, verdict below its change."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from synthetic_sums import MEASURES, border_sums

from experiments.compose import compose
from experiments.printing import print_comparison
from experiments.tables import differences_table, summary_table
from sim.settings.run import Length

SCENARIOS = ("baseline", *MEASURES)


def printed(
    capsys: pytest.CaptureFixture[str],
    replications: int,
    window_days: int = 90,
    draws: int = 0,
    words: tuple[str, ...] = (),
) -> str:
    sums = border_sums(replications)
    tables = {"summary": summary_table(sums), "differences": differences_table(sums, "baseline", MEASURES)}
    tables["assumption_ranges"] = pd.DataFrame({"draws": [draws] if draws else []})
    settings = compose("compare", ["world=two_countries", f"replications={replications}", *words]).settings
    length = Length(burn_in_days=30, window_days=window_days, cool_down_days=15)
    settings = settings.model_copy(update={"length": length})
    found: Any = SimpleNamespace(tables=tables, reference="baseline", legs=1000, wall_s=2.0)
    folder: Any = SimpleNamespace(report=Path("results/compare") / ("a-long-name-" * 9) / "report.html", path=Path())
    print_comparison(settings, found, folder, as_json=False)
    return re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)


@pytest.fixture(autouse=True)
def narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("experiments.printing.Console.is_terminal", True)


def test_nothing_is_cut_off_on_a_terminal_of_80_characters(capsys: pytest.CaptureFixture[str]) -> None:
    *rest, report = printed(capsys, 12).rstrip().splitlines()
    assert "…" not in "".join(rest)
    assert max(map(len, rest)) <= 80
    for scenario in SCENARIOS:
        assert any(line.split()[:1] == [scenario] for line in rest)
    assert report.endswith("/report.html")


def test_verdict_stands_below_its_change(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, 12).splitlines()
    changed = next(n for n, line in enumerate(lines) if line.split()[:1] == ["standardisation"] and "[" in line)
    assert "to" in lines[changed]
    assert "resolved (simulation only)" in lines[changed + 1]


def test_what_was_drawn_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Assumptions stood at their centre; assumption_draws=32" in " ".join(printed(capsys, 12).split())
    assert "in nine of ten of 48 draws of every number with a range" in " ".join(printed(capsys, 12, draws=48).split())


def test_one_replication_resolves_nothing_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, 1)
    assert "1 replication of" in text
    assert "One replication gives no interval" in text
    assert "four times in five" not in text


@pytest.mark.parametrize(("days", "said"), [(5, True), (90, False)])
def test_short_window_is_called_too_short(capsys: pytest.CaptureFixture[str], days: int, said: bool) -> None:
    assert ("too few to learn from" in printed(capsys, 12, days)) is said


def test_a_measure_that_acts_after_the_last_day_measured_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    decided = ("scenarios.training.measures.training.starts_with=decision",)
    lead_d = compose("compare").settings.assumptions.measures.training_lead_d
    last = round(lead_d)
    told = f"Training: training acts from day {last + 1}, after day {last}, the last measured."
    assert told in " ".join(printed(capsys, 12, window_days=last, words=decided).split())
    assert "the last measured" not in printed(capsys, 12, window_days=last + 1, words=decided)
