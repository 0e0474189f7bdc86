"""The folder a command leaves behind: its name, its files written all or nothing, its manifest."""

import hashlib
import json
import os
import platform
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from sim.settings.errors import BordersimError, SettingsError

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
    """Make the folder of a result, with `tables/` and `figures/`.

    Parameters
    ----------
    root : Path
        Folder of all results.
    command : str
        Command that was run, such as "compare".
    name : str or None
        Name the user gave; None makes one of date, time and settings.
    settings : mapping
        Plain settings, for the hash in the name.
    now : datetime, optional
        Time in the name; the clock if not given.

    Raises
    ------
    SettingsError
        If the name is no plain folder name, the folder already holds something, or it cannot be written.
    """
    if name is None:
        stamp = (now or datetime.now()).strftime("%Y-%m-%d_%H-%M-%S")
        path = _unused(root / command / f"{stamp}_{settings_hash(settings)}")
    else:
        path = root / command / _checked_name(name)
    try:
        if path.is_dir() and any(path.iterdir()):
            raise SettingsError(
                f"name: {name}: {path} already holds results, which are never overwritten; "
                "choose another name or remove it"
            )
        folder = ResultFolder(path)
        for part in (folder.tables, folder.figures):
            part.mkdir(parents=True, exist_ok=True)
        _try_to_write(path)
    except OSError as error:
        raise SettingsError(
            f"results_dir: {path}: cannot be written ({error.strerror}); give a folder you may write to"
        ) from error
    return folder


def _unused(path: Path) -> Path:
    """The path itself, or with -2, -3... where two runs started in the same second."""
    number, candidate = 1, path
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.name}-{number}")
    return candidate


def _checked_name(name: str) -> str:
    if not re.fullmatch(r"[\w][\w. -]*", name):
        raise SettingsError(
            f"name: '{name}': a result's name is one folder; use letters, digits, '-', '_' and '.' only"
        )
    return name


def _try_to_write(folder: Path) -> None:
    probe = folder / f".tmp-{uuid.uuid4().hex}.part"
    probe.touch()
    probe.unlink()


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file all or nothing: a reader, or a crash, never meets half of it.

    Raises
    ------
    BordersimError
        If the disk refuses; the former file, if any, is untouched.
    """
    part = path.parent / f".tmp-{uuid.uuid4().hex}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        raise BordersimError(
            f"{path}: cannot be written ({error.strerror}); free some space or give another results folder"
        ) from error
    finally:
        part.unlink(missing_ok=True)


def write_settings(folder: ResultFolder, settings: Mapping[str, Any]) -> None:
    """Write `settings.yaml`: the composed settings, complete, so that they can be read back."""
    write_atomic(folder.path / "settings.yaml", OmegaConf.to_yaml(OmegaConf.create(dict(settings))).encode())


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
    """Write `manifest.json`."""
    text = json.dumps(manifest, indent=2, default=str, ensure_ascii=False)
    write_atomic(folder.path / "manifest.json", f"{text}\n".encode())
