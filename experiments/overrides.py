"""Overrides of the command line: `key=value`, `+key=value`, `~key`; values in Hydra's grammar."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from experiments.faults import did_you_mean, fault
from experiments.schema import children_of, keys_at, label
from sim.settings.errors import SettingsError

NAMES = ("name", "results_dir")
"""Settings that are text whatever they look like: a result called 1e3 is not called 1000.0."""


@dataclass(frozen=True)
class Override:
    """One setting given on the command line.

    Attributes
    ----------
    sign : str
        Empty (change), `+` (add what is not there) or `~` (remove).
    key : str
        Dotted path, or group; names may hold spaces, as those of posts do.
    value : Any
        Number, text, list or dict; None for `~key`.
    """

    sign: str
    key: str
    value: Any

    @property
    def is_group(self) -> bool:
        """Whether the key names a group of files in another place, as in `process@world.entry_process=asycuda`."""
        return "@" in self.key or "/" in self.key


def parse_override(text: str) -> Override:
    """Read one override.

    Raises
    ------
    SettingsError
        If it has no `=`, its value cannot be read, or it lists several values to sweep over.
    """
    key, equals, value = text.partition("=")
    sign = key[:1] if key[:1] in ("+", "~") else ""
    key = key.lstrip("+").removeprefix("~").strip()
    if not key or (not equals and sign != "~"):
        raise SettingsError(fault(text, "no value", "settings are given as key=value", f"write {key or 'key'}=..."))
    if sign == "~":
        return Override(sign, key, None)
    try:
        parsed = OverridesParser.create().parse_override(f"value={value}")
    except HydraException as error:
        if is_plain(value):
            return Override(sign, key, value)
        raise SettingsError(
            fault(key, value, "the value cannot be read", "close its brackets, or quote it as key='\"value\"'")
        ) from error
    if parsed.is_sweep_override():
        raise SettingsError(fault(key, value, "one run takes one value", "give a list as [a,b], or add --multirun"))
    read = parsed.value()
    return Override(sign, key, value.strip() if key in NAMES and isinstance(read, int | float) else read)


def is_plain(value: str) -> bool:
    """Whether a value can be nothing but a text; Hydra's grammar knows letters of English alone."""
    return re.fullmatch(r"[\w./:@%+ -]+", value) is not None


def parse_overrides(texts: Sequence[str]) -> list[Override]:
    """Read all overrides.

    Raises
    ------
    SettingsError
        As `parse_override`; or if a key is given twice.
    """
    overrides = [parse_override(text) for text in texts]
    keys = [o.key for o in overrides]
    for key in keys:
        if keys.count(key) > 1:
            raise SettingsError(fault(key, "given twice", "a setting has one value", "remove one"))
    return overrides


def apply_override(raw: dict[str, Any], override: Override) -> str | None:
    """Change, add or remove one value in place; a fault as a sentence if there is no such setting.

    Parameters
    ----------
    raw : dict
        The whole settings as plain dicts and lists.
    override : Override
        Items of a list may be called by position or by label: `world.entry_process.stages.gate.service.mean_min=3`.
    """
    *way, last = override.key.split(".")
    here: Any = raw
    for depth, part in enumerate(way):
        step = _step(here, part)
        if step is None and override.sign == "+" and isinstance(here, dict):
            here[part] = {}
            step = part
        if step is None:
            return _unknown(override, raw, way[:depth], here, part)
        here = here[step]
    step = _step(here, last)
    if step is not None and override.sign == "~":
        del here[step]
    elif step is not None:
        here[step] = merged(here[step], override.value)
    elif isinstance(here, dict) and (override.sign == "+" or (override.sign == "" and last in keys_at(way, raw))):
        here[last] = override.value
    else:
        return _unknown(override, raw, way, here, last)
    return None


def value_at(raw: dict[str, Any], path: str) -> Any:
    """What a dotted path leads to; items of a list by position or by label.

    Raises
    ------
    SettingsError
        If there is no such setting.
    """
    here: Any = raw
    parts = path.split(".")
    for depth, part in enumerate(parts):
        step = _step(here, part)
        if step is None:
            if depth == len(parts) - 1 and part in keys_at(parts[:-1], raw):
                return None  # a setting the files leave open
            sentence = _unknown(Override("", path, ()), raw, parts[:depth], here, part)
            raise SettingsError(sentence)
        here = here[step]
    return here


def merged(old: Any, new: Any) -> Any:
    """`new` in place of `old`; where both are groups of settings, key by key. An empty group empties the old one."""
    if isinstance(old, dict) and isinstance(new, dict) and new:
        return {**old, **{key: merged(old.get(key), value) for key, value in new.items()}}
    return new


def _step(here: Any, part: str) -> str | int | None:
    """Key or position under which `here` holds what the path calls `part`; None where it holds nothing of the name."""
    if isinstance(here, dict):
        return part if part in here else None
    if not isinstance(here, list):
        return None
    labelled = [position for position, item in enumerate(here) if label(item, position) == part]
    if labelled:
        return labelled[0]
    return int(part) if part.isdigit() and int(part) < len(here) else None


def _unknown(override: Override, raw: dict[str, Any], way: list[str], here: Any, part: str) -> str:
    given = "removed" if override.sign == "~" else override.value
    known = list(dict.fromkeys([*keys_at(way, raw), *(here if isinstance(here, dict) else ())]))
    if here is None or part in known:
        unset = way[-1] if here is None else part
        cure = f"give {unset}=... as well{'' if here is None else ', or use +key='}"
        return fault(override.key, given, f"{unset} is not set there", cure)
    further = override.key.split(".")[len(way) + 1 :]
    skipped = list(_below(way, here, part, raw))
    cure = did_you_mean(part, known)
    if len(skipped) == 1:  # a level was left out
        cure = f"did you mean {'.'.join([*skipped[0], *further])}?"
    elif isinstance(here, list) and part.isdigit() and not any(name.isdigit() for name in known):
        cure = f"count from 0, or call it by name: {', '.join(known)}"
    return fault(".".join([*way, part]), given, "is not a setting", cure)


def _below(way: Sequence[str], here: Any, part: str, raw: dict[str, Any]) -> Iterator[list[str]]:
    """Paths below `here`, which lies at `way`, that end in `part`."""
    for name, inside in children_of(here):
        path = [*way, name]
        if _step(inside, part) is not None or (isinstance(inside, dict) and part in keys_at(path, raw)):
            yield [*path, part]
        yield from _below(path, inside, part, raw)
