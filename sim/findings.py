"""What checks find: hits by channel, by the rule that chose the channel, and by what was found."""

from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from sim.agents.smuggler import KIND_NAMES
from sim.consignments.consignment import FALSE_NAMES
from sim.ledger import Ledger
from sim.posts.legs import LegRows
from sim.posts.rules import CHANNEL_NAMES, RULE_NAMES

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
FOUND_NAMES = [*(KIND_NAMES[k] for k in sorted(KIND_NAMES)), *(FALSE_NAMES[k] for k in sorted(FALSE_NAMES))]
"""What a check can find: prohibited goods, then what is false in a declaration, in the order of their numbers."""
CHANNELS, RULES, KINDS = len(CHANNEL_NAMES), len(RULE_NAMES), len(KIND_NAMES)
CELLS = CHANNELS * RULES


class Findings:
    """Folds hits into a ledger.

    A hit of an examination is prohibited goods; a material hit of any check is that, or duty worth a finding.

    Parameters
    ----------
    ledger : Ledger
        Where sums are kept.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        channels = [f"channel={name}" for name in CHANNEL_NAMES]
        groups = ["all", *channels, *(f"rule={name}" for name in RULE_NAMES)]
        kinds = [f"kind={name}" for name in FOUND_NAMES]
        self.examined = ledger.facts_of("physical_inspection_rate", channels, "share")
        self.hits = [ledger.facts_of(name, groups, "share") for name in ("hit_rate", "material_hit_rate")]
        self.kinds = [
            ledger.facts_of("hit_rate", kinds[:KINDS], "share"),
            ledger.facts_of("material_hit_rate", kinds, "share"),
        ]
        channel, rule = np.divmod(np.arange(CELLS), RULES)
        self._members = np.hstack([np.ones((CELLS, 1)), np.eye(CHANNELS)[channel], np.eye(RULES)[rule]])
        self._sums = np.zeros((5, CELLS))

    def fold(self, day: int, rows: LegRows, loaded: Bools, truth: tuple[Ints, Ints], worth: Ints) -> None:
        """Hits on the loaded legs of one side and planning day.

        Parameters
        ----------
        day, rows : planning day; finished legs
        loaded : which of them carry goods and came
        truth : kinds of prohibited goods and of what is false in the declaration
        worth : positions of the legs whose correction brings in enough duty for a finding
        """
        selected = rows["channel"] * RULES + rows["rule"]
        check = (rows["document_unit"] >= 0) + 2 * (rows["exam_unit"] >= 0).astype(np.int8)
        by_check = np.bincount(selected + CELLS * np.where(loaded, check, 4), minlength=5 * CELLS).reshape(5, CELLS)
        prohibited = np.flatnonzero((rows["detected"] == 1) & loaded)
        false = worth[loaded[worth] & (rows["detected"][worth] == 0)]
        hits = [np.bincount(selected[hit], minlength=CELLS) for hit in (prohibited, false)]
        sums = self._sums
        sums[0], sums[1] = hits[0], by_check[2] + by_check[3]
        sums[2], sums[3] = hits[0] + hits[1], sums[1] + by_check[1]
        sums[4] = sums[3] + by_check[0]
        totals = (sums @ self._members).tolist()
        add = self.ledger.add_all
        add(self.examined, day, totals[1][1:], totals[4][1:])
        kinds = np.bincount(truth[0][prohibited], minlength=1 + KINDS)[1:].tolist()
        kinds += np.bincount(truth[1][false], minlength=1 + len(FALSE_NAMES))[1:].tolist()
        for facts, of_kind, (parts, whole) in zip(self.hits, self.kinds, (totals[:2], totals[2:4]), strict=True):
            add(facts, day, parts, whole)
            add(of_kind, day, kinds, repeat(whole[0]))
