"""A change a measure makes to a mechanism, and the list of what may be changed."""

from typing import Literal, NamedTuple

Operation = Literal["set", "add", "scale", "max", "min"]
Key = tuple[str, str]

NEVER_H = 1e9
"""Deadline, h, where there is none."""
BOUNDS: dict[str, tuple[float, float]] = {
    "documents.rekeyed_elements": (0.0, 200.0),
    "documents.dual_elements": (0.0, 200.0),
    "brokers.more_h": (0.0, 24.0),
    "documents.trader_reach01": (0.0, 1.0),
    "documents.ambiguity": (0.0, 2.0),
    "documents.skill_factor": (0.05, 1.5),
    "documents.local_feature": (0.0, 1.0),
    "smugglers.loophole_share": (0.0, 1.0),
    "intelligence.coverage": (0.0, 1.0),
    "intelligence.legal_cap": (0.0, 1.0),
    "intelligence.delay_d": (0.001, 1e9),
    "intelligence.feedback_share": (0.0, 1.0),
    "intelligence.pooled_share": (0.0, 1.0),
    "trust.meetings_per_day": (0.0, 1.0),
    "integrity.audit_p": (0.0, 1.0),
    "integrity.rotation_per_day": (0.0, 1.0),
    "integrity.drawn_officer_share": (0.0, 1.0),
    "integrity.open_decisions_share": (0.0, 1.0),
    "staff.absent": (0.0, 1.0),
    "staff.course_gain": (0.0, 1.0),
    "staff.time_share": (0.05, 1.0),
    "staff.posted": (0.0, 1.0),
    "devices.maintained_share": (0.0, 1.0),
    "control.scan_share": (0.0, 1.0),
    "selectivity.red_share": (0.0, 1.0),
    "selectivity.blue_share": (0.0, 1.0),
    "audits.per_day": (0.0, 1e9),
    "release.deadline_h": (0.001, NEVER_H),
    "traders.aeo_share": (0.0, 1.0),
    "traders.validation_h": (0.0, 1e9),
    "trust.audits_per_day": (0.0, 1.0),
    "costs.trader_usd": (0.0, 1e12),
    "process.share": (0.0, 1.0),
    "costs.running_usd": (0.0, 1e12),
    "costs.setup_usd": (0.0, 1e12),
    "costs.donor_usd": (0.0, 1e12),
    "costs.staff_h": (0.0, 1e9),
}
"""Every mechanism a measure may touch, with the range its value is clamped to. Outcomes are not among them.

Who: a broker office (`documents.rekeyed_elements`, `dual_elements`, `ambiguity`, `brokers`), a country (`skill_factor`,
`local_feature`, `devices`, `integrity`, `audits`, `costs`, `validation_h`), a post (`control`, `selectivity`,
`release`: where goods enter), an ordered pair (`intelligence`, `trust`), a seat (`staff`),
"stage.outcome" of the entry processes (`process.share`), or "all" (`smugglers`, `traders`, `trader_reach01`).
"""


class Change(NamedTuple):
    """`operation` with `value` on `parameter` of `who`, made by `measure` today."""

    parameter: str
    who: str
    operation: Operation
    value: float
    measure: str
