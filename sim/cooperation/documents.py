"""What two countries' differing data sets cost: re-keying, mismatches, comparison."""

import numpy as np
from numpy.typing import NDArray

from sim.settings.parameters import DocumentsParameters

Floats = NDArray[np.float64]


def rekey_min(p: DocumentsParameters, elements: Floats, no_common_language: Floats) -> Floats:
    """Broker minutes to re-key `elements`; slower without a common language (0 or 1)."""
    return elements * p.rekey_min_per_element * (1.0 + p.rekey_language_factor * no_common_language)


def mismatch_p(
    p: DocumentsParameters, elements: Floats, no_common_language: Floats, carelessness: Floats | float = 1.0
) -> Floats:
    """Probability that at least one of `elements` re-keyed elements differs; 0 where none is re-keyed.

    `carelessness` is the error rate of the office that typed them, relative to the mean office's.
    """
    each = np.minimum(p.element_error_p * carelessness * (1.0 + no_common_language), 1.0)
    return np.asarray(1.0 - (1.0 - each) ** elements)


def compare_min(p: DocumentsParameters, elements: Floats) -> Floats:
    """Officer minutes at skill 1 to compare the elements that no machine can compare."""
    return elements * p.nonmachine_share * p.compare_min_per_element
