"""Measures act together in one way only, whatever order they are listed in; trust stays between 0 and 1."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from sim.cooperation.trust import TrustDay, next_trust
from sim.measures.change import BOUNDS, Change, Operation
from sim.measures.combine import combine
from sim.settings.errors import SettingsError
from sim.settings.parameters import TrustParameters

EXAMPLES = examples(max_examples=200, deadline=None, derandomize=True)
PARAMETERS = sorted(BOUNDS)
OPERATIONS = [o for o in get_args(Operation) if o != "set"]
WHO = ("ALD", "BER")
BASE = {
    (parameter, who): min(max(0.3, BOUNDS[parameter][0]), BOUNDS[parameter][1])
    for parameter in PARAMETERS
    for who in WHO
}
amounts = st.floats(-1e3, 1e3)
changes = st.builds(
    Change,
    parameter=st.sampled_from(PARAMETERS),
    who=st.sampled_from(WHO),
    operation=st.sampled_from(OPERATIONS),
    value=amounts,
    measure=st.sampled_from(("data_sharing", "standardisation", "training")),
)


@EXAMPLES
@given(st.lists(changes, max_size=12).flatmap(lambda given: st.tuples(st.just(given), st.permutations(given))))
def test_the_order_in_which_measures_are_listed_changes_no_bit(orders: tuple[list[Change], list[Change]]) -> None:
    first, second = (combine(BASE, order) for order in orders)
    assert {k: v.hex() for k, v in first[0].items()} == {k: v.hex() for k, v in second[0].items()}
    assert first[1] == second[1]


@EXAMPLES
@given(st.lists(changes, max_size=12))
def test_every_mechanism_stays_within_its_bounds_and_what_was_clamped_is_said(given_changes: list[Change]) -> None:
    values, applied = combine(BASE, given_changes)
    assert len(applied) == len(given_changes)
    for (parameter, _), value in values.items():
        low, high = BOUNDS[parameter]
        assert low <= value <= high
    for one in applied:
        low, high = BOUNDS[one.change.parameter]
        wanted = {
            "add": one.before + one.change.value,
            "scale": one.before * one.change.value,
            "max": max(one.before, one.change.value),
            "min": min(one.before, one.change.value),
        }[one.change.operation]
        assert one.clamped == (not low <= wanted <= high)
        assert one.after == min(max(wanted, low), high)


@EXAMPLES
@given(st.lists(changes, max_size=8))
def test_a_mechanism_nobody_touches_keeps_its_value(given_changes: list[Change]) -> None:
    values, _ = combine(BASE, given_changes)
    touched = {(c.parameter, c.who) for c in given_changes}
    assert {k: v for k, v in values.items() if k not in touched} == {k: v for k, v in BASE.items() if k not in touched}


@EXAMPLES
@given(st.sampled_from(PARAMETERS), st.sampled_from(WHO), amounts, amounts, st.lists(changes, max_size=4))
def test_two_measures_that_set_one_mechanism_clash(
    parameter: str, who: str, a: float, b: float, others: list[Change]
) -> None:
    setters = [Change(parameter, who, "set", a, "data_sharing"), Change(parameter, who, "set", b, "training")]
    for order in (setters + others, others + setters[::-1]):
        with pytest.raises(SettingsError, match=f"data_sharing and training both set {parameter} of {who}"):
            combine(BASE, order)


@pytest.mark.parametrize("parameter", ["clearance_mean_h", "interdiction_rate", "documents.rekeyed_element"])
def test_outcomes_are_no_mechanisms(parameter: str) -> None:
    with pytest.raises(SettingsError, match="is not a mechanism"):
        combine(BASE | {(parameter, "ALD"): 0.5}, [Change(parameter, "ALD", "scale", 0.5, "training")])


counts = st.integers(0, 10_000)
ranges = {"return_days": st.floats(1, 1e4)}
trust_parameters = st.fixed_dictionaries(
    {name: ranges.get(name, st.floats(0, 1)) for name in TrustParameters.model_fields}
).map(TrustParameters.model_validate)
trust_days = st.builds(
    TrustDay,
    hits=counts,
    false_alerts=counts,
    leaks=counts,
    meetings=st.floats(0, 1),
    sent=counts,
    received=counts,
    feedback_share=st.floats(0, 1),
)


@EXAMPLES
@given(trust_parameters, st.floats(0, 1), st.floats(0, 1), trust_days)
def test_trust_stays_between_0_and_1(p: TrustParameters, trust: float, start: float, day: TrustDay) -> None:
    assert 0.0 <= next_trust(p, trust, start, day) <= 1.0


@EXAMPLES
@given(trust_parameters, st.floats(0, 1), st.floats(0, 1), trust_days, st.integers(1, 50))
def test_leaks_never_raise_trust_and_hits_never_lower_it(
    p: TrustParameters, trust: float, start: float, day: TrustDay, more: int
) -> None:
    now = next_trust(p, trust, start, day)
    leaky = TrustDay(**(vars(day) | {"leaks": day.leaks + more}))
    useful = TrustDay(**(vars(day) | {"hits": day.hits + more}))
    assert next_trust(p, trust, start, leaky) <= now + 1e-9
    assert next_trust(p, trust, start, useful) >= now - 1e-9


@EXAMPLES
@given(trust_parameters, st.floats(0, 1))
def test_trust_where_nothing_happens_stays_where_it_began(p: TrustParameters, start: float) -> None:
    assert next_trust(p, start, start, TrustDay(0, 0, 0, 0.0, 0, 0, 0.2)) == pytest.approx(start, abs=1e-12)
