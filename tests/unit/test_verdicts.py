"""Words of effects: each only where its rule is met, and right for effects that were planted."""

import numpy as np
import pandas as pd
import pytest
from planted_effects import KINDS, planted, right_share, words_of

from experiments.assumption_range import Effects, effects_of, range_table
from experiments.design import lhs
from experiments.drivers import driver_table
from experiments.factors import Factor
from experiments.verdicts import (
    EFFECT,
    IDENTICAL,
    NOT_DEFINED,
    NOT_RESOLVED,
    RESOLVED,
    ROBUST,
    central_verdict,
    checked_word,
    drawn_verdict,
)
from sim.settings.errors import BordersimError


@pytest.mark.parametrize(
    ("value", "lower", "upper", "word"),
    [
        (1.0, 0.2, 1.8, RESOLVED),
        (-1.0, -1.8, -0.2, RESOLVED),
        (1.0, -0.2, 2.2, NOT_RESOLVED),
        (0.0, 0.0, 0.0, NOT_RESOLVED),
        (-2.0, np.nan, np.nan, NOT_RESOLVED),
        (np.nan, np.nan, np.nan, NOT_DEFINED),
    ],
)
def test_without_draws_a_word_says_what_the_interval_tells_from_zero(value, lower, upper, word):
    assert central_verdict(value, lower, upper, identical=False) == word
    assert checked_word(word, drawn=False) == word


def test_identical_sums_are_called_identical():
    assert central_verdict(0.0, 0.0, 0.0, identical=True) == IDENTICAL


@pytest.mark.parametrize("word", ["robust", "depends on staff.skill_low_tier"])
def test_words_about_assumptions_are_refused_while_they_stay_at_their_centre(word):
    assert checked_word(word, drawn=True) == word
    with pytest.raises(BordersimError, match="draw the assumptions from their ranges first"):
        checked_word(word, drawn=False)


def test_words_of_no_rule_are_refused_always():
    with pytest.raises(BordersimError, match="verdict 'significant'"):
        checked_word("significant", drawn=True)


def reach(above, below, draws=64):
    return {"above": above, "below": below, "draws": draws}


def driver(low, high, p=0.001, half=0.5):
    ends = {"low": low, "high": high}
    bounds = {f"effect_{e}_{b}": v + s * half for e, v in ends.items() for b, s in (("lower", -1), ("upper", 1))}
    return {"factor": "assumptions.staff.skill_sd", "p": p, "effect_low": low, "effect_high": high, **bounds}


TURNS, DEPENDS = driver(-1.0, 1.0), "depends on staff.skill_sd"


@pytest.mark.parametrize(
    ("central", "difference", "where", "drivers", "word"),
    [
        (RESOLVED, 1.0, reach(0.9, 0.1), [TURNS], ROBUST),
        (RESOLVED, -1.0, reach(0.1, 0.9), [], ROBUST),
        (RESOLVED, 1.0, reach(0.89, 0.11), [TURNS], DEPENDS),
        (RESOLVED, 1.0, reach(0.1, 0.9), [TURNS], DEPENDS),
        (RESOLVED, 1.0, reach(0.8, 0.0), [], NOT_RESOLVED),  # in a fifth of the draws it does nothing
        (RESOLVED, 1.0, reach(0.8, 0.2), [driver(0.5, 2.0)], NOT_RESOLVED),  # follows it, does not turn with it
        (RESOLVED, 1.0, reach(0.8, 0.2), [driver(-1.0, 1.0, p=0.2)], NOT_RESOLVED),  # as chance might have it
        (RESOLVED, 1.0, reach(0.8, 0.2), [driver(-0.2, 1.0)], DEPENDS),
        (NOT_RESOLVED, 0.1, reach(0.5, 0.5), [TURNS], DEPENDS),
        (NOT_RESOLVED, 0.1, reach(0.5, 0.5), [driver(-0.2, 1.0)], NOT_RESOLVED),  # one end only is told from 0
        (NOT_RESOLVED, 1.0, reach(1.0, 0.0), [], NOT_RESOLVED),
        (RESOLVED, 1.0, reach(1.0, 0.0, draws=15), [TURNS], NOT_RESOLVED),
        (IDENTICAL, 0.0, reach(0.0, 0.0), [], IDENTICAL),
        (IDENTICAL, 0.0, reach(0.5, 0.0), [], NOT_RESOLVED),
        (NOT_DEFINED, np.nan, reach(1.0, 0.0), [TURNS], NOT_DEFINED),
    ],
)
def test_each_word_is_given_only_where_its_rule_is_met(central, difference, where, drivers, word):
    assert drawn_verdict(central, difference, where, drivers) == word


