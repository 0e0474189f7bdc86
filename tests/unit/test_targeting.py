"""Engines that score and policies that set thresholds, against values worked out by hand."""

import numpy as np
import pytest
from scipy.special import expit, ndtri
from unit_world import settings_of, world_of

from sim.targeting.channels import NEVER, ChannelPolicy
from sim.targeting.engines import LearnedEngine, ProfilesEngine, RandomEngine, engine_of

P = world_of().parameters
S = P.selectivity
FEATURES = np.array([[1.0, 2.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 6.0]])
NOISE = np.array([0.5, -1.0])


def test_random_scores_know_nothing_of_the_declaration() -> None:
    assert RandomEngine().score(FEATURES, NOISE).tolist() == NOISE.tolist()


def test_a_profile_is_a_weighted_sum_of_unit_length_plus_the_engines_own_error() -> None:
    scores = ProfilesEngine(np.ones(6), 1.0).score(FEATURES, NOISE)
    assert scores == pytest.approx([3 / 6**0.5 + 0.5, 6 / 6**0.5 - 1.0])
    weighted = ProfilesEngine(np.array([3.0, 4.0, 0.0, 0.0, 0.0, 0.0]), 2.0).score(FEATURES, NOISE)
    assert weighted == pytest.approx([(3 + 8) / 5 + 1.0, -2.0])


def test_a_learning_engine_starts_from_the_profiles() -> None:
    learned = LearnedEngine(np.ones(6), 1.0, expit(-3.0), 0.05, 20.0)
    assert np.array_equal(learned.score(FEATURES, NOISE), ProfilesEngine(np.ones(6), 1.0).score(FEATURES, NOISE))


def test_one_night_of_learning_is_one_step_along_the_error() -> None:
    engine = LearnedEngine(np.ones(6), 1.0, expit(-3.0), 0.05, 20.0)
    engine.learn(np.array([[1.0, 0, 0, 0, 0, 0]]), np.array([1]), np.array([0.1]))
    surprise = 1 - 1 / (1 + np.exp(2.0))
    assert engine.weights == pytest.approx([1 + 0.05 * surprise, 1, 1, 1, 1, 1])
    assert engine.intercept == pytest.approx(-3 + 0.05 * surprise)


def test_a_rarely_examined_result_weighs_more_but_never_beyond_the_cap() -> None:
    features, found = np.eye(2, 6), np.array([1, 1])
    engine = LearnedEngine(np.zeros(6), 1.0, expit(-3.0), 0.05, 20.0)
    engine.learn(features, found, np.array([0.001, 1.0]))
    surprise = 1 - 1 / (1 + np.exp(3.0))
    assert engine.weights[:2] == pytest.approx([0.05 * surprise * 20 / 10.5 / 2, 0.05 * surprise / 10.5 / 2])


def test_a_night_without_labels_teaches_nothing_and_profiles_never_learn() -> None:
    learned, fixed = LearnedEngine(np.ones(6), 1.0, expit(-3.0), 0.05, 20.0), ProfilesEngine(np.ones(6), 1.0)
    learned.learn(np.zeros((0, 6)), np.zeros(0, np.int64), np.zeros(0))
    fixed.learn(FEATURES, np.array([1, 0]), np.ones(2))
    assert (learned.weights == 1).all()
    assert (fixed.weights == 1).all()


def test_an_engine_that_learns_does_not_change_the_profile_it_started_from() -> None:
    settings = settings_of().targeting.model_copy(update={"engine": "learned"})
    one, other = engine_of(settings, P.targeting), engine_of(settings, P.targeting)
    one.learn(FEATURES, np.array([1, 0]), np.ones(2))
    assert not np.array_equal(one.score(FEATURES, NOISE), other.score(FEATURES, NOISE))
    assert np.array_equal(other.score(FEATURES, NOISE), ProfilesEngine(np.ones(6), 1.0).score(FEATURES, NOISE))


def test_before_there_is_a_past_thresholds_are_those_of_standard_normal_scores() -> None:
    t = ChannelPolicy("fixed_rate", 0.2, 0.3, S).thresholds(0.0)
    assert (t.random_red, t.random_yellow) == pytest.approx((0.02, 0.03))
    assert t.red_at[1] == pytest.approx(float(ndtri(0.82)))
    assert t.yellow_at[1] == pytest.approx(float(ndtri(1 - 0.18 - 0.27)))


