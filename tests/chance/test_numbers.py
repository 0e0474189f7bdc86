"""Random numbers by key: each is a function of its key alone, and no two keys share a stream."""

from collections import Counter

import numpy as np
import pytest
from chance_runs import settings_of, simulate
from scipy import stats

from sim.consignments.numbers import CODES, PURPOSES, Numbers, Seats
from sim.consignments.philox import CompiledStreams, Floats, Ints, PlainStreams, fill_blocks

LAWS = {
    "uniform": stats.uniform(),
    "normal": stats.norm(),
    "exponential": stats.expon(),
    "gumbel": stats.gumbel_r(),
}


class NotedNumbers(Numbers):
    """Numbers that remember which key each block was drawn for, and where its stream was seated."""

    keys: Counter[tuple[str, str, int, str]]
    seats: dict[tuple[int, ...], set[tuple[str, str, int, str]]]

    def __init__(self, seed: int, replication: int) -> None:
        super().__init__(seed, replication)
        type(self).keys, type(self).seats = Counter(), {}

    def fill(self, room: Floats, places: Ints, seats: Seats, day: int) -> None:
        """The numbers of the keys, which are written down."""
        for (begin, end), (purpose, owner, part), codes in zip(places, seats.keys, seats.codes.tolist(), strict=True):
            if begin < end:
                self.keys[purpose, owner, day, part] += 1
                self.seats.setdefault((*codes, day), set()).add((purpose, owner, day, part))
        super().fill(room, places, seats, day)


def test_the_same_key_gives_the_same_numbers_whatever_was_drawn_before() -> None:
    fresh, used = Numbers(1, 0), Numbers(1, 0)
    for day in range(5):
        used.uniform("work", "Stonebridge", day, 7, "entry/gate/0")
        used.gumbel("arm", "organisation-01", day, 1, "abstain")
    assert (fresh.uniform("scan", "Lowmarsh", 3, 50) == used.uniform("scan", "Lowmarsh", 3, 50)).all()


@pytest.mark.parametrize(
    ("luck", "key"),
    [
        ((2, 0), ("scan", "Lowmarsh", 3, "")),
        ((1, 1), ("scan", "Lowmarsh", 3, "")),
        ((1, 0), ("agency", "Lowmarsh", 3, "")),
        ((1, 0), ("scan", "Stonebridge", 3, "")),
        ((1, 0), ("scan", "Lowmarsh", 4, "")),
        ((1, 0), ("scan", "Lowmarsh", 3, "entry")),
    ],
    ids=["seed", "replication", "purpose", "owner", "day", "part"],
)
def test_another_key_gives_other_numbers(luck: tuple[int, int], key: tuple[str, str, int, str]) -> None:
    purpose, owner, day, part = key
    first = Numbers(1, 0).uniform("scan", "Lowmarsh", 3, 100)
    other = Numbers(*luck).uniform(purpose, owner, day, 100, part)
    assert not np.intersect1d(first, other).size
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.4  # 4 standard errors of 100 pairs


def test_seed_and_replication_are_not_interchangeable() -> None:
    assert (Numbers(1, 2).uniform("scan", "here", 0, 9) != Numbers(2, 1).uniform("scan", "here", 0, 9)).all()


def test_every_purpose_has_a_code_of_its_own() -> None:
    assert len(set(CODES.values())) == len(PURPOSES)


def test_a_purpose_outside_the_table_is_refused() -> None:
    with pytest.raises(KeyError):
        Numbers(1, 0).uniform("luck of the moment", "Lowmarsh", 0, 1)


def test_a_block_that_grows_keeps_its_first_numbers() -> None:
    numbers = Numbers(1, 0)
    for size in (1, 2, 3, 4, 5, 63, 1000):
        long = numbers.uniform("offset", "Stonebridge", 4, 2000)
        assert (numbers.uniform("offset", "Stonebridge", 4, size) == long[:size]).all()


