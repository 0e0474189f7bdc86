"""Assumptions drawn in a comparison: what is drawn, what is refused, what is kept, and a sign that truly turns."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from policy_runs import differing, facts_of

from experiments import cli
from experiments.assumption_range import Effects
from experiments.compare import followed, tables_of
from experiments.compose import compose, validate
from experiments.design import Design
from experiments.draws import drawn_factors, draws_of
from experiments.entries import EntryStore
from experiments.owners import asleep, read_by
from experiments.points import Point, run_points
from experiments.schema import numbers
from sim.measures.registry import MEASURES
from sim.settings.run import RunSettings

MMC = ("world=known_mmc", "scenarios=[baseline,idle]", "length=smoke", "replications=2", "workers=1")
SLOWER = "world.mean_service_min={centre: 7, low: 5, high: 9}"
SHORT = ("world=two_countries", "length.burn_in_days=0", "length.window_days=4", "length.cool_down_days=0")
TWO = ("world=two_countries", "length=smoke")


def drawn(*words: str) -> Any:
    composed = compose("compare", words)
    return draws_of(composed.settings, composed.raw)


def test_every_number_with_a_range_is_drawn_and_stays_within_it() -> None:
    composed = compose("compare", [*TWO, "assumption_draws=16"])
    design = draws_of(composed.settings, composed.raw).design
    ranged = {
        path: row
        for path, row in numbers(RunSettings, composed.raw)
        if isinstance(row, dict) and row["low"] < row["high"] and not path.startswith("scenarios.")
    }
    assert set(design.paths) == set(ranged)
    assert len(ranged) > 200
    for factor, values in zip(design.factors, zip(*design.points, strict=True), strict=True):
        assert ranged[factor.path]["low"] <= min(values) < max(values) <= ranged[factor.path]["high"]


def test_a_draw_is_as_likely_below_the_centre_as_above_it() -> None:
    composed = compose("compare", [*TWO, "assumption_draws=32"])
    design = draws_of(composed.settings, composed.raw).design
    factor = design.factors[design.paths.index("assumptions.smugglers.gain_drugs_usd")]
    assert (factor.low, factor.centre, factor.high) == (100_000, 500_000, 2_000_000)
    values = [point[design.paths.index(factor.path)] for point in design.points]
    assert sum(v < factor.centre for v in values) == 16


def test_a_number_given_by_itself_is_held() -> None:
    path = "assumptions.staff.skill_sd"
    factors = [f.path for f in drawn_factors(compose("compare", [*TWO, f"{path}=0.1"]).raw)]
    assert path not in factors
    assert len(factors) > 200


def test_draws_are_points_of_one_replication_on_worlds_of_their_own() -> None:
    found = drawn(*TWO, "assumption_draws=16", "replications=3", "legs=true")
    assert [p.number for p in found.points] == list(range(1, 17))
    assert {p.settings.replications for p in found.points} == {1}
    assert {p.settings.engine for p in found.points} == {"loop"}  # as the central replications, whatever the length
    assert len({p.settings.seed for p in found.points}) == 16
    assert not any(p.settings.legs for p in found.points)


def test_the_same_seed_draws_the_same_and_another_seed_something_else() -> None:
    one, same, other = (drawn(*TWO, "assumption_draws=16", f"seed={seed}") for seed in (1, 1, 2))
    assert one.design.points == same.design.points != other.design.points
    assert [p.settings.seed for p in one.points] == [p.settings.seed for p in same.points]


def test_what_does_not_go_together_is_drawn_anew_and_said() -> None:
    found = drawn(*TWO, "assumption_draws=64")
    assert len(found.points) == 64
    assert any("drugs_share + counterfeit_share" in reason for reason in found.refused)
    settings = [p.settings.assumptions.consignments for p in found.points]
    assert all(c.drugs_share + c.counterfeit_share <= 1 + 1e-9 for c in settings)


@pytest.mark.parametrize("scenario", ["baseline", *MEASURES])
def test_what_only_an_absent_measure_reads_moves_no_number_of_a_scenario(scenario: str) -> None:
    composed = compose("run", [*SHORT, f"scenario={scenario}"])
    design = Design("lhs", drawn_factors(composed.raw), ())
    read = read_by(design, composed.settings, composed.settings.scenarios.values())
    moved = [f"{f.path}={f.at(0.9)}" for f in design.factors if f not in read.factors]
    assert len(moved) > 50
    assert differing(facts_of(*SHORT, scenario=scenario), facts_of(*SHORT, *moved, scenario=scenario)) == set()


def test_what_a_world_is_without_moves_no_number_of_it() -> None:
    short = ("world=northern_corridor", *SHORT[1:])
    composed = compose("run", short)
    factors = drawn_factors(composed.raw)
    moved = [f"{f.path}={f.at(0.9)}" for f in factors if f.path.startswith(tuple(asleep(composed.settings)))]
    assert len(moved) == 15 + 1 + 1 + 6  # bribery, its price to traders, reds where goods leave, learning
    assert differing(facts_of(*short, scenario="baseline"), facts_of(*short, *moved, scenario="baseline")) == set()


@pytest.mark.parametrize(("words", "beginning"), [
    (("world=corrupt_post",), "assumptions.bribery."),
    (("world=us_mexico",), "world.exit_red_share"),
    (("targeting=learned",), "assumptions.targeting.learning_rate"),
])  # fmt: skip
def test_where_there_is_such_a_thing_its_assumptions_are_read(words: tuple[str, ...], beginning: str) -> None:
    composed = compose("run", words)
    assert beginning not in set(asleep(composed.settings))
    assert beginning in set(asleep(compose("run", ["world=northern_corridor"]).settings))


def test_an_effect_follows_only_what_its_scenario_or_the_reference_reads() -> None:
    composed = compose("compare", [*TWO, "scenarios=[seminar,training,standardisation]", "assumption_draws=16"])
    design = draws_of(composed.settings, composed.raw).design
    own = (
        "assumptions.seminar.course_usd",
        "assumptions.measures.training_share",
        "assumptions.measures.standardisation_setup_usd",
    )
    foreign = ("assumptions.measures.equipment_setup_usd", "assumptions.mentoring.share")
    cells = [
        {
            "scenario": name,
            "reference": "seminar",
            "indicator": path,
            "unit": "USD" if path.endswith("_usd") else "h",
            "period": "transition",
            "group": "all",
        }
        for name in ("training", "standardisation")
        for path in (*own, *foreign)
    ]
    cells.append({**cells[0], "unit": "h"})  # no time follows a price
    values = np.array([[point[design.paths.index(cell["indicator"])] for point in design.points] for cell in cells])
    effects = Effects(pd.DataFrame(cells), tuple(range(1, 17)), values, np.zeros(len(cells)))
    top = followed(composed.settings, design, effects).query("rank == 1")
    perfect = top[top["correlation"].abs() > 0.999]
    assert list(zip(perfect["scenario"], perfect["factor"], strict=True)) == [
        ("training", own[1]), ("training", own[0]), ("standardisation", own[0]), ("standardisation", own[2]),
    ]  # fmt: skip
    assert (perfect["p"] <= 0.01).all()


def refusal(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert cli.main(["compare", *words]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("assumptions.staff.skill_sd={low: 0.09}",), "assumptions.staff.skill_sd: centre 0.08 lies outside its range"),
        (("assumption_draws=3",), "assumption_draws is 3; fewer than 16"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    assert said in refusal(capsys, f"results_dir={tmp_path}", *words)


def test_ranges_that_hold_nothing_possible_are_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = ("drugs_share={centre: 0.4, low: 0.4, high: 0.4001}", "counterfeit_share={centre: 0.6, low: 0.6, high: 1}")
    words = [f"assumptions.consignments.{row}" for row in rows]
    line = refusal(capsys, *TWO, *words, "assumption_draws=16", f"results_dir={tmp_path}")
    assert "draws in a row were impossible" in line
    assert line.endswith("narrow the ranges it names")


@pytest.mark.parametrize("command", ["run", "sweep"])
def test_only_a_comparison_draws_besides(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert cli.main([command, "assumption_draws=16"]) == 2
    assert "assumption_draws" in capsys.readouterr().err


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(folder / "tables" / f"{name}.parquet")


def test_draws_are_kept_apart_from_the_simulation_and_go_on_where_they_stopped(tmp_path: Path) -> None:
    words = [*MMC, SLOWER, f"results_dir={tmp_path}"]
    assert cli.main(["compare", *words, "name=central"]) == 0
    assert cli.main(["compare", *words, "name=drawn", "assumption_draws=16", "shard=1/3"]) == 0
    assert cli.main(["compare", *words, "name=drawn", "assumption_draws=16"]) == 0
    central, found = (tmp_path / "compare" / name for name in ("central", "drawn"))
    assert json.loads((found / "manifest.json").read_text())["replications_found"] == 6
    pd.testing.assert_frame_equal(table(central, "summary"), table(found, "summary"))
    assert not len(table(central, "assumption_ranges"))
    reach = table(found, "assumption_ranges").query("indicator == 'clearance_mean_h' and group == 'all'")
    assert (reach[["low", "median", "high", "above", "below"]] == 0).all(axis=None)  # idle does nothing anywhere
    assert set(table(found, "draws").query("factor == 'world.mean_service_min'")["draw"]) == set(range(1, 17))
    assert not len(table(found, "drivers"))


@pytest.mark.slow
def test_a_sign_that_turns_in_the_model_is_said_to_depend_on_what_turns_it(tmp_path: Path) -> None:
    # A common form saves re-keying and queries; officers who forget their craft over it for good cost more than that.
    turning = "assumptions.measures.standardisation_skill_loss"
    composed = compose(
        "compare",
        [
            *TWO, "scenarios=[baseline,standardisation]", "replications=6", "assumption_draws=48", "workers=2",
            f"{turning}={{centre: 0.6, low: 0.0, high: 0.98}}", "world.pools.documents.load=0.8",
            "assumptions.measures.standardisation_recovery_d=365", "length.window_days=10",
        ],
    )  # fmt: skip
    raw = _still(composed.raw, turning)
    settings = validate(raw)
    draws = draws_of(settings, raw)
    assert draws.design.paths == [turning]
    store = EntryStore(tmp_path)
    assert run_points([Point(0, settings), *draws.points], store, progress=False).whole
    tables, _ = tables_of(settings, draws, store)
    row = tables["differences"].query("indicator == 'clearance_mean_h' and family == 'primary'").iloc[0]
    assert row["verdict"] == "depends on measures.standardisation_skill_loss"
    top = tables["drivers"].query("indicator == 'clearance_mean_h' and period == 'transition'").iloc[0]
    assert top["effect_low"] < 0 < top["effect_high"]


def _still(raw: Any, moving: str, path: str = "") -> Any:
    """Settings of which one row alone keeps its range."""
    if isinstance(raw, dict) and "centre" in raw:
        return raw if path == moving else raw | {"low": raw["centre"], "high": raw["centre"]}
    if isinstance(raw, dict):
        return {key: _still(value, moving, f"{path}.{key}".lstrip(".")) for key, value in raw.items()}
    if isinstance(raw, list):
        return [_still(value, moving, f"{path}.{k}") for k, value in enumerate(raw)]
    return raw
