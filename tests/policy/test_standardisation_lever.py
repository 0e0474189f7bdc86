"""What standardisation does to forms, offices and officers, as mechanisms."""

from itertools import pairwise
from math import ceil

import numpy as np
import pytest
from policy_runs import Watched, run, world_of

from sim.consignments.declaration import LOCAL
from sim.cooperation.documents import compare_min, mismatch_p, rekey_min
from sim.measures.change import Key
from sim.measures.combine import combine
from sim.measures.context import Context
from sim.measures.registry import base_mechanisms
from sim.measures.standardisation import Standardisation

GAP, ADOPTED, LAG_D, DUAL_D = 40.0, 0.6, 60, 90


def on_day(days: int) -> dict[Key, float]:
    world = world_of()
    changes = Standardisation().changes(Context(world, {}, 1.0, days))
    return combine(base_mechanisms(world, {}), changes)[0]


def elements(days: int, office: str) -> float:
    return on_day(days)["documents.rekeyed_elements", office]


def by_complexity() -> list[str]:
    """Stonebridge's offices, from plain to complex business."""
    offices = [b for b in world_of().brokers if b.name.startswith("Stonebridge")]
    return [b.name for b in sorted(offices, key=lambda b: b.complexity01)]


def test_an_office_that_has_adopted_re_keys_the_part_of_the_gap_that_stays_open() -> None:
    assert elements(LAG_D, by_complexity()[0]) == pytest.approx(GAP * (1 - ADOPTED))
    assert {elements(LAG_D, office) for office in by_complexity()} == {elements(LAG_D, by_complexity()[0])}


def test_offices_whose_margin_lives_on_complex_forms_adopt_last() -> None:
    first_day = [min(d for d in range(100) if elements(d, office) < GAP) for office in by_complexity()]
    place = {b.name: b.complexity01 for b in world_of().brokers}
    assert first_day == [ceil(place[office] * LAG_D) for office in by_complexity()]
    assert first_day[0] < LAG_D / 6
    assert LAG_D / 2 < first_day[-1] <= LAG_D
    sizes = [b.share for office in by_complexity() for b in world_of().brokers if b.name == office]
    assert sizes != sorted(sizes)
    assert sizes != sorted(sizes, reverse=True)


def test_the_smallest_traders_use_the_new_form_last_and_until_then_type_all_of_it() -> None:
    models = run(("length.burn_in_days=2", "length.window_days=5"), ("baseline", "standardisation"))
    model = models["standardisation"]
    assert on_day(0)["documents.trader_reach01", "all"] == 0.0
    assert on_day(30)["documents.trader_reach01", "all"] == 0.5
    assert on_day(60)["documents.trader_reach01", "all"] == 1.0
    batch = next(closed.batch for _, closed in model.legs(side=1) if closed.day == 3)
    halfway = model.mechanisms[3] | {("documents.trader_reach01", "all"): 0.5}
    halfway |= {("documents.rekeyed_elements", b.name): 10.0 for b in model.world.brokers}
    documents = model.world.parameters.documents
    elements = model.admission._typed(batch, halfway).compare_min / compare_min(documents, np.ones(1))
    small = model.traders.rank01[batch.potential.trader] > 0.5
    assert elements[small] == pytest.approx(GAP)
    assert elements[~small] == pytest.approx(10.0)


def test_both_forms_are_filled_in_for_90_days_so_an_adopter_types_as_much_as_before() -> None:
    largest = by_complexity()[0]
    for days in (0, 30, DUAL_D - 1):
        today = on_day(days)
        typed = today["documents.rekeyed_elements", largest] + today["documents.dual_elements", largest]
        assert typed == pytest.approx(GAP)
    assert on_day(DUAL_D)["documents.dual_elements", largest] == 0.0


def test_an_office_that_has_not_adopted_fills_in_no_second_form() -> None:
    last = by_complexity()[-1]
    day = ceil({b.name: b.complexity01 for b in world_of().brokers}[last] * LAG_D)
    assert on_day(day - 1)["documents.dual_elements", last] == 0.0
    assert on_day(day)["documents.dual_elements", last] == pytest.approx(GAP * ADOPTED)


def test_with_fewer_re_keyed_elements_mismatches_are_rarer_and_typing_shorter() -> None:
    p = world_of().parameters.documents
    before, after = np.array([GAP]), np.array([elements(LAG_D, by_complexity()[0])])
    assert mismatch_p(p, after, np.ones(1))[0] < mismatch_p(p, before, np.ones(1))[0]
    assert rekey_min(p, after, np.ones(1))[0] == pytest.approx(0.4 * rekey_min(p, before, np.ones(1))[0])


def test_document_skill_falls_a_quarter_at_go_live_and_is_back_by_day_60() -> None:
    factor = [on_day(d)["documents.skill_factor", "BER"] for d in range(70)]
    assert factor[0] == pytest.approx(0.75)
    assert factor[30] == pytest.approx(0.875)
    assert all(b > a for a, b in pairwise(factor[:61]))
    assert set(factor[60:]) == {1.0}


def test_the_local_feature_is_dropped_by_both_countries_and_a_loophole_works_at_every_adopter() -> None:
    today = on_day(0)
    assert [today["documents.local_feature", c] for c in ("ALD", "BER")] == [0.0, 0.0]
    assert today["smugglers.loophole_share", "all"] == 0.5


@pytest.fixture(scope="module")
def week() -> dict[str, Watched]:
    prompt = "assumptions.measures.standardisation_trader_lag_d=0"
    return run(("length.burn_in_days=2", "length.window_days=5", prompt), ("baseline", "standardisation"))


def test_declarations_lodged_after_go_live_carry_no_local_feature_and_all_others_unchanged(
    week: dict[str, Watched],
) -> None:
    seen = 0
    for _, closed in week["standardisation"].legs(side=1):
        features, potential = closed.batch.declared["entry"].features, closed.batch.potential
        if closed.day >= 2:
            assert (features[:, LOCAL] == 0).all()
            seen += 1
        else:
            assert np.array_equal(features[:, LOCAL] == 0, np.zeros(len(potential), np.bool_))
        clean = ~closed.batch.truth.irregular
        others = [k for k in range(5) if k != LOCAL]
        assert np.array_equal(features[clean][:, others], potential.features[clean][:, others])
    assert seen


def test_document_officers_work_at_three_quarters_of_their_skill_and_nobody_else_does(week: dict[str, Watched]) -> None:
    model = week["standardisation"]
    slower = model.staff.working_skill(model.mechanisms[2]) / model.staff.skill
    assert slower[model.staff.document] == pytest.approx(0.75)
    assert (slower[~model.staff.document] == 1.0).all()


def test_fewer_papers_carry_a_mismatch_once_offices_have_adopted(week: dict[str, Watched]) -> None:
    base, policy = week["baseline"], week["standardisation"]
    batch = next(closed.batch for _, closed in base.legs(side=1) if closed.day == 3)
    leads, called = base.offices.lead_factor, np.zeros(len(base.world.posts))
    before = base.admission.legs(batch, base.mechanisms[3], leads, called).copy()  # the next take its room
    after = base.admission.legs(batch, policy.mechanisms[3], leads, called)
    assert (after["mismatch"][:, 0] <= before["mismatch"][:, 0]).all()
    assert after["mismatch"][:, 0].sum() < before["mismatch"][:, 0].sum()
    assert after["machine_mismatch"].sum() < before["machine_mismatch"].sum()
    assert after["compare_min"].sum() < before["compare_min"].sum()
