"""Limits that no single field can state: shares within 0 to 1, nothing negative, parts that do not exceed a whole."""

from collections.abc import Iterator
from typing import Any

from experiments.faults import did_you_mean, fault
from experiments.schema import numbers
from sim.settings.errors import SettingsError
from sim.settings.parameters import Parameters
from sim.settings.run import RunSettings

PARTS = (
    ("consignments", ("drugs_share", "counterfeit_share")),
    ("consignments", ("undervaluation_share", "misclassification_share")),
    ("examination", ("tailgate_share", "partial_share")),
    ("selectivity", ("red_high_tier", "yellow_high_tier")),
    ("selectivity", ("red_low_tier", "yellow_low_tier")),
)
"""Shares of one whole; what is left over is a part too (other goods, false origin, full examination, green)."""

ORDERED = (
    ("brokers", "lead_min_factor", "lead_max_factor"),
    ("staff", "skill_floor", "skill_ceiling"),
)


def beyond_limits(settings: RunSettings, raw: dict[str, Any], units: dict[str, str]) -> list[str]:
    """Faults of settings that are valid field by field.

    Parameters
    ----------
    settings, raw
        The validated settings, and the plain dict they came from.
    units : dict
        Unit by dotted path of every quantity row before overrides; a bare number keeps the unit of its row.
    """
    return [
        *_out_of_bounds(raw, units),
        *_parts_exceed_whole(settings.assumptions),
        *_wrong_order(settings.assumptions),
        *_features(settings),
        *_measures(settings),
    ]


def _out_of_bounds(raw: dict[str, Any], units: dict[str, str]) -> Iterator[str]:
    for path, value in numbers(RunSettings, raw):
        row = value if isinstance(value, dict) else {"centre": value}
        unit = str(row.get("unit", units.get(path, "")))
        share = path.startswith("assumptions.") and unit.startswith(("share", "probability"))
        for part in ("centre", "low", "high"):
            number = float(row.get(part, 0.0))
            where = path if part == "centre" else f"{path}.{part}"
            if isinstance(row.get(part), bool):
                yield fault(where, row[part], "must be a number", "YAML reads yes, no, on and off as true or false")
            elif number < 0:
                yield fault(where, row[part], "must not be negative", "give 0 or more")
            elif share and number > 1:
                yield fault(where, row[part], f"is a {unit.split()[0]} and must be 1 or less", "give 0 to 1")


def _parts_exceed_whole(p: Parameters) -> Iterator[str]:
    for section, names in PARTS:
        total = sum(getattr(getattr(p, section), name) for name in names)
        if total > 1 + 1e-9:
            paths = " + ".join(f"assumptions.{section}.{name}" for name in names)
            yield fault(paths, f"{total:g}", "parts of one whole must sum to 1 or less", "lower one of them")


def _wrong_order(p: Parameters) -> Iterator[str]:
    for section, low, high in ORDERED:
        least, most = getattr(getattr(p, section), low), getattr(getattr(p, section), high)
        if least > most:
            yield fault(
                f"assumptions.{section}.{low}",
                f"{least:g}",
                f"must not exceed {high} ({most:g})",
                "lower it or raise that",
            )


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
        chosen = [m.measure for m in scenario.measures]
        for measure in dict.fromkeys(chosen):
            if measure not in MEASURES:
                yield fault(f"scenarios.{name}", measure, "is not a measure", did_you_mean(measure, sorted(MEASURES)))
            elif chosen.count(measure) > 1:
                yield fault(f"scenarios.{name}", measure, "stands twice in one scenario", "remove one")


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