def test_an_authorised_operator_needs_a_score_higher_by_the_credit() -> None:
    t = ChannelPolicy("fixed_rate", 0.2, 0.3, S).thresholds(0.0)
    assert t.red_at[0] - t.red_at[1] == pytest.approx(S.aeo_credit)
    assert t.yellow_at[0] - t.yellow_at[1] == pytest.approx(S.aeo_credit)


def test_thresholds_follow_the_scores_of_the_trailing_days_and_forget_older_ones() -> None:
    policy = ChannelPolicy("fixed_rate", 0.2, 0.0, S)
    policy.observe(np.full(1000, 50.0), 0)
    for _ in range(14):
        policy.observe(np.linspace(0, 1, 101), 0)
    assert policy.thresholds(0.0).red_at[1] == pytest.approx(0.82, abs=0.005)


def test_reds_on_the_watchlist_take_room_from_scored_reds_only_where_the_policy_minds_capacity() -> None:
    scores = np.linspace(0, 1, 101)
    for name, red_at in (("capacity_aware", 1 - (0.18 - 5 / 101)), ("fixed_rate", 0.82)):
        policy = ChannelPolicy(name, 0.2, 0.0, S)
        policy.observe(scores, 5)
        assert policy.thresholds(0.0).red_at[1] == pytest.approx(red_at, abs=1e-9)


def test_a_backlog_of_twice_the_limit_halves_the_scored_reds_and_spares_random_checks() -> None:
    policy = ChannelPolicy("capacity_aware", 0.2, 0.0, S)
    policy.observe(np.linspace(0, 1, 101), 0)
    at_limit, above = policy.thresholds(S.backlog_h), policy.thresholds(2 * S.backlog_h)
    assert at_limit.red_at[1] == pytest.approx(0.82)
    assert above.red_at[1] == pytest.approx(0.91)
    assert above.random_red == at_limit.random_red


def test_blanket_selects_everybody_and_blind_selects_by_chance_alone() -> None:
    blanket = ChannelPolicy("blanket", 0.2, 0.3, S).thresholds(99.0)
    blind = ChannelPolicy("blind", 0.2, 0.3, S).thresholds(99.0)
    assert (blanket.random_red, blind.random_red, blind.random_yellow) == (1.0, 0.2, 0.0)
    assert blind.red_at == blind.yellow_at == blanket.red_at == (NEVER, NEVER)


def test_a_day_without_declarations_leaves_no_trace() -> None:
    policy = ChannelPolicy("capacity_aware", 0.2, 0.0, S)
    before = policy.thresholds(0.0)
    policy.observe(np.zeros(0), 0)
    assert policy.thresholds(0.0) == before
    assert len(policy.watch_share) == 0


@pytest.mark.parametrize(
    ("d_prime", "exact", "band"), [(0.33, 0.0415, (4, 6)), (1.4, 0.1675, (15, 20)), (2.6, 0.3486, (35, 40))]
)
def test_scripted_scores_reach_the_published_precision_at_five_percent_selected(
    d_prime: float, exact: float, band: tuple[int, int]
) -> None:
    """`exact` solves .9776 Phi(-t) + .0224 Phi(d' - t) = .05 for the threshold t; the bands are in whole percent."""
    rng = np.random.default_rng(4)
    illicit = rng.random(400_000) < 0.0224
    scores = rng.normal(size=len(illicit)) + d_prime * illicit
    policy = ChannelPolicy("fixed_rate", 0.05, 0.0, S.model_copy(update={"random_share": 0.0}))
    policy.observe(scores[:200_000], 0)
    selected = scores[200_000:] >= policy.thresholds(0.0).red_at[1]
    precision = illicit[200_000:][selected].mean()
    assert selected.mean() == pytest.approx(0.05, abs=0.002)
    assert precision == pytest.approx(exact, abs=3.29 * (exact * (1 - exact) / 10_000) ** 0.5)
    assert band[0] <= round(100 * exact) <= band[1]


def test_learning_from_scores_beyond_the_exponential_gives_probabilities_of_0_and_1() -> None:
    engine = LearnedEngine(np.full(6, 1000.0), 0.0, prior_share=0.05, rate=0.1, cap=10.0)
    features = np.array([[-1.0] * 6, [1.0] * 6])
    with np.errstate(all="raise"):
        engine.learn(features, np.array([1, 0]), np.array([0.5, 0.5]))
    assert engine.weights == pytest.approx(np.full(6, 999.9))
