"""What differing data sets cost: re-keying, mismatches, comparison, queries. Values worked out by hand."""

import numpy as np
import pytest
from unit_world import world_of

from sim.cooperation.documents import compare_min, mismatch_p, rekey_min
from sim.posts.rules import finds_irregularity, raises_query, service_min

P = world_of().parameters.documents
ONE, NONE = np.ones(1), np.zeros(1)


def test_a_re_keyed_element_takes_half_a_minute_and_half_as_long_again_in_a_foreign_language() -> None:
    assert rekey_min(P, np.array([40.0]), NONE)[0] == pytest.approx(20.0)
    assert rekey_min(P, np.array([40.0]), ONE)[0] == pytest.approx(30.0)


@pytest.mark.parametrize(("elements", "language", "p"), [(18, 0, 0.06960), (18, 1, 0.13460), (40, 1, 0.27478)])
def test_the_more_is_re_keyed_the_likelier_is_a_mismatch(elements: int, language: int, p: float) -> None:
    assert mismatch_p(P, np.array([float(elements)]), np.array([float(language)]))[0] == pytest.approx(p, abs=1e-4)


def test_where_nothing_is_re_keyed_nothing_is_typed_compared_or_mistaken() -> None:
    for language in (NONE, ONE):
        assert rekey_min(P, NONE, language)[0] == 0.0
        assert mismatch_p(P, NONE, language)[0] == 0.0
    assert compare_min(P, NONE)[0] == 0.0


def test_an_officer_compares_only_what_no_machine_can_and_a_skilled_one_faster() -> None:
    compared = float(compare_min(P, np.array([40.0]))[0])
    assert compared == pytest.approx(2.0)
    assert service_min(40.0, 1.0, compared, 0.5, 1.0) == pytest.approx(44.0)
    assert service_min(40.0, 1.0, compared, 0.8, 1.0) == pytest.approx(42.5)
    assert service_min(40.0, 0.5, compared, 0.8, 0.9) == pytest.approx(25.0)


def test_a_mismatch_is_queried_with_three_tenths_and_half_the_skill() -> None:
    at = P.query_p_base + P.query_p_skill * 0.6
    assert at == pytest.approx(0.6)
    assert raises_query(1, at - 1e-9, P.query_p_base, P.query_p_skill, 0.6)
    assert not raises_query(1, at + 1e-9, P.query_p_base, P.query_p_skill, 0.6)


def test_without_a_mismatch_there_is_never_a_query() -> None:
    assert not any(raises_query(0, u, P.query_p_base, P.query_p_skill, 0.95) for u in np.linspace(0, 0.999, 50))


def test_undervaluation_is_found_in_seven_of_ten_checks_at_reference_skill_and_less_often_in_haste() -> None:
    found = np.arange(0.0005, 1.0, 0.001)
    for thoroughness, skill, share in ((1.0, 0.7, 0.7), (1.0, 0.35, 0.35), (0.5, 0.7, 0.35), (0.4, 0.5, 0.2)):
        hits = [finds_irregularity(float(u), P.p_undervaluation, thoroughness, skill, 0.7) for u in found]
        assert np.mean(hits) == pytest.approx(share, abs=1e-3)
