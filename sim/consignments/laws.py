"""Laws of durations as quantiles, so that one number per duration decides it, whatever the law."""

import numpy as np

from sim.consignments.numbers import Floats
from sim.settings.process import Service


def quantile_min(service: Service, z: Floats) -> Floats:
    """Minutes of a service law at standard normals `z` (monotone)."""
    if service.law == "fixed":
        return np.full(z.shape, service.mean_min)
    if service.law == "exponential":
        from scipy.special import log_ndtr

        return np.asarray(-service.mean_min * log_ndtr(-z))
    return np.asarray(service.mean_min * np.exp(service.sigma * z - service.sigma**2 / 2.0))
