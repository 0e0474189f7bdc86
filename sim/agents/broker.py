"""Broker offices: how early they lodge, learned from lorries that had to wait for papers."""

from typing import Any

import mesa
import numpy as np
from numpy.typing import NDArray

from sim.world.world import World

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
WEEK_D = 7


class Broker(mesa.Agent):
    """A view on one broker office."""

    def __init__(self, model: Any, population: "BrokerPopulation", row: int) -> None:
        super().__init__(model)
        self.population = population
        self.row = row

    @property
    def lead_factor(self) -> float:
        """Lead before arrival, relative to the template's."""
        return float(self.population.lead_factor[self.row])


class BrokerPopulation:
    """All broker offices in one array per attribute."""

    def __init__(self, world: World) -> None:
        self.p = world.parameters.brokers
        count = len(world.brokers)
        self.lead_factor = np.ones(count)
        self.trips = np.zeros(count)
        self.late = np.zeros(count)

    def experience(self, broker: Ints, waited_for_papers: Ints) -> None:
        """Count lorries of each office, and those that stood waiting for their papers."""
        self.trips += np.bincount(broker, minlength=len(self.trips))
        self.late += np.bincount(broker, weights=waited_for_papers, minlength=len(self.trips))

    def decide(self, day: int) -> None:
        """Once a week: lodge earlier if too many lorries waited, later (lead time costs) if hardly any did."""
        if day % WEEK_D or not len(self.trips):
            return
        late = self.late / np.maximum(self.trips, 1.0)
        step = self.p.lead_learning_share * np.clip((late - self.p.late_target_share) / self.p.late_target_share, -1, 1)
        moved = np.clip(self.lead_factor * (1.0 + step), self.p.lead_min_factor, self.p.lead_max_factor)
        self.lead_factor = np.where(self.trips > 0, moved, self.lead_factor)
        self.trips[:], self.late[:] = 0.0, 0.0
