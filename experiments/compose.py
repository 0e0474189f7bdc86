"""From YAML files and overrides to the validated settings of a run; Hydra composes, pydantic validates."""

import re
from collections.abc import Collection, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.errors import HydraException, MissingConfigException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import ValidationError

from experiments.arrivals import read_logs
from experiments.faults import explain, fault
from experiments.folders import (
    READING_FAILS,
    config_folders,
    load_settings,
    load_yaml,
    lost,
    no_such_file_of,
    options,
    refuse_name,
    shipped_configs,
    shown,
    unreadable,
)
from experiments.limits import beyond_limits, refers, refuse_instructions
from experiments.overrides import Override, apply_override, merged, parse_overrides
from experiments.presets import DESIGN, Preset, name_in, read_preset, refuse_command
from experiments.shard import Shard, read_shard
from sim.settings.errors import SettingsError
from sim.settings.run import RunSettings

CHOICES = ("world", "length", "targeting", "launcher")
SCENARIOS_AT = "composed_scenarios"
"""Where Hydra puts scenario files, since `scenarios` is the list of their names until they are read."""


@dataclass(frozen=True)
class Composed:
    """Settings of a run, ready to use.

    Attributes
    ----------
    settings : RunSettings
    raw : dict
        The same as plain dicts, quantities still with unit, range and source.
    name, results_dir : where results go; not part of what the run depends on
    shard : the part of the work to do
    preset : the question they answer; None where none was asked by name
    """

    settings: RunSettings
    raw: dict[str, Any]
    name: str | None
    results_dir: str
    shard: Shard
    preset: Preset | None = None


def compose(
    command: str, overrides: Sequence[str] = (), config_dir: str | Path | None = None, varies: bool = False
) -> Composed:
    """Compose and validate the settings of a run.

    Parameters
    ----------
    command : str
        Name of the primary file, `compare`, `run` or `sweep`.
    overrides : sequence of str
        `key=value` each.
    config_dir : path, optional
        The user's own folder: `world/`, `scenario/` ... add choices; rows of its `assumptions.yaml` replace shipped
        ones.
    varies : bool
        Whether the command line of a sweep says what varies, so that a question need not.

    Raises
    ------
    SettingsError
        With every fault found, in one line.
    """
    folders = config_folders(config_dir)
    given = parse_overrides(overrides)
    asked = name_in(given)
    preset = read_preset(asked, folders) if asked is not None else None
    if asked is not None and preset is not None:
        refuse_command(command, asked, preset, varies)
        given = preset.under(given)
    own = preset.scenarios if preset is not None else {}
    primary = load_yaml(folders[0] / f"{command}.yaml")
    names = _scenario_names(command, given, primary["scenarios"])
    groups = [o for o in given if o.key in CHOICES or o.is_group]
    files = [name for name in names if name not in own]
    _all_exist(files, groups, folders, own)
    if len(folders) > 1:
        raw = _read(command, files, groups, folders)
    else:
        raw = deepcopy(_read_shipped(command, tuple(files), tuple(groups)))
    raw["scenarios"] = {name: deepcopy(own[name]) if name in own else raw["scenarios"][name] for name in names}
    if asked is not None and preset is not None:
        raw["question"] = preset.asking(asked)
    default_world = next(entry["world"] for entry in primary["defaults"] if "world" in entry)
    raw["world_name"] = next((str(o.value) for o in groups if o.key == "world"), default_world)
    rest = [o for o in given if o not in groups and o.key not in ("scenario", "scenarios")]
    faults = [f for o in rest if (f := apply_override(raw, o))]
    raw = {key: value for key, value in raw.items() if command != "sweep" or key not in DESIGN}
    refuse_instructions(raw)
    raw = _resolved(raw)
    read_logs(raw)
    name, results_dir = raw.pop("name"), _checked_folder(raw.pop("results_dir"))
    shard = read_shard(raw.pop("shard"))
    settings = validate(raw, faults)
    if settings.assumption_draws and command != "compare":
        rule = "only a comparison draws assumptions besides"
        cure = "use bordersim compare, or bordersim sweep over a group of assumptions"
        raise SettingsError(fault("assumption_draws", settings.assumption_draws, rule, cure))
    return Composed(settings, raw, _checked_name(name), results_dir, shard, preset)


def validate(raw: dict[str, Any], faults: Sequence[str] = ()) -> RunSettings:
    """Validate plain settings.

    Parameters
    ----------
    raw : dict
        Settings of a run as plain dicts and lists.
    faults : sequence of str
        Faults already found, reported with the others.

    Raises
    ------
    SettingsError
        With every fault found, in one line.
    """
    found = list(faults)
    try:
        settings = RunSettings.model_validate(raw)
        found += beyond_limits(settings)
    except ValidationError as error:
        found += explain(error, raw)
    if found:
        raise SettingsError("; ".join(found))
    return settings


