"""Overrides of the command line: `key=value`, `+key=value`, `~key`; values in Hydra's grammar."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import DictConfig, ListConfig, OmegaConf

from experiments.faults import did_you_mean, fault
from experiments.schema import keys_at, label
from sim.settings.errors import SettingsError


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
        raise SettingsError(
            fault(key, value, "the value cannot be read", "close its brackets, or quote it as key='\"value\"'")
        ) from error
    if parsed.is_sweep_override():
        raise SettingsError(fault(key, value, "one run takes one value", "give a list as [a,b], or start one run each"))
    return Override(sign, key, parsed.value())


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


def apply_override(settings: DictConfig, override: Override) -> str | None:
    """Change, add or remove one value in place; a fault as a sentence if there is no such setting.

    Items of a list may be called by position or by name: `world.entry_process.stages.gate.service.mean_min=3`.
    """
    raw = here = OmegaConf.to_container(settings, resolve=False)
    path: list[str] = []
    named: list[str] = []
    parts = override.key.split(".")
    for part in parts:
        step = _position(here, part)
        if not _has(here, step) and override.sign != "+":
            known = list(dict.fromkeys([*keys_at(named, raw), *(here if isinstance(here, dict) else ())]))
            if part not in known:
                where = ".".join([*named, part])
                return fault(where, _given(override), "is not a setting", did_you_mean(part, known))
            if override.sign == "~" or len(path) < len(parts) - 1:
                return fault(
                    override.key, _given(override), f"{part} is not set there", f"give {part} whole, or use +key="
                )
        path.append(step)
        named.append(part)
        here = here[int(step)] if isinstance(here, list) else here.get(step) if isinstance(here, dict) else None
    if override.sign == "~":
        _remove(settings, path)
    else:
        merge = override.value != {}
        OmegaConf.update(settings, ".".join(path), override.value, merge=merge, force_add=True)
    return None


def _given(override: Override) -> object:
    return "removed" if override.sign == "~" else override.value


def _position(items: Any, part: str) -> str:
    """Position of the list item of this name; anything else unchanged."""
    if isinstance(items, list):
        for position, item in enumerate(items):
            if label(item, position) == part:
                return str(position)
    return part


def _has(here: Any, part: str) -> bool:
    if isinstance(here, list):
        return part.isdigit() and int(part) < len(here)
    return isinstance(here, dict) and part in here


def _remove(settings: DictConfig, path: list[str]) -> None:
    parent = OmegaConf.select(settings, ".".join(path[:-1])) if path[:-1] else settings
    if isinstance(parent, ListConfig):
        del parent[int(path[-1])]
    else:
        del parent[path[-1]]
