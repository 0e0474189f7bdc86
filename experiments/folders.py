"""Folders of settings, shipped and the user's own, and the YAML files in them."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from experiments.faults import fault
from sim.settings.errors import SettingsError

GROUPS = ("world", "length", "targeting", "scenario", "process", "traffic", "launcher")
READING_FAILS = (OmegaConfBaseException, yaml.YAMLError, OSError, UnicodeDecodeError)


def shipped_configs() -> Path:
    """Folder of the shipped YAML: beside this module when installed from a wheel, at the top of a checkout else."""
    here = Path(__file__).resolve().parent
    return next(d for d in (here / "configs", here.parent / "configs") if (d / "compare.yaml").is_file())


def config_folders(config_dir: str | Path | None) -> list[Path]:
    """Folders that hold settings, the shipped one first.

    Raises
    ------
    SettingsError
        If `config_dir` is no folder of settings, or a file of it has the name of a shipped one.
    """
    if config_dir is None:
        return [shipped_configs()]
    own = Path(config_dir).resolve()
    holds = ", ".join(f"{group}/" for group in GROUPS)
    if not own.is_dir():
        raise SettingsError(
            fault("--config-dir", config_dir, "is not a folder", "give the folder that holds world/ or scenario/")
        )
    if not any((own / group).is_dir() for group in GROUPS) and not (own / "assumptions.yaml").is_file():
        raise SettingsError(
            fault("--config-dir", config_dir, "holds no settings", f"give it {holds} or assumptions.yaml")
        )
    folders = [shipped_configs(), own]
    for group in GROUPS:
        options(group, folders)
    return folders


def options(group: str, folders: Sequence[Path]) -> dict[str, Path]:
    """Files of a group by name, sorted.

    Raises
    ------
    SettingsError
        If two folders hold the same name.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        for file in sorted((folder / group).glob("**/*.yaml")):
            name = file.relative_to(folder / group).with_suffix("").as_posix()
            if name in found and found[name].resolve() != file.resolve():
                raise SettingsError(
                    fault(f"{group}/{file.name}", file, f"a shipped {group} has this name", "rename the file")
                )
            found[name] = file
    return dict(sorted(found.items()))


def load_yaml(file: Path) -> Any:
    """Plain content of one YAML file, interpolations as they stand.

    Raises
    ------
    SettingsError
        If it cannot be read or is not valid YAML; names the line.
    """
    try:
        return OmegaConf.to_container(OmegaConf.load(file), resolve=False)
    except READING_FAILS as error:
        raise SettingsError(unreadable(error, file)) from error


def unreadable(error: Exception, file: Path | None = None) -> str:
    """What went wrong while files were read and put together, without advice that does not apply here."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        mark = error.problem_mark
        where = f"{shown(Path(mark.name))} line {mark.line + 1}"
        return fault(where, error.problem or "unreadable", "is not valid YAML", "correct the line")
    if isinstance(error, OSError) and error.filename:
        return fault(shown(Path(error.filename)), error.strerror, "cannot be read", "check the path and its rights")
    text = re.split(r"\s*(?:Config search path|To append to your config|Available options|full_key:)", str(error))[0]
    return f"{shown(file) if file else 'settings'}: {' '.join(text.split())}; correct the file or the override"


def shown(file: Path) -> str:
    """A path as short as the user can still find it."""
    resolved = file.resolve()
    return str(resolved.relative_to(Path.cwd())) if resolved.is_relative_to(Path.cwd()) else str(file)
