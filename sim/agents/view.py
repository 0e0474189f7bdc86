"""Views: agents whose state stands in the arrays of their population."""

from copy import deepcopy
from typing import Any

import mesa


class View(mesa.Agent):
    """One row of a population, as an agent."""

    def __deepcopy__(self, known: dict[int, Any]) -> "View":
        """A view on the copy of the population: there are hundreds, and little of each to copy."""
        copy = object.__new__(type(self))
        known[id(self)] = copy
        copy.__dict__ = {name: deepcopy(value, known) for name, value in self.__dict__.items()}
        return copy
