"""Bribes: who offers, which officer takes, partners of broker offices and smugglers, and what makes officers refuse.

Decided here, before the day runs, from keyed numbers; in the flow an officer only compares what is offered with its
own willingness (`sim.posts.rules.takes_bribe`). Worlds without `corruption` have none of this.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.agents.officer import Staff
from sim.consignments.numbers import Numbers
from sim.consignments.potential import PotentialDay
from sim.measures.change import Key
from sim.posts.legs import LegRows
from sim.posts.rules import NOTHING_OFFERED, PAID_CHECK, SOLD_FIND
from sim.world.world import World

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
NOBODY = -1


@dataclass(frozen=True)
class Deals:
    """What the journeys of a planning day offer, one entry each.

    Attributes
    ----------
    offers : whether the crew and its broker offer bribes at all
    u : number that officers compare with their willingness, as `NewLegs.u_bribe` explains
    partner : officer papers or lorry are steered to, -1 = none
    jumps : whether a place in the first lane was bought
    green : per side, whether a supervisor was paid to send the lorry through the green channel
    """

    offers: Bools
    u: Floats
    partner: Ints
    jumps: Bools
    green: dict[str, Bools]


class Bribery:
    """Ties between broker offices and officers, and what officers believe of audits.

    Attributes
    ----------
    partner : per broker office, the unit of the document officer it works with, -1 = none
    kept : per organisation and post, the unit of the examiner it keeps, -1 = none
    kept_since : generation of that seat, since an officer who has left is of no use
    believed_audit_p : per country, probability of an audit per bribed file as its officers believe it
    """

    def __init__(self, world: World, numbers: Numbers, staff: Staff, organisations: int = 0) -> None:
        self.world, self.numbers, self.staff, self.p = world, numbers, staff, world.parameters.bribery
        self.partner = np.full(len(world.brokers), NOBODY)
        self.kept = np.full((organisations, len(world.posts)), NOBODY)
        self.kept_since = np.zeros_like(self.kept)
        self.believed_audit_p = np.zeros(len(world.countries))
        self.base_p = np.array([c.bribe_p for c in world.countries])

    def refusal(self) -> Floats:
        """Per country, factor on its officers' willingness: the more audits they believe in, the smaller."""
        return np.exp(-self.p.deterrence_per_audit_p * self.believed_audit_p)

    def bribable(self) -> Floats:
        """Probability with which each unit takes what it is offered, today."""
        return self.staff.bribable * self.refusal()[self.staff.country]

    def morning(self, day: int, mechanisms: Mapping[Key, float]) -> None:
        """Officers rotate to other desks, which ends their partnerships; beliefs about audits follow, with a lag."""
        keys = [c.key for c in self.world.countries]
        audit_p = np.array([mechanisms["integrity.audit_p", k] for k in keys])
        self.believed_audit_p = self.believed_audit_p + (audit_p - self.believed_audit_p) / self.p.belief_lag_d
        rate = np.array([mechanisms["integrity.rotation_per_day", k] for k in keys])
        moved = self.staff.rotate(day, rate)
        lapsed = (
            self.numbers.uniform("partner_lapses", "offices", day, len(self.partner)) < self.p.partner_lapse_per_day
        )
        self.partner[lapsed | np.isin(self.partner, moved)] = NOBODY
        lapse_u = self.numbers.uniform("partner_lapses", "organisations", day, self.kept.size).reshape(self.kept.shape)
        left = self.staff.generation[self.kept] != self.kept_since
        self.kept[left | (lapse_u < self.p.partner_lapse_per_day) | np.isin(self.kept, moved)] = NOBODY

    def buy(self, day: int, organisation: int, name: str, post: int) -> None:
        """An organisation without an examiner at a post approaches one, who may take the money."""
        if self.kept[organisation, post] != NOBODY:
            return
        where = self.world.posts[post]
        pools = [
            k
            for k, pool in enumerate(self.world.pools)
            if pool.post == post and pool.skill == "search" and pool.country == where.entry_country
        ]
        there = np.flatnonzero(np.isin(self.staff.pool, pools) & self.staff.posted)
        u = self.numbers.uniform("officer_bought", name, day, 2, where.name)
        if not len(there):
            return
        seat = int(there[int(u[0] * len(there))])
        if u[1] < self.bribable()[seat]:
            self.kept[organisation, post], self.kept_since[organisation, post] = seat, self.staff.generation[seat]

    def protect(
        self,
        deals: Deals,
        potential: PotentialDay,
        loads: tuple[Ints, Ints, Ints],
        mechanisms: Mapping[Key, float],
    ) -> None:
        """Loads whose organisation keeps an examiner at their post are steered to that one, where it can be chosen.

        `loads` are positions among the journeys, organisations and posts.
        """
        at, organisation, post = loads
        owner = [self.world.countries[self.world.posts[k].entry_country].key for k in post.tolist()]
        drawn_share = np.array([mechanisms["integrity.drawn_officer_share", key] for key in owner])
        officer = np.where(potential.u["steered"][at] >= drawn_share, self.kept[organisation, post], NOBODY)
        deals.offers[at], deals.u[at] = True, potential.u["bribe"][at]
        deals.partner[at] = np.where(officer != NOBODY, officer, deals.partner[at])

    def deals(
        self,
        potential: PotentialDay,
        willing: Floats,
        office: Ints,
        owners: Mapping[str, Ints],
        mechanisms: Mapping[Key, float],
    ) -> Deals:
        """Deals of a day.

        Parameters
        ----------
        willing : (n,) array
            Probability with which each journey offers anything.
        office : (n,) array
            Broker office, -1 = none.
        owners : mapping
            Per side, the country that acts at each journey's post.
        """
        u = potential.u
        offers = ~potential.empty & (u["offer"] < willing)
        asked = ~potential.empty & ~offers & (u["held"] < self.p.held_share)
        number = np.where(offers, u["bribe"], np.where(asked, -u["bribe"], NOTHING_OFFERED))
        keys = [c.key for c in self.world.countries]
        open_share = np.array([mechanisms["integrity.open_decisions_share", k] for k in keys])
        drawn_share = np.array([mechanisms["integrity.drawn_officer_share", k] for k in keys])
        willing_p = self.base_p * self.refusal()
        steered = offers & (u["steered"] >= drawn_share[owners["entry"]])
        partner = np.where(steered, np.append(self.partner, NOBODY)[office], NOBODY)
        jumps = offers & (u["jump"] < self.p.jump_share * willing_p[owners["entry"]])
        green = {
            side: offers & (u[f"{side}/bought_green"] < willing_p[owner] * (1.0 - open_share[owner]))
            for side, owner in owners.items()
        }
        return Deals(offers, number, partner, jumps, green)

    def evening(self, day: int, part: str, rows: LegRows, office: Ints, mechanisms: Mapping[Key, float]) -> None:
        """Partnerships form over checks that were paid for; audits find some officers, who are dismissed."""
        paid = (rows["bribed"] & PAID_CHECK) > 0
        self._befriend(day, part, office[paid], rows["document_unit"][paid])
        sold = (rows["bribed"] & SOLD_FIND) > 0
        takers = np.concatenate([rows["document_unit"][paid], rows["exam_unit"][sold]])
        audit_p = np.array([mechanisms["integrity.audit_p", c.key] for c in self.world.countries])
        u = self.numbers.uniform("file_audit", "files", day, len(takers), part)
        caught = np.unique(takers[u < audit_p[self.staff.country[takers]]])
        for seat in caught.tolist():
            self.staff.replace(seat, day)
        self.partner[np.isin(self.partner, caught)] = NOBODY
        self.kept[np.isin(self.kept, caught)] = NOBODY

    def _befriend(self, day: int, part: str, office: Ints, officer: Ints) -> None:
        for number in np.unique(office[office >= 0]).tolist():
            if self.partner[number] != NOBODY:
                continue
            met = officer[office == number]
            u = self.numbers.uniform("partner", self.world.brokers[number].name, day, len(met), part)
            if (u < self.p.partner_p).any():
                self.partner[number] = met[int(np.argmax(u < self.p.partner_p))]
