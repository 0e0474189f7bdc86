"""Declaration systems of countries: when they are down, whatever the policy."""

import numpy as np
from numpy.typing import NDArray

from sim.consignments.numbers import Numbers, normal_of
from sim.world.world import DAY_MS, World

Ints = NDArray[np.int64]
HOUR_MS = 3_600_000.0


class DeclarationSystems:
    """Each country's system fails at some hour of some days and is mended after some hours.

    While it is down nothing can be lodged; what officers have in hand they finish on paper (assumption). Whoever waits
    lodges when it is up again, all at once. One that is down in the morning does not fail again that day.

    Parameters
    ----------
    world, numbers, tick_ms
        Where, with which luck, and the resolution of time.

    Attributes
    ----------
    down_ms, up_ms : (countries,) from when until when each is down, now or the last time
    """

    def __init__(self, world: World, numbers: Numbers, tick_ms: int) -> None:
        self.p, self.numbers, self.tick_ms = world.parameters.systems, numbers, tick_ms
        self.owners = tuple((country.key, 1, "") for country in world.countries)
        self.failure_p = np.array([country.system_failure_p for country in world.countries])
        self.down_ms, self.up_ms = np.zeros((2, len(world.countries)), np.int64)

    def morning(self, day: int) -> None:
        """Which fail today, when, and how long that lasts."""
        failing = (self.numbers.uniforms("system", self.owners, day) < self.failure_p) & (self.up_ms <= day * DAY_MS)
        if not failing.any():
            return
        at = day + self.numbers.uniforms("system_hour", self.owners, day)
        sigma = self.p.repair_sigma
        z = normal_of(self.numbers.uniforms("system_repair", self.owners, day))
        hours = self.p.repair_h * np.exp(sigma * z - sigma**2 / 2.0)
        self.down_ms = np.where(failing, self._ticks(at * DAY_MS), self.down_ms)
        self.up_ms = np.where(failing, self.down_ms + self._ticks(hours * HOUR_MS), self.up_ms)

    def _ticks(self, ms: NDArray[np.float64]) -> Ints:
        return np.asarray(np.floor(ms / self.tick_ms) * self.tick_ms, np.int64)

    def down_h(self, day: int) -> NDArray[np.float64]:
        """Hours each country's system was down on a day that has just ended."""
        begin = np.maximum(self.down_ms, day * DAY_MS)
        return np.asarray(np.maximum(np.minimum(self.up_ms, (day + 1) * DAY_MS) - begin, 0) / HOUR_MS)
