"""Designs: which points of the space of factors are run."""

import csv
import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import qmc

from experiments.factors import FIXED, Factor
from experiments.faults import fault, no_such_file
from experiments.folders import shown
from experiments.overrides import value_at
from sim.settings.errors import SettingsError

MOST_POINTS = 10_000
MOST_FAULTS = 10
"""Faults of a file that are told."""
PLAIN = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
"""A number as a cell of a design may hold it."""


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
    return _sampled("lhs", factors, qmc.LatinHypercube(len(factors), seed=np.random.default_rng(seed)).random(points))


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
    paths, lines = _read_csv(Path(file))
    faults = [f for path in paths if (f := _column_fault(path, raw))]
    faults += [
        f
        for n, (line, cells) in enumerate(lines)
        for path, text in zip(paths, cells, strict=True)
        if (f := _cell_fault(f"line {line}, point {n}, {path}", text))
    ][:MOST_FAULTS]
    if faults:
        raise SettingsError("; ".join(f"{shown(Path(file))}: {f}" for f in faults))
    _refuse_too_many(len(lines), "csv", str(len(lines)))
    rows = [tuple(map(_read, cells)) for _, cells in lines]
    factors = tuple(_seen(path, values) for path, values in zip(paths, zip(*rows, strict=True), strict=True))
    return Design("csv", factors, tuple(rows))


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
                "sobol",
                "the package SALib is not installed",
                "pip install 'SALib>=1.5', or design=lhs",
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


def _read_csv(file: Path) -> tuple[list[str], list[tuple[int, tuple[str, ...]]]]:
    """Paths of a file's columns, and its rows as they stand, each with the number of its line."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.reader(opened, skipinitialspace=True)
            lines = [(reader.line_num, line) for line in reader if line]
    except FileNotFoundError:
        raise SettingsError(no_such_file("file", str(file))) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(_no_csv(file, getattr(error, "strerror", None) or str(error))) from error
    (_, head), *body = lines or [(1, [])]
    paths = [path.strip() for path in head]
    if len(set(paths)) < len(paths) or not any(paths):
        raise SettingsError(_no_csv(file, "a column stands twice or has no name"))
    for number, (at, line) in enumerate(body):
        if len(line) != len(paths):
            reason = f"line {at}, point {number} has {len(line)} values for {len(paths)} columns"
            raise SettingsError(_no_csv(file, reason))
    kept = [k for k, path in enumerate(paths) if path != "point"]
    if not body or not kept:
        raise SettingsError(fault(shown(file), "no rows", "a design needs a point", "add a row of values"))
    return [paths[k] for k in kept], [(at, tuple(line[k].strip() for k in kept)) for at, line in body]


def _no_csv(file: Path, reason: str) -> str:
    return fault(shown(file), reason, "is no design", "give one column per setting path, separated by commas")


def _cell_fault(where: str, text: str) -> str | None:
    """What is wrong with a cell; of numbers, those that Python reads and people do not write so: 1_0, nan, inf."""
    if not text:
        return fault(where, "empty", "every point needs every value", "fill it in")
    try:
        plain = math.isfinite(float(text)) and re.fullmatch(PLAIN, text) is not None
    except ValueError:
        return None
    rule = "must be a finite number in plain digits"
    return None if plain else fault(where, text, rule, "write it as 10, 0.5 or 1e-3")


def _read(text: str) -> Any:
    """A cell as a number, a truth or a text."""
    if re.fullmatch(PLAIN, text):
        return int(text) if re.fullmatch(r"[+-]?[0-9]+", text) else float(text)
    return {"true": True, "false": False}.get(text.lower(), text)


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


def _seen(path: str, values: tuple[Any, ...]) -> Factor:
    """A factor as the points of a file show it."""
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        return Factor(path, min(values), max(values))
    distinct = tuple(dict.fromkeys(values))
    return Factor(path, 0, len(distinct) - 1, values=distinct)
