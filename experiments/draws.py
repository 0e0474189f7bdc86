"""Assumptions drawn from their ranges: every number with a range, all at once, the same draw for every scenario."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from experiments.compose import validate
from experiments.design import Design, lhs
from experiments.engine import with_engine
from experiments.factors import Factor
from experiments.faults import fault
from experiments.listing import built
from experiments.overrides import Override, apply_override
from experiments.points import Point
from experiments.schema import numbers
from sim.settings.errors import SettingsError
from sim.settings.run import RunSettings

CHOSEN = "scenarios."
"""Settings below this are what is compared; their ranges say what may be asked, not what is unknown."""
MOST_TRIES = 200
"""Times a draw is made anew before its ranges are taken to hold nothing possible."""


@dataclass(frozen=True)
class Draws:
    """Assumptions drawn at once, and the points that are run at them.

    Attributes
    ----------
    design : per draw, the value of every number that has a range
    points : the same as points, numbered from 1 (0 is the central one); one replication each, with luck of its own
    refused : why each draw that was impossible was made anew, one sentence each
    """

    design: Design
    points: tuple[Point, ...]
    refused: tuple[str, ...]

    def table(self) -> pd.DataFrame:
        """One row per draw and number drawn."""
        wide = self.design.table().assign(seed=[point.settings.seed for point in self.points])
        rows = wide.assign(draw=[point.number for point in self.points]).drop(columns="point")
        long = rows.melt(["draw", "seed"], var_name="factor", value_name="value")
        units = {factor.path: factor.unit for factor in self.design.factors}
        return long.assign(unit=long["factor"].map(units)).sort_values("draw", kind="stable", ignore_index=True)


def drawn_factors(raw: Mapping[str, Any]) -> tuple[Factor, ...]:
    """Every number whose row states a range, in the order of the settings; one given by itself has none.

    A draw is as likely to lie below the centre of its row as above it, and evenly spread on either side: the row says
    no more. Where the centre is an end of the range, draws are spread evenly over the whole of it.
    """
    return tuple(
        Factor(path, row["low"], row["high"], unit=row["unit"], source=row["source"], centre=row["centre"])
        for path, row in numbers(RunSettings, raw)
        if isinstance(row, Mapping) and row["low"] < row["high"] and not path.startswith(CHOSEN)
    )


def draws_of(settings: RunSettings, raw: Mapping[str, Any]) -> Draws:
    """Draw the assumptions of a comparison `settings.assumption_draws` times.

    The draws are a Latin hypercube. One that is impossible (shares of a whole that exceed it, a lower bound above its
    upper bound, a world that cannot be built) takes the numbers at fault from the same row of a further hypercube.

    Parameters
    ----------
    settings : RunSettings
        The comparison at central values.
    raw : mapping
        The same as plain dicts, quantities still with their ranges.

    Raises
    ------
    SettingsError
        If no number has a range, or the ranges hold next to nothing possible.
    """
    wanted = settings.assumption_draws
    if not wanted:
        return Draws(Design("lhs", (), ()), (), ())
    factors = drawn_factors(raw)
    if not factors:
        rule = "no number of these settings has a range to draw from"
        raise SettingsError(fault("assumption_draws", wanted, rule, "give 0, or rows with low below high"))
    rows, points, refused = [], [], list[str]()
    hypercube = _hypercubes(factors, settings)
    for number in range(1, wanted + 1):
        row, point, reasons = _possible(settings, raw, factors, number, hypercube)
        rows.append(row)
        points.append(point)
        refused += [f"draw {number}: {reason}" for reason in reasons]
    return Draws(Design("lhs", factors, tuple(rows)), tuple(points), tuple(refused))


def _possible(
    settings: RunSettings,
    raw: Mapping[str, Any],
    factors: tuple[Factor, ...],
    number: int,
    hypercube: Callable[[int], Design],
) -> tuple[tuple[Any, ...], Point, list[str]]:
    """Values of a draw that go together, the point they make, and why others before did not."""
    row, reasons = hypercube(0).points[number - 1], list[str]()
    for attempt in range(1, MOST_TRIES):
        try:
            return row, Point(number, _settings(settings, raw, factors, row, number), {"draw": number}), reasons
        except SettingsError as error:
            reasons.append(str(error))
        again = hypercube(attempt).points[number - 1]
        faulty = [f"{f.path}:" in reasons[-1] or f"{f.path.rpartition('.')[0]}:" in reasons[-1] for f in factors]
        row = tuple(b if at_fault or not any(faulty) else a for a, b, at_fault in zip(row, again, faulty, strict=True))
    rule = f"{len(reasons)} draws in a row were impossible, the last for: {reasons[-1]}"
    raise SettingsError(fault("assumption_draws", settings.assumption_draws, rule, "narrow the ranges it names"))


def _hypercubes(factors: tuple[Factor, ...], settings: RunSettings) -> Callable[[int], Design]:
    """Hypercube of each attempt; most are never asked for."""
    made: dict[int, Design] = {}

    def at(attempt: int) -> Design:
        if attempt not in made:
            made[attempt] = lhs(factors, settings.assumption_draws, _seed(settings.seed, 0, attempt))
        return made[attempt]

    return at


def _seed(seed: int, *place: int) -> int:
    """A seed of its own for each place, below 2**63 as `RunSettings.seed` is."""
    state = np.random.SeedSequence(seed, spawn_key=place).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))


def _settings(
    settings: RunSettings, raw: Mapping[str, Any], factors: tuple[Factor, ...], row: tuple[Any, ...], number: int
) -> RunSettings:
    own = {"seed": _seed(settings.seed, number), "engine": with_engine(settings).engine}
    drawn = deepcopy(dict(raw)) | own | {"replications": 1, "assumption_draws": 0, "legs": False}
    for factor, value in zip(factors, row, strict=True):
        apply_override(drawn, Override("", factor.path, value))
    found = validate(drawn)
    built(found)
    return found
