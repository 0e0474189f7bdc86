"""Rules at the desk keep their direction: more search finds no less, more risk is never let off more lightly."""

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from sim.posts import rules
from sim.settings.run import TICKS_MS

EXAMPLES = examples(max_examples=200, deadline=None, derandomize=True)
shares = st.floats(0, 1)
minutes = st.floats(0, 1e4)
positive = st.floats(1e-3, 1e3)
hours = st.floats(0, 24)
scores = st.floats(-10, 10)
DOSE = ("thoroughness", "nominal_min", "per_min", "skill", "reference_skill", "vigilance_now", "equipment")
RAISES_DOSE = tuple(name for name in DOSE if name != "reference_skill")


@EXAMPLES
@given(
    st.fixed_dictionaries(dict.fromkeys((*DOSE, "concealment"), positive)),
    st.sampled_from(RAISES_DOSE),
    st.floats(1, 100),
    st.floats(0, 50),
)
def test_more_of_anything_that_makes_an_examination_better_never_finds_less(
    work: dict[str, float], what: str, factor: float, threshold: float
) -> None:
    lighter, heavier = rules.dose(**work), rules.dose(**(work | {what: work[what] * factor}))
    assert heavier >= lighter
    assert (heavier >= threshold) >= (lighter >= threshold)


@EXAMPLES
@given(st.fixed_dictionaries(dict.fromkeys((*DOSE, "concealment"), positive)), st.floats(1, 100))
def test_better_concealment_never_helps_the_officer(work: dict[str, float], factor: float) -> None:
    assert rules.dose(**(work | {"concealment": work["concealment"] * factor})) <= rules.dose(**work)


@EXAMPLES
@given(hours, hours, st.floats(0, 0.1))
def test_fatigue_never_raises_attention_or_pace(first: float, second: float, loss: float) -> None:
    fresh, tired = sorted((first, second))
    assert rules.vigilance(tired, loss) <= rules.vigilance(fresh, loss)
    assert rules.pace(1.0, tired, loss) <= rules.pace(1.0, fresh, loss)


@EXAMPLES
@given(
    st.tuples(scores, scores),
    st.booleans(),
    st.tuples(shares, shares),
    st.tuples(st.floats(0, 0.5), st.floats(0, 0.5)),
    st.tuples(scores, scores),
    st.tuples(st.floats(0, 0.5), st.floats(0, 0.5)),
)
def test_a_higher_score_never_leads_to_a_lighter_channel(
    score: tuple[float, float],
    watched: bool,
    u: tuple[float, float],
    random: tuple[float, float],
    at: tuple[float, float],
    moves: tuple[float, float],
) -> None:
    yellow_at, red_at = sorted(at)
    chosen = [
        rules.choose_channel(s, int(watched), u[0], random[0], random[1], red_at, yellow_at) for s in sorted(score)
    ]
    assert chosen[0][0] <= chosen[1][0]
    after = [rules.reroute(channel, rule, u[1], moves[0], moves[1])[0] for channel, rule in chosen]
    assert after[0] <= after[1]


@EXAMPLES
@given(scores, shares, shares, shares, scores, scores)
def test_a_watchlist_never_leads_to_a_lighter_channel(
    score: float, u: float, random_red: float, random_yellow: float, red_at: float, yellow_at: float
) -> None:
    listed, other = (rules.choose_channel(score, w, u, random_red, random_yellow, red_at, yellow_at) for w in (1, 0))
    assert listed[0] == rules.RED >= other[0]


@EXAMPLES
@given(st.sampled_from((rules.GREEN, rules.YELLOW, rules.RED)), shares, shares, shares)
def test_a_supervisor_leaves_random_checks_alone(channel: int, u: float, up: float, down: float) -> None:
    assert rules.reroute(channel, rules.BY_RANDOM, u, up, down) == (channel, rules.BY_RANDOM)


@EXAMPLES
@given(st.sampled_from((rules.GREEN, rules.YELLOW, rules.RED)), shares, shares, shares)
def test_a_supervisor_moves_a_lorry_by_one_channel_at_most(channel: int, u: float, up: float, down: float) -> None:
    moved, _ = rules.reroute(channel, rules.BY_SCORE, u, up, down)
    assert abs(moved - channel) <= 1
    assert rules.GREEN <= moved <= rules.RED


@EXAMPLES
@given(
    st.integers(0, 500),
    st.integers(0, 500),
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(0, 50),
    st.integers(0, 9),
)
def test_a_longer_line_never_closes_a_booth(a: int, b: int, rank: int, base: int, open_at: int, step: int) -> None:
    short, long = sorted((a, b))
    assert rules.reserve_opens(long, rank, base, open_at, step) >= rules.reserve_opens(short, rank, base, open_at, step)


@EXAMPLES
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 500), st.integers(1, 20_000))
def test_a_longer_line_never_means_less_pressure(a: int, b: int, desks: int, size: int) -> None:
    short, long = sorted((a, b))
    assert 0 <= rules.pressure_index(short, desks, size) <= rules.pressure_index(long, desks, size) < size


@EXAMPLES
@given(minutes, minutes, st.sampled_from(TICKS_MS))
def test_durations_are_whole_ticks_at_least_one_and_keep_their_order(a: float, b: float, tick_ms: int) -> None:
    short, long = sorted((a, b))
    first, second = rules.to_ticks(short, tick_ms), rules.to_ticks(long, tick_ms)
    assert first % tick_ms == 0
    assert tick_ms <= first <= second
    assert abs(second - max(long * rules.MINUTE_MS, tick_ms)) <= tick_ms


@EXAMPLES
@given(st.floats(-5, 5), st.floats(0, 4), st.floats(-2, 2), hours, st.floats(0, 0.5))
def test_an_image_with_prohibited_goods_is_called_at_least_as_often(
    z: float, d_prime: float, criterion: float, on_task: float, loss: float
) -> None:
    loaded, clean = (rules.image_alarm(z, p, d_prime, criterion, on_task, loss) for p in (1, 0))
    assert loaded >= clean


@EXAMPLES
@given(shares, shares, shares, positive, positive, st.floats(1, 10))
def test_a_more_skilled_officer_never_overlooks_what_another_finds(
    u: float, p: float, thoroughness: float, skill: float, reference: float, factor: float
) -> None:
    better = rules.finds_irregularity(u, p, thoroughness, skill * factor, reference)
    assert better >= rules.finds_irregularity(u, p, thoroughness, skill, reference)