def test_compiled_streams_are_numpys_to_the_last_bit() -> None:
    rng = np.random.default_rng(1)
    sizes = np.array([*range(10), 1000, 4097, 0, 63])
    ends = np.concatenate([[0], np.cumsum(sizes)])
    places = np.stack([ends[:-1], ends[1:]], axis=1)
    edges = np.array([0, 1, 2**63 - 1, 2**63, 2**64 - 1], np.uint64)
    for trial in range(60):
        keys, words = (rng.integers(0, 2**64, size, np.uint64) for size in (2, (len(sizes), 2)))
        if trial % 2:
            keys, words = (rng.choice(edges, some.shape) for some in (keys, words))
        day = int(rng.choice([0, 1, 800, 2**40, 2**63 - 1]))
        plain, compiled = np.full((2, ends[-1]), np.nan)
        PlainStreams(keys).fill(plain, places, words, day)
        CompiledStreams(keys).fill(compiled, places, words, day)
        assert plain.tobytes() == compiled.tobytes()


def test_what_is_compiled_is_written_in_plain_python_too() -> None:
    key, seats = np.array([2**64 - 1, 7], np.uint64), np.array([[3, 2**64 - 9], [5, 6]], np.uint64)
    places = np.array([[0, 3], [5, 14]])
    plain, read = np.zeros((2, 14))
    PlainStreams(key).fill(plain, places, seats, 11)
    with np.errstate(over="ignore"):
        fill_blocks(read, places, seats, 11, key)
    assert plain.tobytes() == read.tobytes()
    assert not plain[3:5].any()


def test_compiled_numbers_are_the_same_by_key() -> None:
    blocks = (("Stonebridge", 3, ""), ("Lowmarsh", 0, ""), ("Lowmarsh", 9, "entry"))
    plain, compiled = Numbers(1, 0), Numbers(1, 0, compiled=True)
    assert (plain.uniforms("work", blocks, 4) == compiled.uniforms("work", blocks, 4)).all()
    alone = [plain.uniform("work", owner, 4, size, part) for owner, size, part in blocks]
    assert (np.concatenate(alone) == compiled.uniforms("work", blocks, 4)).all()


@pytest.mark.parametrize("law", LAWS)
def test_numbers_follow_their_law_within_a_day_and_across_days(law: str) -> None:
    draw = getattr(Numbers(20_240_101, 0), law)
    across = np.concatenate([draw("control", "Lowmarsh", day, 4, "entry") for day in range(5_000)])
    within = draw("control", "Lowmarsh", 0, 20_000, "entry")
    for sample in (within, across):
        assert stats.kstest(sample, LAWS[law].cdf).pvalue > 1e-3
    firsts = np.array([draw("control", "Lowmarsh", day, 1, "entry")[0] for day in range(5_000)])
    assert stats.kstest(firsts, LAWS[law].cdf).pvalue > 1e-3
    assert abs(np.corrcoef(firsts[:-1], firsts[1:])[0, 1]) < 0.1


@pytest.fixture(scope="module")
def noted() -> type[NotedNumbers]:
    # strong examinations everywhere, so that findings, seizures, records and fronts draw their numbers too
    settings = settings_of(
        "world.corruption=true",
        "scenario=combined",
        "length.window_days=10",
        "world.channel_policy=blanket",
        "assumptions.consignments.prohibited_share=0.1",
        "assumptions.examination.dose_per_min=1",
        "assumptions.intelligence.lead_p_per_front_day=0.2",
    )
    simulate(settings, NotedNumbers)
    return NotedNumbers


def test_a_whole_run_never_seats_two_keys_in_one_stream(noted: type[NotedNumbers]) -> None:
    assert len(noted.seats) > 2_000
    assert [keys for keys in noted.seats.values() if len(keys) > 1] == []


def test_a_whole_run_uses_most_of_the_table_of_purposes(noted: type[NotedNumbers]) -> None:
    used = {key[0] for key in noted.keys}
    assert used <= set(PURPOSES)
    elsewhere = {"blind_prohibited", "outcome", "patrol", "replaced", "trader_broker", "lead_wrong", "diverted"}
    elsewhere |= {"officer_bought", "aeo_reckons", "pooled"}
    along_corridors = {"onward", "through", "drive"}
    assert set(PURPOSES) - used <= elsewhere | along_corridors


def test_no_journey_trader_or_trip_of_a_day_draws_the_same_numbers_twice(noted: type[NotedNumbers]) -> None:
    """A key that is read again by position (a seat, a front, a record's place in the post) may return; no other may."""
    by_position = {"skill", "pace", "integrity", "front", "match"}
    first_choice = {("post_choice", 0)}  # where a trader starts, and whether it stays there on the first day
    twice = {key for key, times in noted.keys.items() if times > 1 and (key[0], key[2]) not in first_choice}
    assert {key[0] for key in twice} - by_position == set()
