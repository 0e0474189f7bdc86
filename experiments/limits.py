"""Limits the settings cannot state by themselves: names that only the model knows, and values that are no values."""

from collections.abc import Iterator
from typing import Any

from experiments.faults import did_you_mean, fault
from sim.settings.errors import SettingsError
from sim.settings.run import RunSettings


def beyond_limits(settings: RunSettings) -> list[str]:
    """Faults of settings that are valid in themselves but name what the model does not have."""
    return [*_features(settings), *_measures(settings)]


def _features(settings: RunSettings) -> Iterator[str]:
    from sim.consignments.potential import FEATURES

    given = settings.targeting.weights
    for name in given:
        if name not in FEATURES:
            yield fault(
                f"targeting.weights.{name}", given[name], "is not a declared feature", did_you_mean(name, FEATURES)
            )
    for name in FEATURES:
        if name not in given:
            yield fault(f"targeting.weights.{name}", "missing", "every declared feature needs a weight", f"add {name}")


def _measures(settings: RunSettings) -> Iterator[str]:
    from sim.measures.registry import MEASURES

    for name, scenario in settings.scenarios.items():
        for measure in (m.measure for m in scenario.measures):
            if measure not in MEASURES:
                yield fault(f"scenarios.{name}", measure, "is not a measure", did_you_mean(measure, sorted(MEASURES)))


def refers(raw: Any) -> bool:
    """Whether any text refers to another setting (`${...}`) or marks a missing one (`???`)."""
    if isinstance(raw, dict | list):
        return any(refers(value) for value in (raw.values() if isinstance(raw, dict) else raw))
    return isinstance(raw, str) and ("${" in raw or raw == "???")


def refuse_instructions(raw: Any, path: str = "") -> None:
    """Refuse settings that ask for code or for the machine's own values: `_target_` and its kin, `${resolver:...}`.

    Raises
    ------
    SettingsError
        At the first such setting.
    """
    if isinstance(raw, dict):
        for key, value in raw.items():
            where = f"{path}.{key}" if path else str(key)
            if str(key) in ("_target_", "_partial_", "_args_", "_recursive_", "_convert_"):
                raise SettingsError(fault(where, value, "settings hold values and never name code to run", "remove it"))
            refuse_instructions(value, where)
    elif isinstance(raw, list):
        for position, value in enumerate(raw):
            refuse_instructions(value, f"{path}.{position}")
    elif isinstance(raw, str) and "${" in raw and ":" in raw.partition("${")[2]:
        raise SettingsError(fault(path, raw, "settings never ask the machine for values", "write the value itself"))
