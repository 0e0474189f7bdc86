"""Factors of a sweep: which settings vary, and over which values."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from experiments.faults import did_you_mean, explain, fault
from experiments.overrides import value_at
from experiments.schema import numbers
from sim.settings.errors import SettingsError
from sim.settings.run import RunSettings
from sim.settings.strict import Strict, Whole, no_truth

FIXED = {
    "seed": "every point runs on the same numbers; use --multirun seed=1,2,3",
    "replications": "every point has as many",
    "assumption_draws": "a sweep varies assumptions itself",
    "scenarios": "every point runs the same ones; give scenarios=[a,b]",
    "world_name": "use --multirun world=a,b",
    "engine": "it changes no result",
    "workers": "it changes no result",
    "legs": "it changes no result",
    "question": "it changes no result",
}
"""Settings that are the same at every point, and why."""
_SPREAD = "give {low: a, high: b} or {values: [a, b]}"


def _single(value: Any) -> Any:
    """Refuse what is no single value; a union of types would say so once for each of them."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value}: must be a finite number; correct the value")
    if not isinstance(value, bool | int | float | str):
        raise ValueError("must be a number, true, false or a text; give one value in its place")
    return value


class Spread(Strict):
    """How one factor varies: over a range, or over single values. Neither means the range its row states.

    Attributes
    ----------
    low, high : ends of the range, in the unit of the setting
    values : the only values it takes, in an order that means something where there is one
    scale : whether points lie evenly on the value or on its logarithm
    levels : values a range takes in a grid; None = those of the sweep
    """

    low: Annotated[float, BeforeValidator(no_truth)] | None = None
    high: Annotated[float, BeforeValidator(no_truth)] | None = None
    values: tuple[Annotated[Any, AfterValidator(_single)], ...] | None = None
    scale: Literal["linear", "log"] = "linear"
    levels: Whole | None = Field(default=None, ge=2, le=1000)

    @model_validator(mode="after")
    def _one_way(self) -> "Spread":
        if (self.low is None) != (self.high is None):
            raise ValueError("a range needs both ends; give low and high")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"low is {self.low:g} and high is {self.high:g}; low must be below high")
        if self.values is not None and self.low is not None:
            raise ValueError("low, high and values are given; give a range or values")
        for name in ("scale", "levels"):
            if self.values is not None and name in self.model_fields_set:
                rule = "is of a range, and single values are given; remove it, or give low and high"
                raise ValueError(f"{name}: {getattr(self, name)}: {rule}")
        if self.values is not None and len({(type(v), v) for v in self.values}) < max(1, len(self.values)):
            raise ValueError("values are empty or one stands twice; name each once")
        return self


@dataclass(frozen=True)
class Factor:
    """A setting that varies.

    Attributes
    ----------
    path : its dotted path
    low, high : ends of its range, in `unit`; of single values the first and the last position
    values : the only values it takes; empty where it takes a whole range
    log : whether points lie evenly on the logarithm
    whole : whether it takes whole numbers only
    levels : values of the range in a grid
    unit, source : as the row of the setting states them; empty where it has none
    centre : value that half of the points lie below; None = points lie evenly over the whole range
    """

    path: str
    low: float
    high: float
    values: tuple[Any, ...] = ()
    log: bool = False
    whole: bool = False
    levels: int = 3
    unit: str = ""
    source: str = ""
    centre: float | None = None

    def at(self, share: float) -> Any:
        """Value at a share of the way through, in [0, 1]; single values and whole numbers are equally likely."""
        if self.values:
            return self.values[min(int(share * len(self.values)), len(self.values) - 1)]
        if self.whole:
            return min(int(self.low + share * (self.high - self.low + 1)), int(self.high))
        if self.log:
            return min(max(self.low * (self.high / self.low) ** share, self.low), self.high)
        if self.centre is not None and self.low < self.centre < self.high:
            from_end = (share, self.low) if share < 0.5 else (1 - share, self.high)
            return from_end[1] + 2 * from_end[0] * (self.centre - from_end[1])
        return self.low + share * (self.high - self.low)

    def grid(self) -> list[Any]:
        """Its values in a grid: all single values, or `levels` evenly spaced ones with both ends of the range."""
        if self.values:
            return list(self.values)
        if self.whole:
            steps = min(self.levels, int(self.high - self.low) + 1) - 1
            return [int(self.low) + round(k * (self.high - self.low) / steps) for k in range(steps + 1)]
        return [self.at(k / (self.levels - 1)) for k in range(self.levels)]

    def position(self, value: Any) -> float:
        """Place of a value on an axis: itself, or its position among single values that are no numbers."""
        return float(value) if self.numeric else float(self.values.index(value))

    @property
    def numeric(self) -> bool:
        """Whether all its values are numbers."""
        return all(isinstance(v, int | float) and not isinstance(v, bool) for v in self.values)


def short_name(path: str) -> str:
    """A path without what goes without saying: `assumptions.staff.skill_sd` becomes `staff.skill_sd`."""
    return path.removeprefix("assumptions.").removeprefix("scenarios.").replace(".measures.", ".")


