"""Customs administrations: they score declarations, keep records of traders, and set channels from the past."""

from collections.abc import Sequence
from typing import Any

import mesa
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sim.consignments.declaration import Declarations, with_record
from sim.posts.process import ENTRY, EXIT
from sim.settings.run import TargetingSettings
from sim.targeting.channels import ChannelPolicy, Thresholds
from sim.targeting.engines import Engine, engine_of
from sim.world.world import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Lesson = tuple[Floats, Ints, Floats]
"""Features, whether something was found, and the probability of the check, one entry per declaration."""


class CustomsAdministration(mesa.Agent):
    """One country's customs: a targeting engine, a record of offences per trader, and a policy per desk."""

    def __init__(self, model: Any, world: World, index: int, traders: int, targeting: TargetingSettings) -> None:
        super().__init__(model)
        self.world, self.index = world, index
        country = world.countries[index]
        self.name = country.key
        self.engine: Engine = engine_of(targeting, world.parameters.targeting)
        self.record = np.zeros(traders)
        self.alerts_waiting = 0
        self.lessons: dict[int, list[Lesson]] = {}
        self.policies: dict[int, ChannelPolicy] = {}
        for post, where in enumerate(world.posts):
            for side, owner in ((EXIT, where.exit_country), (ENTRY, where.entry_country)):
                if owner == index and (side == ENTRY or world.exit_process is not None):
                    red = country.red_share if side == ENTRY else world.exit_red_share
                    yellow = country.yellow_share if side == ENTRY else 0.0
                    policy = world.channel_policy
                    self.policies[2 * post + side] = ChannelPolicy(policy, red, yellow, world.parameters.selectivity)

    def features(self, declarations: Declarations) -> Floats:
        """Declared features with this country's own record of each trader."""
        gain = self.world.parameters.targeting.record_gain
        return with_record(declarations, gain * self.record[declarations.trader])

    def alerts(self, flagged: Ints, capacity_left: int) -> Ints:
        """The flagged declarations the desk can work today, first come first served; the others wait unflagged."""
        self.alerts_waiting += max(0, len(flagged) - capacity_left)
        return flagged[:capacity_left]

    def set_red_shares(self, shares: Sequence[float]) -> None:
        """Share of declarations sent to red at each post of the world, where goods enter, from today on."""
        for desk, policy in self.policies.items():
            if desk % 2 == ENTRY:
                policy.red_share = shares[desk // 2]

    def set_blue_shares(self, shares: Sequence[float]) -> None:
        """Share of the yellow channel that turns blue, released at once, at each post where goods enter."""
        for desk, policy in self.policies.items():
            if desk % 2 == ENTRY:
                policy.yellow_share = self.world.countries[self.index].yellow_share * (1.0 - shares[desk // 2])

    def thresholds(self, backlog_h: dict[int, float]) -> dict[int, Thresholds]:
        """Today's thresholds of every desk, from the past and last midnight's backlog."""
        return {desk: policy.thresholds(backlog_h.get(desk, 0.0)) for desk, policy in self.policies.items()}

    def forget(self) -> None:
        """Offences on record, and clean histories, fade."""
        self.record *= 0.5 ** (1.0 / self.world.parameters.targeting.record_half_life_d)

    def note(self, day: int, declarations: Declarations, found: Ints, propensity: Floats, u: Floats) -> None:
        """Take in examined declarations as far as they are recorded: history at once, later lessons where one learns.

        A check that found nothing counts as clean, whatever was aboard: a clean history lowers the score, and a front
        company can build one. `u`, one number each, decides whether it is recorded and how late the label is.
        """
        if self.engine.learns:
            share = self.world.countries[self.index].recorded_share
            kept = np.flatnonzero(u < share)
            lesson = self.features(declarations.take(kept)), found[kept], propensity[kept]
            self._set_aside(day, u[kept] / max(share, 1e-12), lesson)
        self.write_down(declarations.trader, found, u)

    def write_down(self, trader: Ints, found: Ints, u: Floats) -> None:
        """Results of checks enter their traders' histories, as far as they are recorded."""
        t, kept = self.world.parameters.targeting, u < self.world.countries[self.index].recorded_share
        change = np.where(found[kept] > 0, 1.0, -t.clean_gain)
        moved = self.record + np.bincount(trader[kept], change, len(self.record))
        self.record = np.minimum(np.maximum(moved, -t.clean_cap), t.record_cap)

    def _set_aside(self, day: int, u: Floats, lesson: Lesson) -> None:
        """Keep each result until its label is due; `u` says how late it is."""
        t = self.world.parameters.targeting
        z = ndtri(np.maximum(u, 1e-16))
        delay_d = np.clip(t.label_delay_d * np.exp(t.label_delay_sigma * z), 1.0, t.label_delay_max_d).astype(np.int64)
        for late in np.unique(delay_d).tolist():
            features, found, propensity = (column[delay_d == late] for column in lesson)
            self.lessons.setdefault(day + late, []).append((features, found, propensity))

    def study(self, day: int) -> None:
        """Let the engine learn from the results whose labels are due."""
        for features, found, propensity in self.lessons.pop(day, []):
            self.engine.learn(features, found, propensity)
