"""The store of finished work: one entry per design point, scenario and replication, there whole or not at all."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sim.settings.run import RunSettings

NOT_IN_KEY = {"replications", "workers", "launcher", "scenarios"}
"""Settings on which the result of one scenario of one replication does not depend."""


@dataclass(frozen=True)
class Entry:
    """What one scenario of one replication of one design point left.

    Attributes
    ----------
    key : `entry_key` of what it is the result of
    point, scenario, replication : what it is the result of, for people
    legs : legs simulated
    tables : replications, daily, mechanisms, distribution; each with the columns point, scenario, replication
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
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def has(self, key: str) -> bool:
        """Whether an entry is there and undamaged; a damaged one is set aside and said on standard error."""
        raise NotImplementedError

    def write(self, entry: Entry) -> None:
        """Write an entry all or nothing; where another process was first, ours is dropped.

        Raises
        ------
        BordersimError
            If the disk refuses.
        """
        raise NotImplementedError

    def read(self, key: str) -> Entry:
        """Read an entry.

        Raises
        ------
        BordersimError
            If it is not there or damaged.
        """
        raise NotImplementedError


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
    content: dict[str, Any] = settings.model_dump(mode="json", exclude=NOT_IN_KEY)
    content |= {"scenario": scenario, "settings": settings.scenarios[scenario].model_dump(mode="json")}
    content |= {"replication": replication, "point": point}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
