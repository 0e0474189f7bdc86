"""Designs have the properties their names promise."""

import itertools
from math import log
from pathlib import Path

import numpy as np
import pytest
from sweep_runs import columns, factors

from experiments.compose import DESIGN, compose
from experiments.design import MOST_POINTS, from_csv, grid, lhs, sobol
from experiments.factors import Factor, read_factors
from experiments.folders import load_yaml, options, shipped_configs
from experiments.questions import Question, ask
from sim.settings.errors import SettingsError


@pytest.mark.parametrize(("points", "seed"), [(1, 0), (7, 1), (50, 2)])
def test_a_latin_hypercube_has_one_point_in_every_stratum_of_every_factor(points: int, seed: int) -> None:
    design = lhs(factors("a", "b", "c", low=-2.0, high=3.0), points, seed)
    for values in columns(design):
        assert sorted(int((v + 2) / 5 * points) for v in values) == list(range(points))


def test_strata_of_a_logarithmic_range_are_even_on_the_logarithm() -> None:
    design = lhs((Factor("a", 1e-6, 1e-2, log=True),), 20, 1)
    assert sorted(int((log(v) - log(1e-6)) / log(1e4) * 20) for (v,) in design.points) == list(range(20))


def test_a_latin_hypercube_takes_single_values_and_whole_numbers_equally_often() -> None:
    design = lhs((Factor("a", 0, 2, values=("x", "y", "z")), Factor("b", 3, 6, whole=True)), 12, 5)
    first, second = columns(design)
    assert [first.count(v) for v in ("x", "y", "z")] == [4, 4, 4]
    assert [second.count(v) for v in (3, 4, 5, 6)] == [3, 3, 3, 3]


@pytest.mark.parametrize(("count", "points"), [(1, 4), (3, 8), (5, 16)])
def test_sobol_points_come_in_blocks_that_change_one_factor_at_a_time(count: int, points: int) -> None:
    design = sobol(factors(*"abcde"[:count]), points, 1)
    rows = np.array(design.points)
    assert len(rows) == points * (count + 2)
    for block in rows.reshape(points, count + 2, count):
        first, last = block[0], block[-1]
        for k in range(count):
            changed = block[k + 1] != first
            assert changed.tolist() == [j == k for j in range(count)]
            assert block[k + 1][k] == last[k]


def test_sobol_base_points_fill_every_stratum_of_their_number() -> None:
    design = sobol(factors("a", "b"), 16, 3)
    for values in columns(design):
        assert sorted(int(v * 16) for v in values[:: len(design.factors) + 2]) == list(range(16))


def test_a_grid_is_the_product_of_its_values() -> None:
    several = (Factor("a", 0, 1, values=("x", "y")), Factor("b", 0.0, 1.0, levels=3), Factor("c", 2, 4, whole=True))
    design = grid(several)
    assert list(design.points) == list(itertools.product(["x", "y"], [0.0, 0.5, 1.0], [2, 3, 4]))


def test_levels_of_a_logarithmic_range_are_even_on_the_logarithm() -> None:
    assert Factor("a", 0.01, 1.0, log=True, levels=3).grid() == pytest.approx([0.01, 0.1, 1.0], rel=1e-12)


def test_whole_numbers_are_not_repeated_where_there_are_fewer_than_levels() -> None:
    assert Factor("a", 1, 2, whole=True, levels=5).grid() == [1, 2]


@pytest.mark.parametrize("kind", [lhs, sobol])
def test_the_same_seed_gives_the_same_design_and_another_seed_another(kind: object) -> None:
    assert callable(kind)
    made = [kind(factors("a", "b"), 8, seed).points for seed in (0, 0, 1)]
    assert made[0] == made[1] != made[2]


def test_a_csv_file_is_read_as_it_stands(tmp_path: Path) -> None:
    raw = compose("compare", ["world=two_countries"]).raw
    file = tmp_path / "points.csv"
    file.write_text(
        "\ufeffpoint, assumptions.trust.per_hit,world.channel_policy,world.smuggling\n"
        "7,0.010000000000000002,blanket,true\n8,0.02,fixed_rate,false\n",
        encoding="utf-8",
    )
    design = from_csv(str(file), raw)
    assert design.paths == ["assumptions.trust.per_hit", "world.channel_policy", "world.smuggling"]
    assert design.points == ((0.010000000000000002, "blanket", True), (0.02, "fixed_rate", False))


def test_a_path_alone_varies_over_its_rows_range_and_a_group_stands_for_its_rows() -> None:
    raw = compose("compare", ["world=two_countries"]).raw
    found = read_factors(["assumptions.pressure", {"assumptions.pressure.scale": {"low": 3, "high": 4}}], raw, 3)
    assert [(f.path, f.low, f.high) for f in found] == [
        ("assumptions.pressure.floor", 0.3, 0.7),
        ("assumptions.pressure.exponent", 0.0, 0.5),
        ("assumptions.pressure.overwork_h", 2.0, 8.0),
        ("assumptions.pressure.scale", 3, 4),
    ]
    assert found[0].unit == "least thoroughness"


def test_rows_of_lists_are_called_by_label() -> None:
    raw = compose("compare", ["world=two_countries"]).raw
    path = "scenarios.combined.measures.training.intensity"
    (factor,) = read_factors([path], raw, 3)
    assert (factor.path, factor.low, factor.high) == (path, 0, 1)


def test_a_users_question_is_read_and_the_command_line_has_the_last_word(tmp_path: Path) -> None:
    (tmp_path / "question").mkdir()
    (tmp_path / "question" / "mine.yaml").write_text("points: 5\nvary:\n  - assumptions.trust\n")
    asked = ask(["world=two_countries", "question=mine", "points=4"], tmp_path)
    assert len(asked.design.points) == 4
    assert all(path.startswith("assumptions.trust.") for path in asked.design.paths)


@pytest.mark.parametrize("name", options("question", [shipped_configs()]))
def test_every_shipped_question_can_be_asked(name: str) -> None:
    assert ask(["world=two_countries", f"question={name}"]).design.points


def test_sweep_starts_from_the_settings_of_compare_so_that_a_point_can_be_run_by_itself() -> None:
    sweep, compare = (load_yaml(shipped_configs() / f"{name}.yaml") for name in ("sweep", "compare"))
    own = {*DESIGN, "replications"}
    assert {k: v for k, v in sweep.items() if k not in own} == {k: v for k, v in compare.items() if k not in own}
    assert set(DESIGN) == set(Question.model_fields)


def test_a_design_that_would_never_end_is_refused_before_it_is_made() -> None:
    many = factors(*map(str, range(60)))
    with pytest.raises(SettingsError, match=f"more than {MOST_POINTS:,} points; vary less"):
        grid(many)
    with pytest.raises(SettingsError, match="more than"):
        sobol(many, 8192, 1)
