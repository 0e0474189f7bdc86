"""The store of finished work: one entry per design point, scenario and replication, there whole or not at all."""

import hashlib
import json
import os
import shutil
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.disk import disk_may_refuse, publish, write_synced
from experiments.faults import fault
from experiments.version import model_version
from sim.settings.errors import BordersimError, SettingsError
from sim.settings.run import RunSettings

TABLES = ("replications", "daily", "mechanisms", "distribution", "attempts")
NOT_IN_KEY = {"replications", "assumption_draws", "workers", "launcher", "scenarios", "question"}
"""Settings on which the result of one scenario of one replication does not depend; a new setting counts by itself."""
ENTRY, VERSION = "entry.json", "model_version.txt"


@dataclass(frozen=True)
class Entry:
    """What one scenario of one replication of one design point left.

    Attributes
    ----------
    key : `entry_key` of what it is the result of
    point, scenario, replication : what it is the result of, for people
    legs : legs simulated
    tables : `TABLES`, and legs where asked for; each with the columns point, scenario, replication
    """

    key: str
    point: int
    scenario: str
    replication: int
    legs: int
    tables: Mapping[str, pd.DataFrame]


class EntryStore:
    """Entries below `results/<command>/<name>/entries/`; any number of processes may write at once.

    An entry is written beside (`partial/`), flushed to disk and renamed into place, so that it is there whole or not
    at all; a damaged one is set aside (`corrupt/`). That an entry is there is the only sign that its work is done.

    Parameters
    ----------
    path : Path
        The folder of the result.

    Raises
    ------
    SettingsError
        If its entries were written by another version of the model.
    BordersimError
        If the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._publish({VERSION: f"{model_version()}\n".encode()}, path / "entries")
        file = path / "entries" / VERSION
        written = " ".join(file.read_text(encoding="utf-8", errors="replace").split()) if file.is_file() else ""
        if written != model_version():
            raise SettingsError(
                fault(
                    str(path),
                    f"begun by model {written or 'of an unknown version'}",
                    f"this is model {model_version()}",
                    "choose another name",
                )
            )

    def has(self, key: str) -> bool:
        """Whether an entry is there and undamaged; a damaged one is set aside and said on standard error."""
        folder = self._folder(key)
        if not folder.exists():
            return False
        try:
            self._checked(key)
        except BordersimError as damage:
            print(f"bordersim: {damage}; set aside in {self.path / 'corrupt'}, to be run again", file=sys.stderr)
            self._set_aside(folder)
            return False
        return True

    def write(self, entry: Entry) -> None:
        """Write an entry all or nothing; where another process was first, ours is dropped.

        Raises
        ------
        BordersimError
            If the disk refuses.
        """
        files = {f"{name}.parquet": _parquet(table) for name, table in entry.tables.items()}
        about: dict[str, Any] = {
            "key": entry.key,
            "point": entry.point,
            "scenario": entry.scenario,
            "replication": entry.replication,
            "legs": entry.legs,
            "model_version": model_version(),
            "files": {name: {"bytes": len(data), "sha256": _sha256(data)} for name, data in files.items()},
        }
        about["sum"] = _hash(about)
        self._publish(files | {ENTRY: json.dumps(about, indent=1).encode()}, self._folder(entry.key))

    def read(self, key: str, names: Sequence[str] = TABLES) -> Entry:
        """Read an entry, or some of its tables.

        Raises
        ------
        BordersimError
            If it is not there or damaged.
        """
        about, files = self._checked(key, names)
        tables = {name: pd.read_parquet(BytesIO(data)) for name, data in files.items()}
        return Entry(key, about["point"], about["scenario"], about["replication"], about["legs"], tables)

    def tidy(self) -> None:
        """Remove what killed writers left half written; a living one that loses its half has been overtaken anyway."""
        shutil.rmtree(self.path / "partial", ignore_errors=True)

    def _folder(self, key: str) -> Path:
        return self.path / "entries" / key[:2] / key

    def _publish(self, files: Mapping[str, bytes], target: Path) -> None:
        part = self.path / "partial" / uuid.uuid4().hex
        try:
            with disk_may_refuse(target):
                self._fill_and_rename(part, files, target)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    @staticmethod
    def _fill_and_rename(part: Path, files: Mapping[str, bytes], target: Path) -> None:
        if target.exists():
            return
        try:
            part.mkdir(parents=True)
            for name, data in files.items():
                write_synced(part / name, data)
            publish(part, target)
        except OSError:
            if not target.exists():  # else another process was first and has tidied up behind us
                raise

    def _checked(self, key: str, names: Sequence[str] | None = None) -> tuple[dict[str, Any], dict[str, bytes]]:
        """What `entry.json` says, and the files of the tables named (all by default), each as it was written.

        Raises
        ------
        BordersimError
            If anything is missing or not as it was written.
        """
        folder = self._folder(key)
        try:
            about = json.loads((folder / ENTRY).read_bytes())
            total = about.pop("sum")
            chosen = [name.removesuffix(".parquet") for name in about["files"]] if names is None else names
            files = {name: (folder / f"{name}.parquet").read_bytes() for name in chosen}
            whole = total == _hash(about) and about["key"] == key and about["model_version"] == model_version()
            sums = {name: about["files"][f"{name}.parquet"]["sha256"] for name in chosen}
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise BordersimError(f"{folder}: damaged: {type(error).__name__}: {error}") from error
        changed = [name for name in chosen if _sha256(files[name]) != sums[name]]
        if changed or not whole:
            raise BordersimError(f"{folder}: damaged: {changed[0] if changed else ENTRY} is not as it was written")
        return about, files

    def _set_aside(self, folder: Path) -> None:
        target = self.path / "corrupt" / f"{folder.name}-{uuid.uuid4().hex[:8]}"
        with disk_may_refuse(target):
            target.parent.mkdir(exist_ok=True)
            try:
                os.rename(folder, target)
            except FileNotFoundError:
                return  # another process has done it


def entry_key(settings: RunSettings, scenario: str, replication: int, point: int = 0) -> str:
    """Name of an entry: a hash of everything its content depends on, the version of the model included.

    Parameters
    ----------
    settings : RunSettings
        Of the design point; of its scenarios only the one named counts.
    scenario : str
        Name of the scenario.
    replication : int
        Number of the replication.
    point : int
        Number of the design point, 0 where there is one only.
    """
    return keyed(settings_digest(settings, scenario), replication, point)


def settings_digest(settings: RunSettings, scenario: str) -> str:
    """Hash of the settings one scenario depends on; the part of `entry_key` that all its replications share."""
    content: dict[str, Any] = settings.model_dump(mode="json", exclude=NOT_IN_KEY)
    return _hash(content | {"name": scenario, "scenario": settings.scenarios[scenario].model_dump(mode="json")})


def keyed(digest: str, replication: int, point: int) -> str:
    """`entry_key` from a `settings_digest`."""
    return _hash({"digest": digest, "replication": replication, "point": point, "model": model_version()})


def _hash(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _parquet(table: pd.DataFrame) -> bytes:
    buffer = BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()
