"""Principal strata: what the same opportunity led to under two scenarios, so that deterrence is told from detection."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
DAY_BITS = 40
DELIVERED, STOPPED, UNFINISHED = 0, 1, 2
BOTH, ONLY_REFERENCE, ONLY_SCENARIO = "both", "only_reference", "only_scenario"


@dataclass
class Presented:
    """Attempts presented at crossings under one scenario.

    Attributes
    ----------
    keys : opportunities, numbered alike in every scenario: day << 40 | number within the day
    fates : what became of each: delivered, stopped, or unfinished at the end of the run
    """

    keys: list[Ints] = field(default_factory=list)
    fates: list[Ints] = field(default_factory=list)

    def add(self, day: int, opportunity: Ints, fate: Ints) -> None:
        """Note attempts of a planning day, each once."""
        self.keys.append((day << DAY_BITS) + opportunity)
        self.fates.append(fate)

    def sorted(self) -> tuple[Ints, Ints]:
        """Keys, ascending, and fates."""
        keys = np.concatenate([np.zeros(0, np.int64), *self.keys])
        fates = np.concatenate([np.zeros(0, np.int64), *self.fates])
        order = np.argsort(keys, kind="stable")
        return keys[order], fates[order]


def strata_rows(reference: tuple[Ints, Ints], scenario: tuple[Ints, Ints]) -> list[dict[str, Any]]:
    """Attempts by stratum, and how many of them were stopped or unfinished on either side.

    Both sides are keys and fates as `Presented.sorted` gives them. Counts of a side that did not make the attempts are
    None: what is not tried is neither stopped nor missed.
    """
    (keys_r, fates_r), (keys_s, fates_s) = reference, scenario
    again, before = np.isin(keys_r, keys_s), np.isin(keys_s, keys_r)
    return [
        _row(BOTH, fates_r[again], fates_s[before]),
        _row(ONLY_REFERENCE, fates_r[~again], None),
        _row(ONLY_SCENARIO, None, fates_s[~before]),
    ]


def _row(stratum: str, reference: Ints | None, scenario: Ints | None) -> dict[str, Any]:
    tried = reference if reference is not None else scenario
    row: dict[str, Any] = {"stratum": stratum, "attempts": 0 if tried is None else len(tried)}
    for side, fates in (("reference", reference), ("scenario", scenario)):
        for word, fate in (("stopped", STOPPED), ("unfinished", UNFINISHED)):
            row[f"{word}_{side}"] = None if fates is None else int((fates == fate).sum())
    return row
