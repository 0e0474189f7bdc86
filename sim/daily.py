"""Facts of a calendar day: what measures cost, who is on duty, what is on watchlists, how far countries trust."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.agents.officer import Staff
from sim.consignments.potential import Traders
from sim.cooperation.intelligence import Exchange
from sim.ledger import Ledger
from sim.measures.change import Key
from sim.world.world import World

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class DailyFacts:
    """Folds the state at the end of each day into a ledger."""

    def __init__(self, world: World, ledger: Ledger, staff: Staff, exchange: Exchange, traders: Traders) -> None:
        self.world, self.ledger, self.staff, self.exchange, self.traders = world, ledger, staff, exchange, traders
        self.measured = np.flatnonzero([pool.kind != "clerk" for pool in world.pools])
        pools = [f"pool={world.pools[k].name}" for k in self.measured]
        self.utilisation = ledger.facts_of("utilisation", pools, "share")

    def fold(self, day: int, mechanisms: Mapping[Key, float], busy_ms: Ints, lapsed: int) -> None:
        """Fold a day.

        Parameters
        ----------
        busy_ms : (units,) array
            How long each unit has worked today, ms.
        lapsed : int
            Measures that have been taken back so far.
        """
        self.ledger.add("measures_lapsed", "all", "measures", day, float(lapsed), 1.0)
        self._costs(day, mechanisms)
        self._intelligence(day)
        self._skill(day)
        self._use(day, busy_ms)
        aeo, traders = float(self.traders.aeo.sum()), float(len(self.traders))
        self.ledger.add("aeo_share", "all", "share", day, aeo, traders)

    def _costs(self, day: int, mechanisms: Mapping[Key, float]) -> None:
        """What administrations, traders and donors pay for measures, and officers' hours that go into them."""
        add, countries = self.ledger.add, self.world.countries
        cost = sum(mechanisms["costs.running_usd", c.key] for c in countries)
        setup = sum(mechanisms["costs.setup_usd", c.key] for c in countries)
        add("cost_public_setup_usd", "all", "USD in all", day, setup, 0.0)
        compliance = sum(mechanisms["costs.trader_usd", c.key] for c in countries)
        for group in ("all", "part=compliance"):
            add("cost_trader_usd", group, "USD per day", day, compliance, 0.0)
        donor = sum(mechanisms["costs.donor_usd", c.key] for c in countries)
        add("cost_donor_usd", "all", "USD in all", day, donor, 0.0)
        working_day_h = self.world.parameters.staff.working_day_h
        away_h = working_day_h * np.bincount(self.staff.country, self.staff.absent, len(countries))
        hours = (away_h + [mechanisms["costs.staff_h", c.key] for c in countries]).tolist()
        wages = sum(h * c.officer_usd_per_h for h, c in zip(hours, countries, strict=True))
        for group, usd in (("all", cost + wages), ("part=running", cost), ("part=staff", wages)):
            add("cost_public_usd", group, "USD per day", day, usd, 0.0)
        for staff_h, c in zip(hours, countries, strict=True):
            group, spent = f"country={c.key}", mechanisms["costs.running_usd", c.key] + staff_h * c.officer_usd_per_h
            add("cost_public_usd", group, "USD per day", day, spent, 0.0)
            add("cost_public_setup_usd", group, "USD in all", day, mechanisms["costs.setup_usd", c.key], 0.0)
            add("cost_donor_usd", group, "USD in all", day, mechanisms["costs.donor_usd", c.key], 0.0)
        add("measures_staff_fte", "all", "people", day, float(np.sum(hours)) / working_day_h, 1.0)

    def _intelligence(self, day: int) -> None:
        """Trust of each pair, and the length of each watchlist."""
        for name, trust in sorted(self.exchange.trust.items()):
            self.ledger.add("trust", f"pair={name}", "trust", day, trust, 1.0)
        for country, listed in zip(self.world.countries, self.exchange.watchlists, strict=True):
            self.ledger.add("watchlist_records", f"country={country.key}", "records", day, float(len(listed)), 1.0)

    def systems(self, day: int, down_h: Sequence[float]) -> None:
        """How long each country's declaration system was down."""
        for country, hours in zip(self.world.countries, down_h, strict=True):
            self.ledger.add("system_down_h", f"country={country.key}", "h per day", day, hours, 1.0)

    def _skill(self, day: int) -> None:
        """Skill of each country's officers."""
        for index, country in enumerate(self.world.countries):
            own = self.staff.skilled & self.staff.posted & (self.staff.country == index)
            if own.any():
                skill = float(self.staff.skill[own].sum())
                self.ledger.add("skill_mean", f"country={country.key}", "skill", day, skill, float(own.sum()))

    def _use(self, day: int, busy_ms: Ints) -> None:
        """How much of its time on duty each pool worked, and which share of a post's devices is out of order."""
        worked_ms = np.bincount(self.staff.pool, weights=busy_ms, minlength=len(self.world.pools))[self.measured]
        rostered_ms = self.staff.rostered_ms(day)[self.measured]
        self.ledger.add_all(self.utilisation, day, worked_ms.tolist(), rostered_ms.tolist())
        for post, there, in_order in zip(self.world.posts, *self.staff.devices(day), strict=True):
            if there:
                out = float(there - in_order)
                self.ledger.add("devices_out_share", f"post={post.name}", "share", day, out, float(there))
