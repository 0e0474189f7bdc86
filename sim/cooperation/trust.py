"""Trust of one country in another, moved once a day."""

from dataclasses import dataclass

from sim.settings.parameters import TrustParameters


@dataclass(frozen=True)
class TrustDay:
    """What happened between a sender and a receiver in a day (counts; `feedback_share`, `reversal` in [0, 1]).

    `reversal` is the strength of arrangements between the two that were taken back today.
    """

    hits: int
    false_alerts: int
    leaks: int
    meetings: float
    sent: int
    received: int
    feedback_share: float
    good_audits: int = 0
    bad_audits: int = 0
    reversal: float = 0.0


def next_trust(p: TrustParameters, trust: float, start: float, day: TrustDay) -> float:
    """Trust tomorrow, in [0, 1]: useful intelligence and meetings raise it, much else lowers it."""
    traffic = day.sent + day.received
    imbalance = max(0, day.sent - day.received) / traffic if traffic else 0.0
    change = (
        p.per_hit * day.feedback_share * day.hits * (1.0 - trust)
        - p.per_false_alert * day.false_alerts * trust
        - p.per_leak * day.leaks * trust
        + p.per_meeting * day.meetings * (1.0 - trust)
        + p.per_good_audit * day.good_audits * (1.0 - trust)
        - p.per_bad_audit * day.bad_audits * trust
        - p.per_imbalance * imbalance * trust
        - p.per_reversal * day.reversal * trust
        + (start - trust) / p.return_days
    )
    return min(max(trust + change, 0.0), 1.0)
