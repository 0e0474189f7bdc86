"""The folder a command leaves behind: its name, its files written all or nothing, its manifest."""

import hashlib
import json
import platform
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from itertools import count
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from experiments.disk import publish, temporary, write_atomic, write_synced
from experiments.folders import load_yaml
from sim.settings.errors import SettingsError

SETTINGS, MANIFEST = "settings.yaml", "manifest.json"
PACKAGES = ("bordersim", "numpy", "simpy", "mesa", "numba", "scipy", "pandas")


@dataclass(frozen=True)
class ResultFolder:
    """`results/<command>/<name>/`."""

    path: Path

    @property
    def tables(self) -> Path:
        """Where tables go."""
        return self.path / "tables"

    @property
    def figures(self) -> Path:
        """Where figures go."""
        return self.path / "figures"

    @property
    def report(self) -> Path:
        """The page people read."""
        return self.path / "report.html"


def settings_hash(settings: Mapping[str, Any]) -> str:
    """First 8 hexadecimal digits of the SHA-256 of the settings as sorted JSON."""
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def open_folder(
    root: Path, command: str, name: str | None, settings: Mapping[str, Any], now: datetime | None = None
) -> ResultFolder:
    """Make the folder of a result with its settings, or go on in that of an unfinished run of the same settings.

    Parameters
    ----------
    root : Path
        Folder of all results.
    command : str
        Command that was run, such as "compare".
    name : str or None
        Name the user gave; None makes one of date, time and settings.
    settings : mapping
        Plain settings, complete, so that they can be read back.
    now : datetime, optional
        Time in the name; the clock if not given.

    Raises
    ------
    SettingsError
        If the name is no plain folder name, the folder holds a finished run, one of other settings or something else,
        or it cannot be written.
    """
    stamp = (now or datetime.now()).strftime("%Y-%m-%d_%H-%M-%S")
    wanted = root / command / (f"{stamp}_{settings_hash(settings)}" if name is None else _checked_name(name))
    try:
        for number in count(1):
            path = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
            if _made(path, settings):
                return ResultFolder(path)
            if name is not None:
                _may_go_on(path, name, settings)
                _try_to_write(path)
                return ResultFolder(path)
    except OSError as error:
        raise SettingsError(
            f"results_dir: {wanted}: cannot be written ({error.strerror}); give a folder you may write to"
        ) from error
    raise AssertionError("counting ended")


def _made(path: Path, settings: Mapping[str, Any]) -> bool:
    """Make a folder with its settings, all at once; False where it holds something, as when two runs start together."""
    part = temporary(path.parent)
    try:
        for inner in ("tables", "figures"):
            (part / inner).mkdir(parents=True)
        write_synced(part / SETTINGS, OmegaConf.to_yaml(OmegaConf.create(dict(settings))).encode())
        return publish(part, path)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _may_go_on(path: Path, name: str, settings: Mapping[str, Any]) -> None:
    """Refuse a folder that holds anything but an unfinished run of the same settings, and what is no folder."""
    if not path.is_dir():
        raise SettingsError(f"name: {name}: {path} is a file, and a result is a folder; choose another name")
    if (path / MANIFEST).exists() or not (path / SETTINGS).is_file():
        raise SettingsError(
            f"name: {name}: {path} already holds results, which are never overwritten; choose another name or remove it"
        )
    refuse_others(
        path, settings, "the unfinished run", "type the settings it was begun with to go on, or choose another name"
    )


def refuse_others(path: Path, settings: Mapping[str, Any], what: str, cure: str) -> None:
    """Refuse a folder whose settings are not these.

    Parameters
    ----------
    path : Path
        Folder that holds `SETTINGS`.
    settings : mapping
        Plain settings, complete.
    what, cure : str
        What the folder holds, and what to do about it, in words.

    Raises
    ------
    SettingsError
        Naming the first setting that differs and that results depend on.
    """
    changed = list(_differences(load_yaml(path / SETTINGS), dict(settings)))
    if changed:
        where, old, new = changed[0]
        more = f" (and {len(changed) - 1} settings more)" if len(changed) > 1 else ""
        raise SettingsError(f"{where}: {new}: {what} in {path} has {old}{more}; {cure}")


def _differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Dotted path, old and new value of every setting that differs and that results depend on."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            if path or key not in ("workers", "launcher"):
                yield from _differences(
                    old.get(key, "nothing"), new.get(key, "nothing"), f"{path}.{key}" if path else str(key)
                )
    elif old != new:
        yield path or SETTINGS, _short(old), _short(new)


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return str(value["centre"]) if "centre" in value else ", ".join(map(str, value))
    return str(value)


def _checked_name(name: str) -> str:
    if not re.fullmatch(r"[\w][\w. -]*", name):
        raise SettingsError(
            f"name: '{name}': a result's name is one folder; use letters, digits, '-', '_' and '.' only"
        )
    return name


def _try_to_write(folder: Path) -> None:
    probe = temporary(folder)
    probe.touch()
    probe.unlink()


def versions() -> dict[str, str]:
    """Versions of Python and of every package that can change a number."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def make_manifest(
    settings: Mapping[str, Any],
    *,
    seed: int,
    engine: str,
    wall_time_s: float,
    command_line: str,
    data_hashes: Mapping[str, str],
) -> dict[str, Any]:
    """All that is needed to repeat a result and to know whether it was repeated.

    Parameters
    ----------
    settings : mapping
        Composed settings, plain dicts and lists.
    seed : int
        Seed of the potential world.
    engine : str
        Engine that ran.
    wall_time_s : float
        Seconds from start to the last replication.
    command_line : str
        What to type to repeat it.
    data_hashes : mapping
        SHA-256 of each reference table, by file name.
    """
    return {
        "command_line": command_line,
        "seed": seed,
        "engine": engine,
        "wall_time_s": round(wall_time_s, 3),
        "versions": versions(),
        "settings_hash": settings_hash(settings),
        "data_hashes": dict(sorted(data_hashes.items())),
        "settings": dict(settings),
    }


def write_manifest(folder: ResultFolder, manifest: Mapping[str, Any]) -> None:
    """Write `manifest.json`, last of all: it says that the result is whole."""
    text = json.dumps(manifest, indent=2, default=str, ensure_ascii=False)
    write_atomic(folder.path / MANIFEST, f"{text}\n".encode())
