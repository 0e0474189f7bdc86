"""The few numbers the rules need, taken from the parameters; a flat tuple both engines can read."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.settings.parameters import Parameters

PRESSURE_TENTHS = 20_000


class Constants(NamedTuple):
    """Constants of the rules.

    `pressure` is the table of thoroughness by tenths of a lorry waiting per open desk, `hurried` the same for a lorry
    that nears a published release target; from row `overwork_index` on an officer is overworked.
    """

    tick_ms: int
    dose_per_min: float
    reference_skill: float
    equipment: float
    vigilance_loss_per_h: float
    pace_loss_per_h: float
    overwork_index: int
    overwork_h: float
    criterion_per_h: float
    d_base: float
    d_skill: float
    query_p_base: float
    query_p_skill: float
    reroute_up: float
    reroute_down: float
    p_irregular: NDArray[np.float64]
    pressure: NDArray[np.float64]
    hurried: NDArray[np.float64]


def constants(p: Parameters, tick_ms: int) -> Constants:
    """Take the rules' constants from the parameters.

    `p_irregular` is indexed by the fiscal kind of `sim.consignments.consignment` (0 none, 1 undervaluation,
    2 misclassification, 3 false origin, 4 honest error).
    """
    q = np.arange(PRESSURE_TENTHS) / 10.0
    d, more = p.documents, p.measures.release_target_exponent
    return Constants(
        tick_ms=tick_ms,
        dose_per_min=p.examination.dose_per_min,
        reference_skill=p.examination.reference_skill,
        equipment=p.examination.equipment,
        vigilance_loss_per_h=p.examination.vigilance_loss_per_h,
        pace_loss_per_h=p.examination.pace_loss_per_h,
        overwork_index=int(10.0 * p.pressure.scale),
        overwork_h=p.pressure.overwork_h,
        criterion_per_h=p.image.criterion_fatigue,
        d_base=p.image.d_base,
        d_skill=p.image.d_skill,
        query_p_base=d.query_p_base,
        query_p_skill=d.query_p_skill,
        reroute_up=p.selectivity.reroute_up,
        reroute_down=p.selectivity.reroute_down,
        p_irregular=np.array(
            [0.0, d.p_undervaluation, d.p_misclassification, d.p_false_origin, d.p_honest_error], np.float64
        ),
        pressure=np.maximum(p.pressure.floor, (1.0 + q / p.pressure.scale) ** -p.pressure.exponent),
        hurried=np.maximum(p.pressure.floor, (1.0 + q / p.pressure.scale) ** -(p.pressure.exponent + more)),
    )
