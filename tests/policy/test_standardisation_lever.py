"""What standardisation does to forms, offices and officers, as mechanisms."""

from itertools import pairwise

import numpy as np
import pytest
from policy_runs import Watched, run, world_of

from sim.consignments.declaration import LOCAL
from sim.cooperation.documents import mismatch_p, rekey_min
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


def by_size() -> list[str]:
    """Stonebridge's offices, largest first."""
    offices = [b for b in world_of().brokers if b.name.startswith("Stonebridge")]
    return [b.name for b in sorted(offices, key=lambda b: -b.share)]


def test_an_office_that_has_adopted_re_keys_the_part_of_the_gap_that_stays_open() -> None:
    assert elements(LAG_D, by_size()[0]) == pytest.approx(GAP * (1 - ADOPTED))
    assert {elements(LAG_D, office) for office in by_size()} == {elements(LAG_D, by_size()[0])}


def test_offices_adopt_in_order_of_size_the_smallest_last() -> None:
    first_day = [min(d for d in range(100) if elements(d, office) < GAP) for office in by_size()]
    assert first_day[0] == 0
    assert first_day[-1] == LAG_D
    assert first_day == sorted(first_day)
    assert len(set(first_day)) == len(first_day)


def test_both_forms_are_filled_in_for_90_days_so_an_adopter_types_as_much_as_before() -> None:
    largest = by_size()[0]
    for days in (0, 30, DUAL_D - 1):
        today = on_day(days)
        typed = today["documents.rekeyed_elements", largest] + today["documents.dual_elements", largest]
        assert typed == pytest.approx(GAP)
    assert on_day(DUAL_D)["documents.dual_elements", largest] == 0.0


def test_an_office_that_has_not_adopted_fills_in_no_second_form() -> None:
    smallest = by_size()[-1]
    assert on_day(LAG_D - 1)["documents.dual_elements", smallest] == 0.0
    assert on_day(LAG_D)["documents.dual_elements", smallest] == pytest.approx(GAP * ADOPTED)


def test_with_fewer_re_keyed_elements_mismatches_are_rarer_and_typing_shorter() -> None:
    p = world_of().parameters.documents
    before, after = np.array([GAP]), np.array([elements(LAG_D, by_size()[0])])
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
    return run(("length.burn_in_days=2", "length.window_days=5"), ("baseline", "standardisation"))


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
