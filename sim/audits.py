"""Audits after release, chosen by risk: what they recover, and what traders learn of them later (blue channel)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.closing import Closed
from sim.consignments.consignment import HONEST_ERROR
from sim.posts.rules import GREEN, RELEASED
from sim.world.world import World

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Released:
    """Declarations released today without a check, on which duty is due, one entry each.

    Attributes
    ----------
    day, country, trader : planning day, country of entry and trader
    score : what selectivity read
    fraud, hidden_usd : whether the declaration is false, and the duty that hides
    luck : uniform that says whether an audit finds it
    """

    day: Ints
    country: Ints
    trader: Ints
    score: Floats
    fraud: Bools
    hidden_usd: Floats
    luck: Floats

    def take(self, which: Ints) -> "Released":
        """The declarations at these positions."""
        return Released(**{name: column[which] for name, column in self.__dict__.items()})


class Audits:
    """Audits of released declarations, the riskiest first, as many as the officers set aside for it can do.

    Those the lot has chosen already (`sim.revenue`) are left to it.

    Attributes
    ----------
    due : per day, traders whose false declarations were audited and what came of it, as they hear it then
    """

    def __init__(self, world: World, hidden_share: Floats) -> None:
        self.world, self.hidden_share = world, hidden_share
        self.today: list[Released] = []
        self.due: dict[int, list[tuple[Ints, Ints]]] = {}

    def collect(self, closed: Closed, country: Ints) -> None:
        """Note which of the entry legs that ended today may be audited."""
        rows, potential, p = closed.rows, closed.batch.potential, self.world.parameters.revenue
        luck = potential.u["clearance_audit"][closed.position]
        left = potential.dutiable[closed.position] & (luck >= p.audit_share) & (rows["lodged_ms"] >= 0)
        which = np.flatnonzero(left & (rows["outcome"] == RELEASED) & (rows["channel"] == GREEN))
        at = closed.position[which]
        kind = closed.batch.truth.fiscal[at]
        self.today.append(
            Released(
                day=np.full(len(at), closed.day),
                country=country[which],
                trader=potential.trader[at],
                score=rows["score_used"][which],
                fraud=(kind > 0) & (kind != HONEST_ERROR),
                hidden_usd=potential.duty_usd[at] * self.hidden_share[kind],
                luck=(luck[which] - p.audit_share) / (1.0 - p.audit_share),
            )
        )

    def conduct(self, today: int, per_day: Sequence[float]) -> tuple[Released, Bools]:
        """Audit the riskiest declarations released today, so many a day per country; returns them and which paid."""
        every = Released(
            **{
                name: np.concatenate([getattr(one, name) for one in self.today])
                for name in Released.__dataclass_fields__
            }
        )
        self.today = []
        chosen = []
        for country, count in enumerate(per_day):
            mine = np.flatnonzero(every.country == country)
            whole = int(np.floor((today + 1) * count) - np.floor(today * count))
            chosen.append(mine[np.argsort(-every.score[mine], kind="stable")[:whole]])
        audited = every.take(np.concatenate(chosen))
        found = (audited.hidden_usd > 0) & (audited.luck < self.world.parameters.revenue.audit_p)
        lag_d = max(1, round(self.world.parameters.measures.post_clearance_audit_lag_d))
        self.due.setdefault(today + lag_d, []).append(
            (audited.trader[audited.fraud], found[audited.fraud].astype(np.int64))
        )
        return audited, found

    def heard(self, today: int) -> list[tuple[Ints, Ints]]:
        """Traders who hear today of an audit of a false declaration, and whether it was found."""
        return self.due.pop(today, [])
