"""Folders of settings, shipped and the user's own, and the YAML files in them."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import yaml
from hydra.errors import MissingConfigException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from experiments.faults import did_you_mean, fault
from sim.settings.errors import SettingsError

GROUPS = ("world", "length", "targeting", "scenario", "process", "traffic", "launcher", "question")
READING_FAILS = (OmegaConfBaseException, yaml.YAMLError, OSError, ValueError, RecursionError)
MOST_VALUES = 100_000
"""In one file, its anchors written out; the largest shipped one has 1,000."""


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


def no_such_file_of(group: str, name: str, folders: Sequence[Path], besides: Collection[str] = ()) -> str | None:
    """The fault of a group without a file of this name, or of a group there is none of; None where all is well.

    Parameters
    ----------
    group, name : str
        As in `world=two_countries`.
    folders : sequence of Path
        Folders that hold settings, the shipped one first.
    besides : collection of str
        What the name may be besides, without a file.
    """
    if group not in GROUPS:
        return fault(group, name, "is not a group of files", did_you_mean(group, GROUPS))
    known = [*besides, *options(group, folders)]
    if name in known:
        return None
    guess = did_you_mean(name, known)
    cure = f"{guess} there are {', '.join(known)}" if guess.endswith("?") else guess
    return fault(group, name, f"there is no such {group}", cure)


def lost(error: MissingConfigException, folders: Sequence[Path]) -> str:
    """What a file names among its `defaults` and no folder holds; Hydra says it in words of its own."""
    group, _, name = str(error.missing_cfg_file).partition("/")
    parent = re.search(r"In '(\w+)/([^']+)'", str(error))
    file = options(parent[1], folders).get(parent[2]) if parent else None
    head = name.partition("/")[0]
    if not name:
        said = fault("defaults", f"/{group}", "names no file of a group", f"write /group: name, of {', '.join(GROUPS)}")
    elif head in GROUPS:
        said = fault("defaults", name, f"is looked for within {group}/", f"begin it with a slash, as /{head}")
    else:
        said = no_such_file_of(group, name, folders, ["_self_"]) or unreadable(error)
    return f"{shown(file)}: {said}" if file else said


def refuse_name(group: str, name: str) -> None:
    """Refuse the name of a user's file that Hydra's grammar, or a path of settings, could not hold.

    Raises
    ------
    SettingsError
        If it has anything but ASCII letters, digits, dashes and underlines, or begins with a digit.
    """
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_/-]*", name) or name.lower() in ("true", "false", "null", "nan", "inf"):
        rule = "a file of settings is named by letters (a to z), digits, dashes and underlines, a letter first"
        raise SettingsError(fault(group, name, rule, "rename the file"))


def load_yaml(file: Path) -> Any:
    """Plain content of one YAML file, interpolations as they stand.

    Raises
    ------
    SettingsError
        If it cannot be read or is not valid YAML; names the line.
    """
    try:
        _refuse_endless(file)
        return OmegaConf.to_container(OmegaConf.load(file), resolve=False)
    except READING_FAILS as error:
        raise SettingsError(unreadable(error, file)) from error


def load_settings(file: Path) -> dict[str, Any]:
    """Plain content of a file of settings.

    Raises
    ------
    SettingsError
        As `load_yaml`; or if it holds anything but keys and values.
    """
    content = load_yaml(file)
    if isinstance(content, dict) and content:
        return content
    holds = "nothing" if content in (None, {}, []) else "a list" if isinstance(content, list) else "a single value"
    raise SettingsError(
        fault(shown(file), f"holds {holds}", "a file of settings holds keys and values", "write each as key: value")
    )


def _refuse_endless(file: Path) -> None:
    """Refuse anchors that hold themselves, or each other so often that nobody could hold it all."""
    text = file.read_text(encoding="utf-8-sig")
    if "*" not in text:  # without aliases a file holds what it shows
        return
    sizes: dict[int, int] = {}

    def size(node: yaml.Node) -> int:
        inside = [part for item in node.value for part in (item if isinstance(item, tuple) else (item,))]
        inside = [part for part in inside if isinstance(part, yaml.Node)]
        if sizes.setdefault(id(node), 0) == 0 and inside:
            sizes[id(node)] = -1
            sizes[id(node)] = 1 + sum(map(size, inside))
        if sizes[id(node)] == -1:
            raise ValueError("an anchor holds itself")
        return max(sizes[id(node)], 1)

    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is not None and size(root) > MOST_VALUES:
        raise ValueError(f"holds more than {MOST_VALUES:,} values once its anchors are written out")


def unreadable(error: Exception, file: Path | None = None) -> str:
    """What went wrong while files were read and put together, without advice that does not apply here."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        mark = error.problem_mark
        where = f"{shown(Path(mark.name))} line {mark.line + 1}"
        return fault(where, error.problem or "unreadable", "is not valid YAML", "correct the line")
    if isinstance(error, OSError) and error.filename:
        return fault(shown(Path(error.filename)), error.strerror, "cannot be read", "check the path and its rights")
    if isinstance(error, RecursionError):
        error = ValueError("nests too deeply, or holds itself")
    where = shown(file) if file else getattr(error, "full_key", None) or "settings"
    text = re.split(r"\s*(?:Config search path|To append to your config|Available options|full_key:)", str(error))[0]
    return f"{where}: {' '.join(text.split())}; correct the file or the override"


def shown(file: Path) -> str:
    """A path as short as the user can still find it."""
    resolved = file.resolve()
    return str(resolved.relative_to(Path.cwd())) if resolved.is_relative_to(Path.cwd()) else str(file)
