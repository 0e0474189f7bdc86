"""Duty: what is due, what declarations leave out, what checks and later audits find of that."""

import numpy as np
from numpy.typing import NDArray

from sim.admission import Batch
from sim.consignments.consignment import FALSE_ORIGIN, FISCAL_NAMES, HONEST_ERROR, MISCLASSIFICATION, UNDERVALUATION
from sim.ledger import Ledger
from sim.posts.legs import LegRows
from sim.posts.rules import SEIZED, STOPPED_BEFORE
from sim.world.world import World

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
FLOWS = ("revenue_due_usd", "revenue_assessed_usd", "revenue_uplift_usd", "revenue_gap_usd")
AUDIT_FLOWS = ("audit_recovered_usd", "cost_audit_usd")
BY_POST = ("revenue_assessed_usd", "revenue_gap_usd")


class Revenue:
    """Folds the duty of closed entry legs into a ledger.

    Every sum is of the day the journey was planned on; an audit's result is booked there too, whenever it comes.

    Parameters
    ----------
    world, ledger
        The world, and where sums are kept.
    """

    def __init__(self, world: World, ledger: Ledger) -> None:
        p = world.parameters.revenue
        self.world, self.ledger = world, ledger
        self.hidden_share = np.zeros(HONEST_ERROR + 1)
        self.hidden_share[UNDERVALUATION], self.hidden_share[MISCLASSIFICATION] = (
            p.undervalued_share,
            p.misclassified_share,
        )
        self.hidden_share[FALSE_ORIGIN], self.hidden_share[HONEST_ERROR] = p.false_origin_share, p.honest_error_share
        at_entry = [world.countries[post.entry_country] for post in world.posts]
        self.audit_usd = np.array([p.audit_h * country.officer_usd_per_h for country in at_entry])

    def hidden_usd(self, batch: Batch, position: Ints) -> Floats:
        """Duty that each declaration, as lodged, leaves out."""
        return np.asarray(batch.potential.duty_usd[position] * self.hidden_share[batch.truth.fiscal[position]])

    def fold(self, day: int, rows: LegRows, batch: Batch, position: Ints, hidden_usd: Floats) -> None:
        """Revenue of one planning day's entry legs; seized goods and lorries that never came owe nothing."""
        outcome = rows["outcome"]
        reached = outcome != STOPPED_BEFORE
        enters = reached & (outcome != SEIZED)
        wrong = np.flatnonzero(reached & (batch.truth.fiscal[position] > 0))
        kind, usd, found = batch.truth.fiscal[position[wrong]], hidden_usd[wrong], rows["corrected"][wrong] == 1
        self._detection(day, kind, usd, found)
        posts = len(self.world.posts)
        due_usd = np.bincount(batch.post[position], batch.potential.duty_usd[position] * enters, posts)
        lost = ~found & enters[wrong]
        gap_usd = np.bincount(batch.post[position[wrong[lost]]], usd[lost], posts)
        uplift = float(usd[found & enters[wrong]].sum())
        due, gap = float(due_usd.sum()), float(gap_usd.sum())
        add = self.ledger.add
        for name, total in zip(FLOWS, (due, due - gap, uplift, gap), strict=True):
            add(name, "all", "USD per day", day, total, 0.0)
        here = (due_usd - gap_usd).tolist(), gap_usd.tolist()
        for name, by_post in zip(BY_POST, here, strict=True):
            for post, total in zip(self.world.posts, by_post, strict=True):
                add(name, f"post={post.name}", "USD per day", day, total, 0.0)
        self._audit(day, batch, position, enters, (wrong[lost], usd[lost]))

    def _detection(self, day: int, kind: Ints, usd: Floats, found: Bools) -> None:
        """Fraud that a check corrected, by count and by duty; never pooled with what audits find."""
        size = HONEST_ERROR + 1
        measures = (
            (
                "detection_rate_fiscal",
                "share",
                np.bincount(kind[found], minlength=size),
                np.bincount(kind, minlength=size),
            ),
            (
                "detection_rate_fiscal_usd",
                "share of duty",
                np.bincount(kind[found], usd[found], size),
                np.bincount(kind, usd, size),
            ),
        )
        for name, unit, stopped, tried in measures:
            numerators, denominators = stopped[:HONEST_ERROR].tolist(), tried[:HONEST_ERROR].tolist()
            self.ledger.add(name, "all", unit, day, float(sum(numerators)), float(sum(denominators)))
            for number, word in FISCAL_NAMES.items():
                group = f"kind={word}"
                self.ledger.add(name, group, unit, day, float(numerators[number]), float(denominators[number]))

    def _audit(self, day: int, batch: Batch, position: Ints, enters: Bools, lost: tuple[Ints, Floats]) -> None:
        """Audits after release, by lot: one uniform decides whether a declaration is audited and whether that helps."""
        p = self.world.parameters.revenue
        luck = batch.potential.u["clearance_audit"][position]
        audited = np.flatnonzero(enters & (luck < p.audit_share))
        audited = audited[batch.potential.dutiable[position[audited]]]
        where, usd = lost
        recovered = float(usd[luck[where] < p.audit_share * p.audit_p].sum())
        spent = float(self.audit_usd[batch.post[position[audited]]].sum())
        add = self.ledger.add
        add("audit_recovered_usd", "all", "USD per day", day, recovered, 0.0)
        add("cost_audit_usd", "all", "USD per day", day, spent, 0.0)
        add("audits_per_day", "all", "per day", day, float(len(audited)), 0.0)

    def flows(self) -> list[tuple[str, str, str]]:
        """Indicator, group and unit of every sum that is told per day."""
        found = [(name, "all", "USD per day") for name in (*FLOWS, *AUDIT_FLOWS)]
        found += [(name, f"post={post.name}", "USD per day") for name in BY_POST for post in self.world.posts]
        return [*found, ("audits_per_day", "all", "per day")]
