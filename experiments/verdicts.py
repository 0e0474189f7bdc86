"""The words an effect may be given, and the rule each has to meet."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from experiments.factors import short_name
from sim.settings.errors import BordersimError
from sim.settings.run import FEWEST_DRAWS

ROBUST = "robust"
DEPENDS_ON = "depends on "
NOT_RESOLVED = "not resolved"
IDENTICAL = "identical"
NOT_DEFINED = "not defined"
RESOLVED = "resolved (simulation only)"
SIGN_SHARE = 0.9
"""Share of draws in which the sign of a robust effect holds."""
CHANCE = 0.05
"""How often chance alone may name an assumption for an effect that follows none."""
_AT_CENTRE = (RESOLVED, NOT_RESOLVED, IDENTICAL, NOT_DEFINED, "")
EFFECT = ["scenario", "reference", "indicator", "period", "group"]
"""Columns that tell one effect from another."""


def central_verdict(value: float, lower: float, upper: float, identical: bool) -> str:
    """Word for an effect where assumptions were not drawn.

    Parameters
    ----------
    value, lower, upper : float
        Difference and its simultaneous interval; NaN bounds (one replication) resolve nothing.
    identical : bool
        Whether the sums of both scenarios are the same bits in every replication.
    """
    if np.isnan(value):
        return NOT_DEFINED
    if identical:
        return IDENTICAL
    return RESOLVED if lower > 0 or upper < 0 else NOT_RESOLVED


def drawn_verdict(
    central: str, difference: float, reach: Mapping[Any, Any], drivers: Iterable[Mapping[Any, Any]]
) -> str:
    """Word for an effect of which the assumptions were drawn.

    - **robust**: the interval at central values leaves out 0, and the sign holds in `SIGN_SHARE` of the draws or more;
    - **depends on** an assumption: the sign changes with it. It is told from chance; along the line through the draws
      the effect has one sign where the assumption is low and the other where it is high; and either the interval at
      central values leaves out 0 (but the sign does not hold), or the line leaves out 0 at both ends;
    - **not resolved**: neither; also where fewer than `FEWEST_DRAWS` draws have a value.

    Parameters
    ----------
    central : str
        Word at central values.
    difference : float
        Effect at central values; of no account where it is not resolved.
    reach : mapping
        Row of `assumption_ranges`: draws, above, below (shares of draws by sign).
    drivers : iterable of mapping
        Rows of `drivers` of this effect, the strongest first.
    """
    if central == NOT_DEFINED or (central == IDENTICAL and reach["above"] == reach["below"] == 0):
        return central
    if reach["draws"] < FEWEST_DRAWS:
        return NOT_RESOLVED
    resolved = central == RESOLVED
    if resolved and reach["above" if difference > 0 else "below"] >= SIGN_SHARE:
        return ROBUST
    for driver in drivers:
        ends = (driver["effect_low"], driver["effect_high"])
        turns = driver["p"] <= CHANCE and min(ends) < 0 < max(ends)
        if turns and (resolved or _both_ends_resolved(driver)):
            return f"{DEPENDS_ON}{short_name(driver['factor'])}"
    return NOT_RESOLVED


def _both_ends_resolved(driver: Mapping[Any, Any]) -> bool:
    return all(driver[f"effect_{end}_lower"] > 0 or driver[f"effect_{end}_upper"] < 0 for end in ("low", "high"))


def with_verdicts(differences: pd.DataFrame, ranges: pd.DataFrame, drivers: pd.DataFrame) -> pd.DataFrame:
    """`differences` with the words of the primary family as the draws leave them; the same where none were made.

    Parameters
    ----------
    differences, ranges, drivers : DataFrame
        Tables of the comparison; `drivers` in order of rank.
    """
    if not len(ranges):
        return differences
    reach = {_key(row): row for row in ranges.to_dict("records")}
    follows: dict[Any, list[Mapping[Any, Any]]] = {}
    for row in drivers.to_dict("records"):
        follows.setdefault(_key(row), []).append(row)
    words = [
        drawn_verdict(row["verdict"], row["difference"], reach[_key(row)], follows.get(_key(row), []))
        if row["family"] == "primary" and _key(row) in reach
        else row["verdict"]
        for row in differences.to_dict("records")
    ]
    return differences.assign(verdict=words)


def _key(row: Mapping[Any, Any]) -> tuple[Any, ...]:
    return tuple(row[column] for column in EFFECT)


def checked_word(word: str, drawn: bool) -> str:
    """Pass a verdict through if what was run can support it.

    Parameters
    ----------
    word : str
        The verdict.
    drawn : bool
        Whether assumptions were drawn.

    Raises
    ------
    BordersimError
        For a word that is not of this module, or that speaks of assumptions where none were drawn.
    """
    if word in _AT_CENTRE or (drawn and (word == ROBUST or word.startswith(DEPENDS_ON))):
        return word
    allowed = ", ".join(f"'{w}'" for w in _AT_CENTRE if w)
    raise BordersimError(
        f"verdict '{word}': these intervals hold at central assumptions only and support no such word; "
        f"draw the assumptions from their ranges first, or use one of {allowed}"
    )