def read_factors(vary: Any, raw: dict[str, Any], levels: int) -> tuple[Factor, ...]:
    """Read what varies.

    Parameters
    ----------
    vary : Any
        Paths, each alone or with a spread: a list of both, or a mapping. The path of a group stands for every number
        below it whose row states a range.
    raw : dict
        The settings the points start from, as plain dicts and lists.
    levels : int
        Values of a range in a grid, where its spread does not say.

    Raises
    ------
    SettingsError
        With every fault found, in one line.
    """
    faults: list[str] = []
    named: dict[str, Any] = {}
    for path, spread in entries(vary):
        if path in named:
            faults.append(fault("vary", path, "stands twice", "name each setting once"))
        named[path] = spread
    factors: dict[str, Factor] = {}
    for path, spread in named.items():
        try:
            for factor in _factors(path, spread, raw, levels):
                if factor.path == path or factor.path not in named:
                    factors[factor.path] = factor
        except SettingsError as error:
            faults.append(f"vary: {error}")
    if faults:
        raise SettingsError("; ".join(faults))
    return tuple(factors.values())


def entries(vary: Any) -> Iterator[tuple[str, Any]]:
    """Paths of what varies, each with its spread as it was given; None where it was given alone.

    Raises
    ------
    SettingsError
        If nothing varies.
    """
    if isinstance(vary, str):
        vary = [vary]
    if isinstance(vary, Mapping):
        vary = [vary]
    if not isinstance(vary, list | tuple) or not any(vary):
        raise SettingsError(
            fault(
                "vary", "empty", "a sweep needs a setting that varies", "as vary=[assumptions.documents.query_p_base]"
            )
        )
    for item in vary:
        if isinstance(item, Mapping):
            yield from ((str(path), spread) for path, spread in item.items())
        else:
            yield str(item), None


def _factors(path: str, given: Any, raw: dict[str, Any], levels: int) -> list[Factor]:
    value = value_at(raw, path)
    if path in FIXED:
        raise SettingsError(fault(path, "varied", "does not vary within a sweep", FIXED[path]))
    spread = _spread(path, given, raw)
    if isinstance(value, dict | list) and not _is_row(value):
        return _group(path, given, raw, spread, levels)
    return [_factor(path, value, spread, levels, dict(numbers(RunSettings, raw)))]


def _group(path: str, given: Any, raw: dict[str, Any], spread: Spread, levels: int) -> list[Factor]:
    if given is not None and (spread.low is not None or spread.values is not None):
        raise SettingsError(fault(path, "a group of settings", "has no range itself", "name the settings in it"))
    rows = {p: row for p, row in numbers(RunSettings, raw) if p.startswith(f"{path}.") and _is_row(row)}
    found = [_factor(p, row, spread, levels, rows) for p, row in rows.items() if row["low"] < row["high"]]
    if not found:
        raise SettingsError(fault(path, "a group of settings", "holds no number with a range", "name one setting"))
    return found


def _factor(path: str, value: Any, spread: Spread, levels: int, known: Mapping[str, Any]) -> Factor:
    row = value if _is_row(value) else {}
    unit, source = str(row.get("unit", "")), str(row.get("source", ""))
    if spread.values is not None:
        return Factor(path, 0, len(spread.values) - 1, values=spread.values, unit=unit, source=source)
    whole = path not in known
    low, high = _range(path, value, spread, whole)
    log, levels = spread.scale == "log", spread.levels or levels
    return Factor(path, low, high, log=log, whole=whole, levels=levels, unit=unit, source=source)


def _range(path: str, value: Any, spread: Spread, whole: bool) -> tuple[float, float]:
    """Ends of a range: those given, else those the row of the setting states."""
    if whole and (isinstance(value, bool) or not isinstance(value, int)):
        raise SettingsError(fault(path, value, "is no number and has no range", "give {values: [a, b]}"))
    row = value if _is_row(value) else {}
    low, high = (spread.low, spread.high) if spread.low is not None else (row.get("low"), row.get("high"))
    if low is None or high is None:
        raise SettingsError(fault(path, value, "states no range of its own", "give {low: a, high: b}"))
    if low == high:
        raise SettingsError(fault(path, low, "is both low and high of its row", "give {low: a, high: b}"))
    if spread.scale == "log" and whole:
        raise SettingsError(fault(f"{path}.scale", "log", "whole numbers lie evenly in their range", "remove it"))
    if spread.scale == "log" and low <= 0:
        raise SettingsError(
            fault(f"{path}.low", low, "a logarithmic range starts above 0", "raise low, or scale: linear")
        )
    if whole and not (float(low).is_integer() and float(high).is_integer()):
        raise SettingsError(fault(path, f"{low:g} to {high:g}", "takes whole numbers only", "give whole ends"))
    return float(low), float(high)


def _spread(path: str, given: Any, raw: dict[str, Any]) -> Spread:
    if given is None:
        return Spread()
    if not isinstance(given, Mapping):
        raise SettingsError(fault(path, given, "a factor varies over a range or values", _SPREAD))
    for key in given:
        if key not in Spread.model_fields:
            raise SettingsError(
                fault(f"{path}.{key}", given[key], "is not known", did_you_mean(key, Spread.model_fields))
            )
    try:
        return Spread.model_validate(given)
    except ValidationError as error:
        sentences = explain(error, raw)
        inside = [f"{path}{'.' if re.split('[.:]', s)[0] in Spread.model_fields else ': '}{s}" for s in sentences]
        raise SettingsError("; ".join(inside)) from error


def _is_row(value: Any) -> bool:
    return isinstance(value, Mapping) and "centre" in value
