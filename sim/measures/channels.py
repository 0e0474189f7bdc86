"""Channels by which findings travel between administrations: liaison officers, a portal, integrated databases."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Protocol

from sim.measures.change import Change
from sim.measures.context import Context, Measure
from sim.world.world import World

NEVER_D = 1e9
CHANNELS = ("formal", "liaison", "portal", "integrated")
BASES = ("none", "memorandum", "agreement")
"""From what carries least to what carries most."""


class Linked(Protocol):
    """A pair of countries, as a world or its settings have it."""

    @property
    def channel(self) -> str: ...

    @property
    def legal_basis(self) -> str: ...


@dataclass(frozen=True)
class Channel(Measure):
    """More findings are sent, sooner, and the sender hears more often what became of them.

    A basis that is ratified is not thereby applied: the cap on what is sent rises by the share of rules in force that
    the sender's administration applies.

    Price: longer watchlists stop namesakes and fill red channels; meetings take analysts' hours; a breach shows
    smugglers which of their identities are burnt. Officers posted abroad are missing at home.

    Attributes
    ----------
    channel, basis : what carries findings, and what allows it
    posts_officers : whether each country posts an officer with each other
    """

    name: str
    title: str
    channel: str
    basis: str
    posts_officers: bool = False
    mutual = True

    def lead_d(self, world: World) -> float:
        """Time to build the channel; where some pair lacks its basis, to conclude one if that takes longer."""
        m = world.parameters.measures
        own: float = getattr(m, f"{self.channel}_lead_d")
        concluding: float = getattr(m, f"{self.basis}_lead_d")
        return (
            own if all(_reaches(pair.legal_basis, self.basis, BASES) for pair in world.pairs) else max(own, concluding)
        )

    def adds_nothing(self, pairs: Sequence[Linked]) -> bool:
        """Whether all pairs of countries have this channel and basis already, or better ones."""
        return bool(pairs) and all(
            _reaches(pair.channel, self.channel, CHANNELS) and _reaches(pair.legal_basis, self.basis, BASES)
            for pair in pairs
        )

    def changes(self, context: Context) -> list[Change]:
        """Changes of one day, for every ordered pair of countries."""
        p, k = context.world.parameters, context.intensity
        i = p.intelligence
        coverage, delay_d, cap = (
            getattr(i, row) for row in (f"coverage_{self.channel}", f"delay_{self.channel}_d", f"cap_{self.basis}")
        )
        meetings = k * self._price(context.world, "meetings_per_month") / 30.0
        out = []
        for sender in context.world.countries:
            others = [country for country in context.world.countries if country is not sender]
            for receiver in others:
                pair = f"{sender.key}>{receiver.key}"
                out += [
                    Change("intelligence.coverage", pair, "max", k * coverage, self.name),
                    Change("intelligence.legal_cap", pair, "max", k * cap * sender.domestication_share, self.name),
                    Change("intelligence.delay_d", pair, "min", delay_d / k if k > 0 else NEVER_D, self.name),
                    Change("intelligence.feedback_share", pair, "max", k * p.trust.feedback_liaison_share, self.name),
                    Change("trust.meetings_per_day", pair, "add", meetings, self.name),
                ]
            yearly = self._price(context.world, "running_usd_per_year") * (len(others) if self.posts_officers else 1)
            out.append(Change("costs.running_usd", sender.key, "add", k * yearly / 365.0, self.name))
            meetings_h = meetings * self._price(context.world, "meeting_h")
            out.append(Change("costs.staff_h", sender.key, "add", meetings_h, self.name))
        if self.posts_officers:
            out += [Change("staff.absent", seat, "add", 1.0, self.name) for seat in self._posted(context)]
        return out

    @staticmethod
    def _posted(context: Context) -> Iterator[str]:
        """Seats that are empty at home: those of each country's largest teams of skilled officers."""
        world = context.world
        pools = {pool.name: pool for pool in world.pools}
        count = ceil(
            context.intensity * (len(world.countries) - 1) - 1e-9
        )  # half of an officer is missing as a whole one
        for country in range(len(world.countries)):
            own = [seat for seat in context.course_place if pools[seat.rpartition("/")[0]].country == country]
            largest_first = sorted(
                own, key=lambda seat: (-pools[seat.rpartition("/")[0]].base, context.course_place[seat])
            )
            yield from largest_first[:count]


def _reaches(one: str, wanted: str, order: tuple[str, ...]) -> bool:
    return order.index(one) >= order.index(wanted)


CHANNEL_MEASURES = (
    Channel("data_sharing", "Secure portal for findings, on an agreement", "portal", "agreement"),
    Channel("liaison_officers", "Liaison officers, on a memorandum", "liaison", "memorandum", posts_officers=True),
    Channel("integrated_databases", "Integrated databases of findings, on an agreement", "integrated", "agreement"),
)
