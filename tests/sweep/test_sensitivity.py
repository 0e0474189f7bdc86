"""Indices of functions whose indices are known."""

import numpy as np
import pandas as pd
import pytest
from sweep_runs import factors

from experiments.design import Design, lhs, sobol
from experiments.sensitivity import indices, sensitivity_table

PI = float(np.pi)


def ishigami(rows: np.ndarray) -> np.ndarray:
    """Ishigami and Homma (1990), a = 7, b = 0.1."""
    x, y, z = rows.T
    return np.sin(x) + 7 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x)


def by_index(design: Design, outcome: np.ndarray, seed: int = 1) -> dict[tuple[str, str], dict[str, float]]:
    return {(row["factor"], row["index"]): row for row in indices(design, outcome, seed)}


@pytest.fixture(scope="module")
def ishigami_design() -> Design:
    return sobol(factors("x", "y", "z", low=-PI, high=PI), 1024, 1)


def test_sobol_indices_of_the_ishigami_function_are_the_known_ones(ishigami_design: Design) -> None:
    # Variance parts: Sobol' and Levitan (1999); V1 = (1 + b pi^4/5)^2/2, V2 = a^2/8, V13 = b^2 pi^8 (1/18 - 1/50).
    v1, v2, v13 = (1 + 0.1 * PI**4 / 5) ** 2 / 2, 49 / 8, 0.01 * PI**8 * (1 / 18 - 1 / 50)
    total = v1 + v2 + v13
    known = {
        "first-order": {"x": v1 / total, "y": v2 / total, "z": 0.0},
        "total": {"x": (v1 + v13) / total, "y": v2 / total, "z": v13 / total},
    }
    found = by_index(ishigami_design, ishigami(np.array(ishigami_design.points)))
    for index, values in known.items():
        for factor, value in values.items():
            row = found[factor, index]
            assert row["value"] == pytest.approx(value, abs=0.03)
            assert row["lower"] - 0.01 <= value <= row["upper"] + 0.01
            assert row["points"] == 1024 * 5


def test_a_missing_point_costs_its_block_and_no_more(ishigami_design: Design) -> None:
    outcome = ishigami(np.array(ishigami_design.points))
    outcome[[0, 3, 12]] = np.nan  # two in the first block, one in the third
    row = by_index(ishigami_design, outcome)["x", "total"]
    assert row["points"] == 1022 * 5
    assert row["value"] == pytest.approx(0.5576, abs=0.03)


@pytest.mark.parametrize("seed", [0, 1])
def test_intervals_of_sobol_indices_repeat_with_the_seed(seed: int) -> None:
    design = sobol(factors("x", "y"), 64, 1)
    outcome = np.array(design.points).sum(axis=1)
    assert indices(design, outcome, seed) == indices(design, outcome, seed)


@pytest.mark.parametrize("kind", [lhs, sobol])
def test_an_outcome_that_never_changes_follows_nothing(kind: object) -> None:
    assert callable(kind)
    design = kind(factors("x", "y"), 8, 1)
    assert all(np.isnan(row["value"]) for row in indices(design, np.full(len(design.points), 3.0), 1))


def test_a_rank_correlation_is_one_for_whatever_rises_and_its_interval_shuts_out_nothing_else() -> None:
    design = lhs(factors("x", "noise"), 40, 1)
    outcome = np.exp(5 * np.array(design.points)[:, 0])
    found = by_index(design, outcome)
    assert found["x", "rank correlation"]["value"] == pytest.approx(1.0)
    noise = found["noise", "rank correlation"]
    assert noise["lower"] < 0 < noise["upper"]


def test_factors_that_do_nothing_are_seldom_said_to_do_something() -> None:
    rng = np.random.default_rng(1)
    design = lhs(factors(*"abcdefghij"), 30, 1)
    wrong = sum(
        any(row["lower"] > 0 or row["upper"] < 0 for row in indices(design, rng.normal(size=30), 1)) for _ in range(300)
    )
    assert wrong / 300 < 0.08  # 5 % for all ten together, with three standard errors


def test_levels_and_changes_are_both_told_and_points_without_a_value_are_left_out() -> None:
    design = lhs(factors("x"), 10, 1)
    values = [point[0] for point in design.points]
    cells = {"indicator": "clearance_mean_h", "unit": "h", "period": "transition", "group": "all"}
    points = pd.DataFrame([{"point": n, "scenario": "baseline", **cells, "mean": v} for n, v in enumerate(values)])
    differences = points.rename(columns={"mean": "difference"}).assign(scenario="a", reference="baseline").iloc[1:]
    table = sensitivity_table(design, points, differences, 1)
    assert table[["scenario", "outcome", "points"]].to_numpy().tolist() == [
        ["baseline", "level", 10],
        ["a", "change", 9],
    ]
    assert table["value"].to_list() == pytest.approx([1.0, 1.0])
