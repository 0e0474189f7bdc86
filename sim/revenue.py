"""Duty: what is due, what declarations leave out, what checks and later audits find of that."""

from collections.abc import Iterator
from itertools import chain, repeat

import numpy as np
from numpy.typing import NDArray

from sim.admission import Batch
from sim.consignments.consignment import FALSE_ORIGIN, FISCAL_NAMES, HONEST_ERROR, MISCLASSIFICATION, UNDERVALUATION
from sim.ledger import Fact, Ledger
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
        self.material_usd = p.material_usd
        self.hidden_share = np.zeros(HONEST_ERROR + 1)
        self.hidden_share[[UNDERVALUATION, MISCLASSIFICATION]] = p.undervalued_share, p.misclassified_share
        self.hidden_share[[FALSE_ORIGIN, HONEST_ERROR]] = p.false_origin_share, p.honest_error_share
        at_entry = [world.countries[post.entry_country] for post in world.posts]
        posts = [f"post={post.name}" for post in world.posts]
        self.totals = [ledger.fact(name, "all", "USD per day") for name in FLOWS]
        self.by_post = [ledger.facts_of(name, posts, "USD per day") for name in BY_POST]
        self.audits = [
            *(ledger.fact(name, "all", "USD per day") for name in AUDIT_FLOWS),
            ledger.fact("audits_per_day", "all", "per day"),
        ]
        groups = ["all", *(f"kind={FISCAL_NAMES[k]}" for k in sorted(FISCAL_NAMES))]
        self.detected = ledger.facts_of("detection_rate_fiscal", groups, "share")
        self.detected_usd = ledger.facts_of("detection_rate_fiscal_usd", groups, "share of duty")
        self.audit_usd = np.array([p.audit_h * country.officer_usd_per_h for country in at_entry])

    def fold(self, day: int, rows: LegRows, batch: Batch, position: Ints, post: Ints) -> Ints:
        """Revenue of one planning day's entry legs; seized goods and lorries that never came owe nothing.

        Returns
        -------
        Ints
            Positions among the rows of those whose correction brings in enough duty for a finding.
        """
        outcome, fiscal, duty_usd = rows["outcome"], batch.truth.fiscal[position], batch.potential.duty_usd[position]
        enters = (outcome != STOPPED_BEFORE) & (outcome != SEIZED)
        wrong = np.flatnonzero((fiscal > 0) & (outcome != STOPPED_BEFORE))
        kind, found, pays = fiscal[wrong], rows["corrected"][wrong] == 1, enters[wrong]
        hidden_usd = duty_usd[wrong] * self.hidden_share[kind]
        self._detection(day, kind, hidden_usd, found)
        due_usd = np.bincount(post, duty_usd * enters, len(self.world.posts))
        lost = ~found & pays
        gap_usd = np.bincount(post[wrong[lost]], hidden_usd[lost], len(self.world.posts))
        due, gap = float(due_usd.sum()), float(gap_usd.sum())
        uplift = float(hidden_usd[found & pays].sum())
        add = self.ledger.add_all
        add(self.totals, day, (due, due - gap, uplift, gap), repeat(0.0))
        add(self.by_post[0], day, (due_usd - gap_usd).tolist(), repeat(0.0))
        add(self.by_post[1], day, gap_usd.tolist(), repeat(0.0))
        self._audit(day, batch, position, enters, (wrong[lost], hidden_usd[lost]))
        return np.asarray(wrong[found & (hidden_usd >= self.material_usd)])

    def _detection(self, day: int, kind: Ints, usd: Floats, found: Bools) -> None:
        """Fraud that a check corrected, by count and by duty; never pooled with what audits find."""
        code, size = kind + (HONEST_ERROR + 1) * found, 2 * (HONEST_ERROR + 1)
        for facts, weight in ((self.detected, None), (self.detected_usd, usd)):
            missed, met = (
                np.bincount(code, weight, size).reshape(2, -1)[:, :HONEST_ERROR].tolist()
            )  # errors are no fraud
            missed[0], met[0] = sum(missed), sum(met)
            self.ledger.add_all(facts, day, met, (a + b for a, b in zip(missed, met, strict=True)))

    def _audit(self, day: int, batch: Batch, position: Ints, enters: Bools, lost: tuple[Ints, Floats]) -> None:
        """Audits after release, by lot: one uniform decides whether a declaration is audited and whether that helps."""
        p, potential = self.world.parameters.revenue, batch.potential
        luck = potential.u["clearance_audit"]
        chosen = potential.once("audited", lambda: potential.dutiable & (luck < p.audit_share))
        audited = position[chosen[position] & enters]
        where, usd = lost
        recovered = float(usd[luck[position[where]] < p.audit_share * p.audit_p].sum())
        spent = float(self.audit_usd[batch.post[audited]].sum())
        self.ledger.add_all(self.audits, day, (recovered, spent, float(len(audited))), repeat(0.0))

    def flows(self) -> Iterator[Fact]:
        """Every sum that is told per day."""
        return chain(self.totals, *self.by_post, self.audits)
