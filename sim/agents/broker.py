"""Broker offices: how early they lodge, learned from lorries that had to wait for papers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.agents.view import View
from sim.consignments.numbers import Numbers
from sim.world.world import World

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
WEEK_D = 7
MOST_LATE = 0.9
"""Share of late papers no office plans beyond, however cheap a lorry's hour."""


class Broker(View):
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
    """All broker offices in one array per attribute.

    Attributes
    ----------
    carelessness : error rate per re-keyed element, relative to the mean office's
    late_share : remembered share of lorries that waited for their papers; NaN before the first
    waited_h : remembered mean time that lorries waited for papers, h: what traders hear of an office
    target_share : late share at which a further hour of lead costs as much as it saves
    """

    def __init__(self, world: World, numbers: Numbers) -> None:
        self.p = world.parameters.brokers
        count = len(world.brokers)
        self.lead_factor = np.ones(count)
        self.late_share = np.full(count, np.nan)
        self.waited_h = np.zeros(count)
        self.trips, self.late, self.hours = np.zeros(count), np.zeros(count), np.zeros(count)
        at = [world.countries[world.posts[b.post].entry_country] for b in world.brokers]
        lorry_usd_per_h = np.array([country.lorry_usd_per_h for country in at])
        self.target_share = np.minimum(self.p.lead_usd_per_h / np.maximum(lorry_usd_per_h, 1e-9), MOST_LATE)
        z = np.array([numbers.normal("broker_error", b.name, 0, 1)[0] for b in world.brokers])
        self.carelessness = np.exp(self.p.error_sigma * z - self.p.error_sigma**2 / 2.0)

    def experience(self, broker: Ints, waited_h: Floats) -> None:
        """Count lorries of each office, those that stood waiting for their papers, and how long."""
        self.trips += np.bincount(broker, minlength=len(self.trips))
        self.late += np.bincount(broker, weights=waited_h > 0, minlength=len(self.trips))
        self.hours += np.bincount(broker, weights=waited_h, minlength=len(self.trips))

    def decide(self, day: int) -> None:
        """Once a week: remember the week, and lodge earlier where that saves more than it costs.

        An hour of lead costs `lead_usd_per_h` and saves an hour of each lorry that would have waited: the two are
        equal where the share of late papers is their ratio (the newsvendor's rule).
        """
        if day % WEEK_D or not len(self.trips):
            return
        had = self.trips > 0
        weight = np.where(np.isnan(self.late_share), 1.0, self.p.memory_per_week)
        late, hours = self.late / np.maximum(self.trips, 1.0), self.hours / np.maximum(self.trips, 1.0)
        before = np.nan_to_num(self.late_share)
        self.late_share = np.where(had, before + weight * (late - before), self.late_share)
        self.waited_h = np.where(had, self.waited_h + weight * (hours - self.waited_h), self.waited_h)
        gap = (np.nan_to_num(self.late_share) - self.target_share) / self.target_share
        step = self.p.lead_learning_share * np.clip(gap, -1, 1)
        moved = np.clip(self.lead_factor * (1.0 + step), self.p.lead_min_factor, self.p.lead_max_factor)
        self.lead_factor = np.where(had, moved, self.lead_factor)
        self.trips[:], self.late[:], self.hours[:] = 0.0, 0.0, 0.0
