"""What is lodged: the only thing selectivity sees. It has no field from which the truth could be read."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.consignments.consignment import Consignments
from sim.consignments.potential import FEATURES, PotentialDay
from sim.settings.parameters import ConsignmentsParameters

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LOCAL, RECORD = FEATURES.index("local_element"), FEATURES.index("trader_record")


@dataclass(frozen=True)
class Declarations:
    """Declarations of one day, one entry per journey.

    Attributes
    ----------
    trader : declared trader
    features : (n, 6) declared features in the order of `FEATURES`, each in one piece of memory; the record column is
        filled by the receiving country
    noise : the score's own error (standard normal)
    """

    trader: Ints
    features: Floats
    noise: Floats

    def take(self, which: Ints) -> "Declarations":
        """The declarations at these positions."""
        return Declarations(self.trader[which], self.features.T.take(which, axis=1).T, self.noise[which])


def lodge(
    p: ConsignmentsParameters, potential: PotentialDay, truth: Consignments, side: str, local_kept: Floats
) -> Declarations:
    """Write the declarations of a day: irregular goods leave a trace in each declared feature, on average.

    Parameters
    ----------
    local_kept : (n,) array
        Share of the local element's feature that the form in use still carries (0 = the element is gone).
    """
    shift = np.where(truth.prohibited > 0, p.feature_shift_prohibited, p.feature_shift_fiscal)
    shift = np.where(truth.irregular, shift, 0.0)
    features = np.zeros((len(FEATURES), len(potential))).T
    np.add(potential.features, shift[:, None], out=features[:, : len(FEATURES) - 1])
    features[:, LOCAL] *= local_kept
    return Declarations(trader=potential.trader, features=features, noise=potential.z[f"{side}/score_noise"])


def with_record(declarations: Declarations, record: Floats) -> Floats:
    """Features with the receiving country's own record of each declaration's trader filled in."""
    features = declarations.features.copy("K")
    features[:, RECORD] = record
    return features
