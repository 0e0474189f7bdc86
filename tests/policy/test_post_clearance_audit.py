"""Blue channel and audits by risk: what they recover, whom they deter and when, and whose hours they take."""

from functools import cache

import numpy as np
import pytest
from policy_runs import Watched, run

from sim.posts.process import ENTRY
from sim.posts.rules import GREEN, YELLOW

A = "assumptions."
CHEATING = (
    f"{A}consignments.fiscal_share=0.3",
    f"{A}measures.post_clearance_audit_lag_d=7",
    f"{A}revenue.audit_h=1",
    "length.window_days=28",
)


@cache
def pair(*words: str) -> tuple[Watched, Watched]:
    models = run((*CHEATING, *words), ("baseline", "post_clearance_audit"))
    return models["baseline"], models["post_clearance_audit"]


def total(model: Watched, indicator: str, days: slice = slice(None)) -> float:
    return float(model.facts()[indicator, "all"][0][days].sum())


def test_half_of_the_yellow_channel_is_released_at_once() -> None:
    share = []
    for model in pair():
        channel = np.concatenate([c.rows["channel"][c.rows["lodged_ms"] >= 0] for _, c in model.legs(ENTRY)])
        share.append((channel == YELLOW).mean())
    assert share[1] < 0.75 * share[0]


def test_audits_of_the_riskiest_recover_duty_apart_from_what_checks_find() -> None:
    base, audited = pair()
    assert total(audited, "audits_per_day") > total(base, "audits_per_day") + 28
    assert total(audited, "audit_recovered_usd") > 1.2 * total(base, "audit_recovered_usd")
    assert total(audited, "revenue_uplift_usd") < total(base, "revenue_uplift_usd")


def test_the_highest_scores_are_audited_and_only_what_was_released_unchecked() -> None:
    _, model = pair()
    today = [c for day, c in model.legs(ENTRY) if day == 20]
    for closed in today:
        model.audits.collect(closed, np.full(len(closed.position), 1))
    pool = np.concatenate([one.score for one in model.audits.today])
    audited, _ = model.audits.conduct(model.day, (0.0, 3.0))
    assert sorted(audited.score) == pytest.approx(np.sort(pool)[-3:])
    unchecked = sum(int((c.rows["channel"] == GREEN).sum()) for c in today)
    assert len(pool) <= unchecked


def test_audits_deter_and_only_once_traders_have_heard_of_them() -> None:
    late = (f"{A}measures.post_clearance_audit_lag_d=90",)
    heard, not_yet = pair()[1], pair(*late)[1]
    assert heard.trade.perceived.mean() > not_yet.trade.perceived.mean()
    found = [total(m, "revenue_gap_usd", slice(14, 28)) for m in (heard, not_yet)]
    assert found[0] != found[1]


def test_the_hours_of_audits_are_missing_at_the_desk() -> None:
    """Perverse: with no fewer papers to check, the officers left work the slower and papers wait longer."""
    words = (f"{A}measures.post_clearance_audit_blue_share=0", f"{A}measures.post_clearance_audit_time_share=0.3")
    base, audited = pair(*words, "world.pools.documents.load=0.9")
    clearance = [total(m, "customs_time_h") for m in (base, audited)]
    assert clearance[1] > clearance[0]
    assert total(audited, "measures_staff_fte") > total(base, "measures_staff_fte")