def _scenario_names(command: str, given: Sequence[Override], default: list[str]) -> list[str]:
    asked = [o for o in given if o.key in ("scenario", "scenarios")]
    if not asked:
        return default
    if len(asked) > 1:
        raise SettingsError(fault("scenario", "given with scenarios", "one of the two is enough", "remove one"))
    value = asked[0].value
    if asked[0].key == "scenario":
        names = [str(value)] if command == "run" else list(dict.fromkeys([default[0], str(value)]))
    else:
        names = [str(v) for v in value] if isinstance(value, list) else [str(value)]
    if len(set(names)) < len(names):
        raise SettingsError(fault("scenarios", ",".join(names), "a scenario stands twice", "name each once"))
    if command == "run" and len(names) != 1:
        raise SettingsError(
            fault("scenarios", ",".join(names), "run takes one scenario", "use bordersim compare for several")
        )
    if command == "compare" and len(names) < 2:
        raise SettingsError(
            fault(
                "scenarios",
                ",".join(names) or "empty",
                "a comparison needs two scenarios or more",
                "add one, or use bordersim run",
            )
        )
    return names


def _all_exist(names: Sequence[str], groups: Sequence[Override], folders: Sequence[Path], own: Collection[str]) -> None:
    """Refuse files that are not there or cannot be read, before Hydra does so without saying which."""
    asked = [("scenario", name) for name in names]
    asked += [_file_of(o) for o in groups if o.sign != "~"]
    missing = [no_such_file_of(group, name, folders, own if group == "scenario" else ()) for group, name in asked]
    if any(missing):
        raise SettingsError("; ".join(filter(None, missing)))
    for group, name in asked:
        file = options(group, folders)[name]
        if not file.is_relative_to(folders[0]):
            refuse_name(group, name)
            load_settings(file)


def _file_of(override: Override) -> tuple[str, str]:
    return override.key.partition("@")[0].strip("/"), str(override.value)


def _read(command: str, names: Sequence[str], groups: Sequence[Override], folders: Sequence[Path]) -> dict[str, Any]:
    """The composed settings before value overrides, with scenarios in place of their names; nothing resolved yet."""
    words = [f"{o.sign}{o.key}={o.value}" if o.sign != "~" else f"~{o.key}" for o in groups]
    words += [f"+scenario@{SCENARIOS_AT}.{name}={name}" for name in names]
    own = [f"'file://{_quoted(folder)}'" for folder in folders[1:]]
    try:
        with initialize_config_dir(config_dir=str(folders[0]), version_base="1.3"):
            composed = hydra_compose(command, overrides=[*words, f"hydra.searchpath=[{','.join(own)}]"])
        raw = _plain(composed, resolve=False)
    except MissingConfigException as error:
        raise SettingsError(lost(error, folders)) from error
    except RecursionError as error:
        asked = [*(("scenario", name) for name in names), *map(_file_of, groups)]
        raise SettingsError(_in_a_circle(asked, folders)) from error
    except (HydraException, *READING_FAILS) as error:
        raise SettingsError(unreadable(error)) from error
    raw["scenarios"] = raw.pop(SCENARIOS_AT, {})
    chosen = {key: raw.pop(key) for key in CHOICES if key in raw}
    raw = {**chosen, "assumptions": deepcopy(_shipped_assumptions()), **raw}
    for file in (folder / "assumptions.yaml" for folder in folders[1:]):
        if file.is_file():
            raw["assumptions"] = merged(raw["assumptions"], load_settings(file))
    return raw


def _in_a_circle(asked: Sequence[tuple[str, str]], folders: Sequence[Path]) -> str:
    """The fault of a user's file whose `defaults` lead back to it; shipped ones do not."""
    files = [options(group, folders).get(name) for group, name in asked]
    own = [shown(file) for file in files if file is not None and not file.is_relative_to(folders[0])]
    return f"{' or '.join(own)}: defaults: an entry leads back to a file that includes it; remove the entry"


@lru_cache(maxsize=16)
def _read_shipped(command: str, names: tuple[str, ...], groups: tuple[Override, ...]) -> dict[str, Any]:
    """Shipped files do not change while a program runs, so those who compose often read them once."""
    return _read(command, names, groups, [shipped_configs()])


@cache
def _shipped_assumptions() -> dict[str, Any]:
    """Rows of the shipped table: no choice leads to another, so they are read apart from Hydra, and once."""
    return load_settings(shipped_configs() / "assumptions.yaml")


def _quoted(folder: Path) -> str:
    return folder.as_posix().replace("\\", "\\\\").replace("'", "\\'")


def _plain(settings: Any, resolve: bool) -> dict[str, Any]:
    content = OmegaConf.to_container(settings, resolve=resolve, throw_on_missing=resolve)
    return {str(key): value for key, value in content.items()} if isinstance(content, dict) else {}


def _resolved(raw: dict[str, Any]) -> dict[str, Any]:
    """References between settings replaced by what they refer to; values still missing (`???`) are a fault."""
    if not refers(raw):
        return raw
    try:
        return _plain(OmegaConf.create(raw), resolve=True)
    except OmegaConfBaseException as error:
        raise SettingsError(unreadable(error)) from error


def _checked_folder(results_dir: Any) -> str:
    if not isinstance(results_dir, str) or not results_dir.strip():
        rule = "must be the path of a folder"
        raise SettingsError(fault("results_dir", results_dir, rule, "write results_dir=path"))
    return results_dir


def _checked_name(name: Any) -> str | None:
    if name is None:
        return None
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", str(name)):
        raise SettingsError(
            fault("name", name, "must be letters, digits, dots, dashes and underlines", "choose another name")
        )
    return str(name)
