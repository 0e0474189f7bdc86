"""A measure that politics takes back: its effects end, its price is sunk, and partners remember."""

import numpy as np
from policy_runs import Watched, differing, run

LAPSING = ("assumptions.measures.p_reversal_per_year=1", "length.burn_in_days=2", "length.window_days=8")
STEADY = ("assumptions.measures.p_reversal_per_year=0", *LAPSING[1:])


def pair(overrides: tuple[str, ...]) -> dict[str, Watched]:
    return run(overrides, ("baseline", "data_sharing"))


def test_what_is_taken_back_at_once_was_paid_for_shares_nothing_and_leaves_less_trust_than_was_there_before() -> None:
    lapsed, steady = pair(LAPSING), pair(STEADY)
    kept, gone = steady["data_sharing"], lapsed["data_sharing"]
    assert gone.lapsed == {"data_sharing"}
    assert gone.mechanisms == lapsed["baseline"].mechanisms
    assert (
        gone.exchange.trust["ALD>BER"] < steady["baseline"].exchange.trust["ALD>BER"] < kept.exchange.trust["ALD>BER"]
    )
    assert differing(lapsed["baseline"].facts(), steady["baseline"].facts()) == set()


def test_until_the_day_it_is_taken_back_a_measure_acts_as_one_that_stays_and_its_set_up_is_not_returned() -> None:
    some = tuple(word.replace("year=1", "year=0.9999") for word in LAPSING)
    days = (*some[:2], "length.window_days=60")
    lapsed = run((*days, "seed=3"), ("baseline", "data_sharing"))["data_sharing"]
    steady = run((STEADY[0], *days[1:], "seed=3"), ("baseline", "data_sharing"))["data_sharing"]
    counted = lapsed.ledger.facts["measures_lapsed", "all"].numerator
    day = int(np.flatnonzero(counted)[0])
    assert 2 < day < 62
    assert lapsed.mechanisms[:day] == steady.mechanisms[:day]
    assert lapsed.mechanisms[day] != steady.mechanisms[day]
    paid = (m.ledger.facts["cost_public_setup_usd", "all"].numerator.sum() for m in (lapsed, steady))
    assert next(paid) == next(paid) > 0
