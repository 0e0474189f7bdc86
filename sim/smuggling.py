"""Attempts to smuggle: how many are made and by which way, what becomes of them, and whom the news reaches."""

from collections.abc import Iterator

from sim.agents.smuggler import KIND_NAMES, Underworld
from sim.consignments.numbers import Numbers
from sim.cooperation.transit import FATES, NOTICED_LATE, STOPPED, TransitControl
from sim.ledger import Ledger
from sim.world.world import World


class Smuggling:
    """Counts attempts and deliveries in the ledger and tells organisations how they ended.

    Attributes
    ----------
    day : today
    loophole_share : weight with which a way that worked at one post is believed to work at others
    """

    def __init__(self, world: World, numbers: Numbers, underworld: Underworld, ledger: Ledger) -> None:
        self.world, self.underworld, self.ledger = world, underworld, ledger
        self.transit = TransitControl(world.parameters.transit, numbers)
        self.day, self.loophole_share = 0, 0.0

    def morning(self, day: int) -> None:
        """Reconciliation brings diversions of long ago to light."""
        self.day = day
        for organisation, arm in self.transit.noticed(day):
            self.underworld.news(day, organisation, arm, True, 0.0, delivered=True)

    def open_day(self) -> None:
        """Give diversions this day in their denominator, whether or not any is made."""
        if self.underworld.diverts.any():
            for group in ("all", *(f"fate={fate}" for fate in FATES)):
                self.ledger.add("diverted_per_day", group, "per day", self.day, 0.0, 1.0)

    def count(self, organisation: int, arm: int) -> None:
        """Count an attempt, or the part of one that rides in a lorry."""
        if not self.ledger.keeps(self.day):
            return
        load = 1.0 / int(self.underworld.parts[arm])
        for group in self._ways(organisation, arm):
            self.ledger.add("attempts", group, "per day", self.day, load, 0.0)

    def _ways(self, organisation: int, arm: int) -> Iterator[str]:
        """Groups an attempt belongs to; an unofficial crossing is at no post."""
        yield from ("all", f"kind={KIND_NAMES[self.underworld.kinds[organisation]]}")
        yield f"arm={self.underworld.arms[arm]}"
        if arm < self.underworld.unofficial:
            yield f"post={self.world.posts[self.underworld.place(arm)[0]].name}"

    def end(self, planned: int, organisation: int, arm: int, caught: bool, joint: bool = False) -> None:
        """An attempt has ended today: delivered goods are counted (on the day of departure), the result is news."""
        if not caught:
            self._delivered(planned, organisation, arm)
        self.underworld.news(self.day, organisation, arm, caught, self.loophole_share, joint)

    def _delivered(self, planned: int, organisation: int, arm: int) -> None:
        """Count goods that reached their buyers."""
        if not self.ledger.keeps(planned):
            return
        load = 1.0 / int(self.underworld.parts[arm])
        gain = load * self.underworld.organisations[organisation].gain_usd
        for group in self._ways(organisation, arm):
            self.ledger.add("illicit_delivered_per_day", group, "per day", planned, load, 0.0)
            self.ledger.add("illicit_delivered_usd_per_day", group, "USD per day", planned, gain, 0.0)

    def divert(self, planned: int, organisation: int, arm: int, ordinal: int, electronic_seal: bool) -> None:
        """Goods released for transit leave the lorry: they are stopped on the way, or delivered and perhaps noticed."""
        name = self.underworld.organisations[organisation].name
        fate = self.transit.fate(name, planned, ordinal, electronic_seal)
        for group in ("all", f"fate={fate}"):
            self.ledger.add("diverted_per_day", group, "per day", planned, 1.0, 0.0)
        if fate == NOTICED_LATE:
            self._delivered(planned, organisation, arm)
            self.transit.will_notice(self.day, organisation, arm)
        else:
            self.end(planned, organisation, arm, fate == STOPPED)
