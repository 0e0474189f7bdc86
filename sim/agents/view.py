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
        own = copy.__dict__
        for name, value in self.__dict__.items():
            if type(value) is int or value is None:
                own[name] = value
            else:  # the model and the population: copied once
                own[name] = known[id(value)] if id(value) in known else deepcopy(value, known)
        return copy