def test_chance_is_taken_out_of_the_spread_over_draws_and_of_nothing_else():
    rng = np.random.default_rng(5)
    true = rng.normal(1.0, 0.5, 4000)
    seen = true + rng.normal(0, 2.0, 4000)
    seen[:400] = 0.0  # a measure that did nothing in these
    effects = Effects(pd.DataFrame(index=range(2)), tuple(range(4000)), np.stack([seen, true]), np.array([2.0, 0.0]))
    freed = effects.freed()
    assert freed[0, 400:].std() == pytest.approx(0.5, abs=0.2)
    assert freed[0].mean() == pytest.approx(seen.mean(), abs=1e-9)
    assert (freed[0, :400] == 0).all()
    np.testing.assert_allclose(freed[1], true)


def test_an_effect_that_is_nothing_but_chance_has_no_spread_of_its_own():
    noise = np.random.default_rng(6).normal(0, 1.0, (1, 64))
    freed = Effects(pd.DataFrame(index=range(1)), tuple(range(64)), noise, np.array([1.5])).freed()
    np.testing.assert_allclose(freed, noise.mean())


def test_signs_over_draws_are_counted_as_simulated():
    cells = pd.DataFrame([{**dict.fromkeys(EFFECT, "x"), "unit": "h"}])
    values = np.array([[3.0, 1.0, -1.0, np.nan, 0.0]])
    table = range_table(Effects(cells, tuple(range(5)), values, np.array([10.0])))
    assert table[["draws", "above", "below"]].iloc[0].tolist() == [4, 0.5, 0.25]
    assert table["low"].iloc[0] == pytest.approx(0.15)  # three of four are their mean once chance is taken out: 1


def test_the_order_of_adding_up_makes_no_effect():
    cell = {"indicator": "x", "unit": "h", "period": "transition", "group": "all", "shape": "ratio", "denominator": 1.0}
    sums = pd.DataFrame(
        {**cell, "scenario": name, "replication": k, "numerator": total}
        for k, totals in enumerate([(0.1 + 0.2, 0.3), (0.3, 0.3 + 1e-9)])
        for name, total in zip(("before", "after"), totals, strict=True)
    )
    found = effects_of(sums.rename(columns={"replication": "draw"}), sums, "before")
    assert found.values.tolist() == [[0.0, pytest.approx(1e-9)]]


def test_what_spreads_no_wider_over_the_draws_than_chance_follows_nothing():
    design = lhs((Factor("a", 0.0, 1.0),), 24, 1)
    cells = pd.DataFrame([{**dict.fromkeys(EFFECT, "x"), "group": "all", "unit": "h"}])
    values = np.array([[share - 0.5 for (share,) in design.points]])
    follow = [
        len(driver_table(design, Effects(cells, tuple(range(24)), values, np.array([noise])), 1)) for noise in (0.1, 1)
    ]
    assert follow == [1, 0]


def test_planted_effects_are_given_the_word_they_deserve():
    rng = np.random.default_rng(8)
    measures = {kind: planted(rng, kind) for kind in KINDS}
    assert words_of(measures, 3) == {kind: measures[kind].word for kind in KINDS}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_words_are_right_in_nine_planted_cases_of_ten(seed):
    right = right_share(201, seed, draws=24)
    assert sum(right.values()) / len(right) >= 0.9, right


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_more_draws_they_are_right_in_nine_cases_of_ten_of_each_kind(seed):
    right = right_share(201, seed, draws=32)
    assert min(right.values()) >= 0.9, right


@pytest.mark.slow
def test_with_few_draws_a_sign_that_turns_is_called_not_resolved_rather_than_robust():
    rng = np.random.default_rng(9)
    for block in range(5):
        measures = {f"m{k}": planted(rng, "turns") for k in range(4)}
        for name, word in words_of(measures, block, draws=16).items():
            assert word in (measures[name].word, NOT_RESOLVED)
