"""Designs: which points of the space of factors are run."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.factors import FIXED, Factor
from experiments.faults import fault
from experiments.folders import shown
from experiments.overrides import value_at
from sim.settings.errors import SettingsError

MOST_POINTS = 10_000


@dataclass(frozen=True)
class Design:
    """Points to run.

    Attributes
    ----------
    kind : lhs, sobol, grid or csv
    factors : what varies
    points : per point, the value of each factor
    """

    kind: str
    factors: tuple[Factor, ...]
    points: tuple[tuple[Any, ...], ...]

    @property
    def paths(self) -> list[str]:
        """Path of each factor."""
        return [factor.path for factor in self.factors]

    def table(self) -> pd.DataFrame:
        """One row per point: its number, and its factors wide."""
        table = pd.DataFrame(list(self.points), columns=self.paths)
        table.insert(0, "point", range(len(self.points)))
        return table


def grid(factors: Sequence[Factor]) -> Design:
    """Every combination of the values of each factor; the last factor changes fastest."""
    axes = [factor.grid() for factor in factors]
    size = math.prod(len(axis) for axis in axes)
    _refuse_too_many(size, "grid", " x ".join(str(len(axis)) for axis in axes))
    return Design("grid", tuple(factors), tuple(itertools.product(*axes)))


def lhs(factors: Sequence[Factor], points: int, seed: int) -> Design:
    """Latin hypercube: each factor takes one value in each of `points` equally likely strata.

    References
    ----------
    McKay, M. D., Beckman, R. J. and Conover, W. J. (1979). A comparison of three methods for selecting values of
    input variables in the analysis of output from a computer code. Technometrics 21(2).
    """
    _refuse_too_many(points, "lhs", str(points))
    return _sampled("lhs", factors, salib("sample.latin").sample(unit_cube(factors), points, seed=seed))


def sobol(factors: Sequence[Factor], points: int, seed: int) -> Design:
    """Sobol' points in Saltelli's scheme: `points` x (factors + 2) rows, for first-order and total indices.

    Raises
    ------
    SettingsError
        If `points` is no power of two: SALib would warn and go on with points that are out of balance.

    References
    ----------
    Saltelli, A. et al. (2010). Variance based sensitivity analysis of model output. Design and estimator for the
    total sensitivity index. Computer Physics Communications 181(2).
    """
    if points & (points - 1):
        below = 1 << (points.bit_length() - 1)
        rule = "Sobol' points balance at powers of two only (SALib warns and goes on without)"
        raise SettingsError(fault("points", points, rule, f"give {below} or {2 * below}"))
    _refuse_too_many(points * (len(factors) + 2), "sobol", f"{points} x ({len(factors)} factors + 2)")
    sampler = salib("sample.sobol")
    return _sampled("sobol", factors, sampler.sample(unit_cube(factors), points, calc_second_order=False, seed=seed))


def from_csv(file: str | None, raw: dict[str, Any]) -> Design:
    """Points of a CSV file: one column per setting path, one row per point; a column `point` is passed over.

    Parameters
    ----------
    file : str or None
        The file.
    raw : dict
        The settings the points start from.

    Raises
    ------
    SettingsError
        If it cannot be read, has no row, names what is no setting, or leaves a value out.
    """
    if file is None:
        raise SettingsError(fault("file", "missing", "design=csv reads its points from a file", "give file=points.csv"))
    table = _read_csv(Path(file))
    faults = [f for path in table.columns if (f := _column_fault(path, raw))]
    faults += [
        fault(f"point {row}, {table.columns[column]}", "empty", "every point needs every value", "fill it in")
        for row, column in np.argwhere(table.isna().to_numpy())[:10]
    ]
    if faults:
        raise SettingsError("; ".join(f"{shown(Path(file))}: {f}" for f in faults))
    _refuse_too_many(len(table), "csv", str(len(table)))
    columns = {path: table[path].tolist() for path in table.columns}
    factors = tuple(_seen(path, values) for path, values in columns.items())
    return Design("csv", factors, tuple(zip(*columns.values(), strict=True)))


def salib(module: str) -> Any:
    """A module of SALib, which is loaded only where a design needs it.

    Raises
    ------
    SettingsError
        If it is not installed.
    """
    if find_spec("SALib") is None:
        raise SettingsError(
            fault(
                "design",
                "lhs or sobol",
                "the package SALib is not installed",
                "pip install 'SALib>=1.5', or design=grid",
            )
        )
    return import_module(f"SALib.{module}")


def unit_cube(factors: Sequence[Factor]) -> dict[str, Any]:
    """The problem as SALib states one; points are drawn in the unit cube and `Factor.at` gives them values."""
    return {"num_vars": len(factors), "names": [f.path for f in factors], "bounds": [[0.0, 1.0]] * len(factors)}


def _sampled(kind: str, factors: Sequence[Factor], shares: NDArray[np.float64]) -> Design:
    rows = (tuple(f.at(share) for f, share in zip(factors, row, strict=True)) for row in shares.tolist())
    return Design(kind, tuple(factors), tuple(rows))


def _refuse_too_many(size: int, kind: str, sum_of: str) -> None:
    if size > MOST_POINTS:
        raise SettingsError(
            fault("design", kind, f"{sum_of} are more than {MOST_POINTS:,} points", "vary less, or use fewer points")
        )


def _read_csv(file: Path) -> pd.DataFrame:
    try:
        head = pd.read_csv(file, header=None, nrows=1, dtype=str, encoding="utf-8-sig", skipinitialspace=True)
        names = [str(name).strip() for name in head.iloc[0]]
        table = pd.read_csv(
            file, header=None, skiprows=1, names=names, keep_default_na=False, na_values=[""], encoding="utf-8-sig",
            float_precision="round_trip", skipinitialspace=True, index_col=False,
        )  # fmt: skip
    except (OSError, UnicodeDecodeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else " ".join(str(error).split())
        rule = "is no CSV file that can be read"
        raise SettingsError(
            fault(shown(file), reason, rule, "one column per setting path, separated by commas")
        ) from error
    table = table.drop(columns="point", errors="ignore")
    if not len(table) or not len(table.columns):
        raise SettingsError(fault(shown(file), "no rows", "a design needs a point", "add a row of values"))
    return table


def _column_fault(path: str, raw: dict[str, Any]) -> str | None:
    try:
        value = value_at(raw, path)
    except SettingsError as error:
        return str(error)
    if path in FIXED:
        return fault(path, "varied", "does not vary within a sweep", FIXED[path])
    if isinstance(value, list) or (isinstance(value, dict) and "centre" not in value):
        return fault(path, "a group of settings", "a column holds one setting", "name a setting in it")
    return None


def _seen(path: str, values: list[Any]) -> Factor:
    """A factor as the points of a file show it."""
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        return Factor(path, min(values), max(values))
    distinct = tuple(dict.fromkeys(values))
    return Factor(path, 0, len(distinct) - 1, values=distinct)
