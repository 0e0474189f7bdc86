"""The truth about a day's consignments: what is carried and by whom it is known. Selectivity never sees this type."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.consignments.potential import PotentialDay
from sim.world.world import World

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
NO_FISCAL, UNDERVALUATION, MISCLASSIFICATION, FALSE_ORIGIN, HONEST_ERROR = 0, 1, 2, 3, 4
FISCAL_NAMES = {UNDERVALUATION: "undervaluation", MISCLASSIFICATION: "misclassification", FALSE_ORIGIN: "false_origin"}
FALSE_NAMES = {**FISCAL_NAMES, HONEST_ERROR: "honest_error"}
"""All that can be false in a declaration."""


@dataclass(frozen=True)
class Consignments:
    """Truth of one day's journeys, one entry each.

    Attributes
    ----------
    prohibited : 0 none, else the kind (drugs, counterfeit, other)
    organisation, arm : who smuggles and by which arm, -1 = nobody
    opportunity : number of the opportunity within its day, the same in every scenario; -1 = nothing prohibited
    fiscal : 0 none, undervaluation, misclassification, false origin, or honest error
    concealment : factor by which concealment divides an examination's dose
    """

    prohibited: Ints
    organisation: Ints
    arm: Ints
    opportunity: Ints
    fiscal: Ints
    concealment: Floats

    @property
    def irregular(self) -> NDArray[np.bool_]:
        """Prohibited goods or fiscal fraud aboard (an honest error is neither)."""
        return np.asarray((self.prohibited > 0) | ((self.fiscal > 0) & (self.fiscal != HONEST_ERROR)))

    @property
    def headline(self) -> NDArray[np.bool_]:
        """Compliant, or in honest error: the cohort of the headline clearance time."""
        return np.asarray(~self.irregular)


def fiscal_kinds(world: World, potential: PotentialDay, fraud_p: Floats) -> Ints:
    """Fiscal fraud and honest errors of journeys on which duty is assessed; `fraud_p` per journey."""
    if_fraud, otherwise = potential.once("fiscal kinds", lambda: _kinds(world, potential))
    return np.where(potential.u["fraud"] < fraud_p, if_fraud, otherwise)


def _kinds(world: World, potential: PotentialDay) -> tuple[Ints, Ints]:
    """What would be false in each journey's declaration with and without fraud."""
    c, kind_u = world.parameters.consignments, potential.u["fraud_kind"]
    kind = np.where(
        kind_u < c.undervaluation_share,
        UNDERVALUATION,
        np.where(kind_u < c.undervaluation_share + c.misclassification_share, MISCLASSIFICATION, FALSE_ORIGIN),
    )
    errs = potential.u["honest_error"] < (c.honest_error_share if world.fraud else 0.0)
    error = np.where(errs, HONEST_ERROR, NO_FISCAL)
    return np.where(potential.dutiable, kind, NO_FISCAL), np.where(potential.dutiable, error, NO_FISCAL)
