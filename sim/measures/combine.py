"""The one function through which all measures act together."""

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import NamedTuple

from sim.measures.change import BOUNDS, Change, Key
from sim.settings.errors import SettingsError


class Applied(NamedTuple):
    """A change as it was applied: value before and after, and whether the result had to be clamped."""

    change: Change
    before: float
    after: float
    clamped: bool


def combine(base: Mapping[Key, float], changes: Iterable[Change]) -> tuple[dict[Key, float], list[Applied]]:
    """Apply changes in order of (parameter, who, operation, measure), clamp, and say what was done.

    Parameters
    ----------
    base : mapping
        Value of every `(parameter, who)` without measures.
    changes : iterable of Change
        Today's changes of all measures in force, in any order.

    Returns
    -------
    values, applied
        The mechanisms of the day, and one entry per change.

    Raises
    ------
    SettingsError
        If a parameter or its owner does not exist, or two measures `set` the same one.
    """
    values = dict(base)
    applied = []
    setters: dict[Key, str] = {}
    for change in sorted(changes, key=attrgetter("parameter", "who", "operation", "measure", "value")):
        key = (change.parameter, change.who)
        if key not in values or change.parameter not in BOUNDS:
            raise SettingsError(
                f"measure {change.measure}: {change.parameter} of {change.who} is not a mechanism of this world; "
                f"mechanisms are {', '.join(sorted(BOUNDS))}"
            )
        if change.operation == "set" and setters.setdefault(key, change.measure) != change.measure:
            raise SettingsError(
                f"measures {setters[key]} and {change.measure} both set {change.parameter} of {change.who}; use one"
            )
        before = values[key]
        wanted = _operate(change, before)
        low, high = BOUNDS[change.parameter]
        values[key] = min(max(wanted, low), high)
        applied.append(Applied(change, before, values[key], values[key] != wanted))
    return values, applied


def _operate(change: Change, before: float) -> float:
    if change.operation == "add":
        return before + change.value
    if change.operation == "scale":
        return before * change.value
    if change.operation == "max":
        return max(before, change.value)
    if change.operation == "min":
        return min(before, change.value)
    return change.value
