"""Corridors: lorries that cross one post after the other, what they bring with them, and what stops them."""

from functools import cache

import numpy as np
import pytest
from corridor_world import DRIVE, LONG_WAY, Lived, Settings, chain, live, metered, settings_of, world_of

from experiments.compose import compose
from experiments.verify.ledgers import run_days
from sim.consignments.numbers import Numbers
from sim.consignments.potential import Demand, PotentialDay
from sim.consignments.through import Through
from sim.indicators import INDICATORS, indicator_rows
from sim.posts.process import ENTRY, EXIT
from sim.posts.rules import RELEASED, SEIZED, STOPPED_BEFORE
from sim.replication import replicate_once
from sim.settings.errors import SettingsError
from sim.settings.world import REGIMES
from sim.world.world import DAY_MS

HOUR_MS = 3_600_000.0
DAYS = 12
SEIZING = {"examination": {"dose_per_min": 1.0}, "consignments": {"prohibited_share": 0.2}}


def potential(day: int = 2, **changes: object) -> PotentialDay:
    settings = settings_of(chain(**changes))
    return Demand(world_of(settings), Numbers(1, 0), 1).day(day)


def through(day: PotentialDay) -> Through:
    assert day.through is not None
    return day.through


@cache
def lived() -> Lived:
    return live(settings_of(chain(), days=DAYS))


# -- what is drawn ---------------------------------------------------------------------------------------------------


def test_a_corridor_takes_journeys_that_its_posts_have_anyway() -> None:
    with_it, without = potential(), potential(corridors={})
    moved = np.isin(np.arange(len(with_it)), np.concatenate([drive.after for drive in through(with_it).drives]))
    assert moved.sum() > 20
    assert np.array_equal(with_it.journey, without.journey)
    assert all(np.array_equal(with_it.u[name], without.u[name]) for name in without.u)
    assert np.array_equal(with_it.home, without.home)
    assert np.array_equal(with_it.regime, without.regime)
    assert np.array_equal(with_it.departs_ms[~moved], without.departs_ms[~moved])
    assert (with_it.departs_ms[moved] != without.departs_ms[moved]).all()


def test_a_lorry_keeps_regime_and_load_and_owes_duty_at_its_last_post_alone() -> None:
    day = potential(regime_shares={"sct": 0.5}, same_process={"sct": "home_use"}, corridors={"x": sct_way()})
    for drive in through(day).drives:
        assert (day.regime[drive.before] == day.regime[drive.after]).all()
        assert (day.value_usd[drive.before] == day.value_usd[drive.after]).all()
        assert (day.features[drive.before] == day.features[drive.after]).all()
        assert (day.duty_usd[drive.before] == 0).all()
        assert not day.dutiable[drive.before].any()
    last = through(day).trip >= 0
    assert day.dutiable[last].all()
    assert day.duty_usd[last].sum() > 0


def sct_way() -> Settings:
    return LONG_WAY | {"regimes": ["sct"]}


def test_lorries_that_never_change_post_are_taken_first() -> None:
    day = potential()
    without = potential(corridors={})
    taken = np.flatnonzero(through(day).goes_on | (through(day).before >= 0))
    assert day.captive[taken].all()
    assert (day.captive != without.captive).sum() < 0.2 * len(taken)


def test_the_stated_share_of_lorries_under_the_stated_regimes_goes_the_whole_way() -> None:
    settings = settings_of(chain())
    demand, world = Demand(world_of(settings), Numbers(1, 0), 1), world_of(settings)
    names = [post.name for post in world.posts]
    long_way = [corridor.name for corridor in world.corridors].index("The long way")
    told, whole = 0, 0
    for day in map(demand.day, range(80)):
        under = np.isin(day.regime, [REGIMES.index("transit"), REGIMES.index("empty")])
        told += int((under & (day.home == names.index("Highgate"))).sum())
        whole += int((through(day).corridor == long_way).sum())
        ends = np.flatnonzero(through(day).trip >= 0)
        assert set(day.regime[ends]) <= {REGIMES.index("transit"), REGIMES.index("empty")}
    assert whole / told == pytest.approx(0.6, abs=0.04)


def test_a_further_trader_s_journeys_take_no_part() -> None:
    more = potential(traders={"newcomer": {"home": "Farbridge", "journeys_per_day": 40}})
    alone = potential()
    own = len(alone)
    assert len(more) > own + 20
    assert np.array_equal(more.departs_ms[:own], alone.departs_ms)
    assert (through(more).before[own:] == -1).all()
    assert not through(more).goes_on[own:].any()


# -- the way ---------------------------------------------------------------------------------------------------------


def test_a_lorry_reaches_the_next_post_once_released_picked_up_and_driven() -> None:
    run = lived()
    reached = 0
    for before, after, way_ms in run.drives():
        if (after << 1) + EXIT in run.moments and run.leg(after, EXIT)[2] != STOPPED_BEFORE:
            assert run.leg(after, EXIT)[0] == run.leg(before, ENTRY)[1] + way_ms
            reached += 1
    assert reached > 150


def test_every_lorry_released_at_a_post_arrives_at_the_next_unless_it_is_still_on_its_way() -> None:
    run, end_ms = lived(), DAYS * DAY_MS
    live_ids, arrived = run.model.engine.standing()
    there = dict(zip(live_ids.tolist(), arrived.tolist(), strict=True))
    on_the_road = 0
    for before, after, way_ms in run.drives():
        released = run.moments.get((before << 1) + ENTRY)
        if released is None or released[2] in (SEIZED, STOPPED_BEFORE):
            continue
        key = (after << 1) + EXIT
        arrived_ms = run.moments[key][0] if key in run.moments else there.get(key)
        if released[1] + way_ms < end_ms:
            assert arrived_ms == released[1] + way_ms
        else:
            assert arrived_ms is None
            on_the_road += 1
    assert on_the_road > 0


def test_as_many_lorries_come_to_a_later_post_a_day_as_without_corridors() -> None:
    def a_day(**changes: object) -> float:
        run = live(settings_of(chain(**changes), days=40))
        first = {int(j): int(p) for day in run.potentials for j, p in zip(day.journey, day.home, strict=True)}
        names = [post.name for post in run.model.world.posts]
        arrived = [
            m[0] for leg, m in run.moments.items() if leg & 1 == EXIT and first[leg >> 1] == names.index("Highgate")
        ]
        return sum(6 * DAY_MS <= ms < 38 * DAY_MS for ms in arrived) / 32

    assert a_day() == pytest.approx(a_day(corridors={}), rel=0.06)


def test_a_lorry_seized_at_the_first_post_reaches_none_of_the_others() -> None:
    run = live(settings_of(chain(channel_policy="blanket"), days=20, **SEIZING))
    stopped = 0
    for day in run.potentials:
        for drive in through(day).drives:
            for before, after in zip(
                day.journey[drive.before].tolist(), day.journey[drive.after].tolist(), strict=True
            ):
                fates = [
                    run.moments[leg][2] for leg in ((before << 1) + EXIT, (before << 1) + ENTRY) if leg in run.moments
                ]
                if SEIZED not in fates and fates[:1] != [STOPPED_BEFORE]:
                    continue
                for side in (EXIT, ENTRY):
                    later = run.moments.get((after << 1) + side)
                    if later is not None:  # papers may still be under way
                        assert later[0] == -1
                        assert later[2] == STOPPED_BEFORE
                        stopped += 1
    assert stopped > 10


def test_a_delay_at_the_first_post_is_a_delay_at_the_next_to_the_tick() -> None:
    world = chain()
    slow = chain(entry_process=slower(world["entry_process"], "gate", 60.0))
    quick, late = lived(), live(settings_of(slow, days=DAYS))
    compared = 0
    for before, after, _ in quick.drives():
        keys = [(before << 1) + ENTRY, (after << 1) + EXIT]
        if all(key in run.moments for run in (quick, late) for key in keys):
            released, arrived = (
                [run.moments[key][k] for run in (quick, late)] for key, k in zip(keys, (1, 0), strict=True)
            )
            if min(arrived) >= 0:
                assert arrived[1] - arrived[0] == released[1] - released[0]
                compared += 1
    assert compared > 100
    assert corridor_mean_h(late, "The long way") > corridor_mean_h(quick, "The long way") + 1


def slower(process: Settings, stage: str, minutes: float) -> Settings:
    stages = [
        s | {"service": {"law": "fixed", "mean_min": minutes, "sigma": 0.0}} if s["name"] == stage else s
        for s in process["stages"]
    ]
    return process | {"stages": stages}


def corridor_mean_h(run: Lived, name: str, indicator: str = "corridor_time_h") -> float:
    fact = run.model.ledger.facts[indicator, f"corridor={name}"]
    return float(fact.numerator.sum() / fact.denominator.sum())


def test_easing_the_first_post_bunches_arrivals_at_the_second_and_lengthens_its_queue() -> None:
    """The perverse effect: a slow post meters its traffic; once quick, all of the morning's lorries come on at once."""
    tight, eased = (live(metered(booths)) for booths in (1, 12))
    assert clearance_h(eased, "Malaba to Uganda") < clearance_h(tight, "Malaba to Uganda") - 1
    assert busiest_hour(eased) > 1.5 * busiest_hour(tight)
    assert clearance_h(eased, "Katuna to Rwanda") > 1.5 * clearance_h(tight, "Katuna to Rwanda")


def clearance_h(run: Lived, post: str) -> float:
    fact = run.model.ledger.facts["clearance_mean_h", f"post={post}"]
    return float(fact.numerator.sum() / fact.denominator.sum())


def busiest_hour(run: Lived) -> float:
    """Lorries a day in the busiest hour of the day at the second post of the way."""
    after = {journey for _, journey, _ in run.drives()}
    arrived = [m[0] for leg, m in run.moments.items() if leg >> 1 in after]
    hours = np.bincount((np.array(arrived) // int(HOUR_MS)) % 24, minlength=24)
    return float(hours.max() / len(run.potentials))


# -- what is told ----------------------------------------------------------------------------------------------------


def test_corridor_time_runs_from_the_first_arrival_to_leaving_the_last_post() -> None:
    run = lived()
    took, drove = {}, {}
    for day in run.potentials:
        for end in np.flatnonzero(through(day).trip >= 0):
            key = (int(day.journey[end]) << 1) + ENTRY
            trip = through(day).trip[end]
            if key in run.moments and run.moments[key][2] not in (SEIZED, STOPPED_BEFORE):
                name = run.model.world.corridors[through(day).corridor[trip]].name
                left = run.moments[key][1] + int(day.pickup_ms[end])
                took.setdefault(name, []).append(left - int(day.departs_ms[through(day).first[end]]))
                drove.setdefault(name, []).append(int(through(day).drive_ms[trip]))
    assert took.keys() == {"The long way", "A short way"}
    for name, ms in took.items():
        fact = run.model.ledger.facts["corridor_time_h", f"corridor={name}"]
        assert fact.denominator.sum() == len(ms) > 20
        assert fact.numerator.sum() == pytest.approx(np.minimum(ms, 360 * HOUR_MS).sum() / HOUR_MS)
        assert corridor_mean_h(run, name, "corridor_drive_h") == pytest.approx(np.mean(drove[name]) / HOUR_MS)
        posts = {"The long way": 3, "A short way": 2}[name]
        assert np.mean(drove[name]) / HOUR_MS == pytest.approx(10 * (posts - 1), rel=0.1)


def test_mean_p90_drive_and_number_stand_in_the_tables_by_corridor() -> None:
    run = lived()
    group = "corridor=The long way"
    rows = {
        r["indicator"]: r
        for r in indicator_rows(run.model.ledger)
        if r["group"] == group and r["period"] == "transition"
    }
    assert rows.keys() == {"corridor_time_h", "corridor_p90_h", "corridor_drive_h", "corridor_journeys"}
    assert all(INDICATORS[name].observable for name in rows)
    mean = rows["corridor_time_h"]["numerator"] / rows["corridor_time_h"]["denominator"]
    assert mean < rows["corridor_p90_h"]["numerator"] < 4 * mean
    assert rows["corridor_journeys"]["numerator"] == rows["corridor_time_h"]["denominator"]


def test_a_lorry_that_goes_on_counts_once_in_times_from_door_to_door() -> None:
    run = lived()
    ends = run.model.ledger.facts["corridor_time_h", "all"].denominator.sum()
    legs = run.model.ledger.facts["arrival_to_exit_mean_h", "all"].denominator.sum()
    assert 0 < ends < 0.95 * legs


def test_a_lorry_can_be_followed_from_post_to_post() -> None:
    run = live(settings_of(chain(), days=4).model_copy(update={"legs": True}))
    assert run.model.journal is not None
    legs = run.model.journal.table()
    entry = legs[legs["side"] == "entry"].set_index("journey")
    follows = entry["follows"].dropna().astype("int64")
    assert len(follows) > 5
    assert {journey for _, journey, _ in run.drives()} >= set(follows.index)
    known = follows[follows.isin(entry.index)]
    assert (entry.loc[known.index, "arrived_ms"].to_numpy() > entry.loc[known, "released_ms"].to_numpy()).all()


# -- engines ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tick_ms", [1, 60_000])
def test_engines_agree_to_the_bit_along_corridors_and_in_seizures(tick_ms: int) -> None:
    settings = settings_of(chain(channel_policy="blanket"), **SEIZING).model_copy(update={"tick_ms": tick_ms})
    runs = [run_days(settings, engine, 6) for engine in ("oracle", "simpy", "loop")]
    assert runs[0].legs > 1000
    assert runs[0] == runs[1] == runs[2]


def test_a_whole_comparison_agrees_and_a_measure_of_no_strength_moves_no_bit() -> None:
    scenarios = compose(
        "compare", ["world=two_countries", "scenarios=[baseline,idle,standardisation]"]
    ).settings.scenarios
    settings = settings_of(chain(), days=6).model_copy(update={"scenarios": scenarios, "replications": 1})
    arrays, journeys = (replicate_once(settings.model_copy(update={"engine": e}), 0) for e in ("oracle", "simpy"))
    assert repr(arrays.indicators) == repr(journeys.indicators)
    by_scenario = {
        name: [repr(row | {"scenario": ""}) for row in arrays.indicators if row["scenario"] == name]
        for name in scenarios
    }
    assert by_scenario["idle"] == by_scenario["baseline"] != by_scenario["standardisation"]


def test_the_order_of_corridors_moves_no_bit() -> None:
    world = chain()
    other = world | {"corridors": dict(reversed(world["corridors"].items()))}
    assert run_days(settings_of(world), "oracle", 4) == run_days(settings_of(other), "oracle", 4)


# -- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("way", "line"),
    [
        (
            {"posts": ["Stonebridge", "Farbrige"]},
            "world.corridors.x.posts: Farbrige is no post of this world; did you mean Farbridge or Stonebridge?",
        ),
        ({"posts": ["Stonebridge"]}, "world.corridors.x.posts: Stonebridge: a corridor crosses two posts or more; add"),
        (
            {"posts": ["Stonebridge", "Highgate"]},
            "world.corridors.x.posts: Stonebridge leads into BER and Highgate leaves CAR; a corridor goes on from the "
            "country it has entered: take one of Back, Farbridge",
        ),
        (
            {"posts": ["Stonebridge", "Back"]},
            "world.corridors.x.posts: Back leads back into ALD; a corridor enters no country twice: end it before",
        ),
        (
            {"regimes": []},
            "world.corridors.x.regimes: none: somebody must go the whole way; give one or more of sct, transit, ",
        ),
        ({"share_of": "Back"}, "world.corridors.x.share_of: Back is no post of this corridor; "),
        ({"drives": []}, "world.corridors.x.drives: 0 for 2 posts; give one between any two posts, 1 in all"),
        (
            {"share": 0.9},
            "world.corridors.x.share: 0.9: sends 18.9 lorries a day under transit through Farbridge, which sees 7.0 that "
            "no corridor before it takes; give 0.333 or less, or leave transit out of its regimes",
        ),
    ],
)
def test_a_corridor_that_cannot_be_is_refused(way: Settings, line: str) -> None:
    world = chain()
    back = world["posts"]["Stonebridge"] | {"exit_country": "BER", "entry_country": "ALD"}
    small = world["posts"]["Farbridge"] | {"journeys_per_day": 20.0}
    good = {"posts": ["Stonebridge", "Farbridge"], "regimes": ["transit"], "share": 0.1, "drives": [DRIVE]}
    world |= {"posts": world["posts"] | {"Back": back, "Farbridge": small}, "corridors": {"x": good | way}}
    with pytest.raises(SettingsError) as caught:
        world_of(settings_of(world))
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)


def test_corridors_together_may_not_take_more_than_there_is() -> None:
    good = {"posts": ["Stonebridge", "Farbridge"], "regimes": ["transit"], "share": 0.6, "drives": [DRIVE]}
    with pytest.raises(SettingsError, match=r"^world\.corridors\.b\.share: 0\.6: .* give 0\.4 or less"):
        world_of(settings_of(chain(corridors={"a": good, "b": good})))


@pytest.mark.parametrize(
    ("word", "line"),
    [
        (
            "world.corridors.'Mombasa to Kigali'.regimes=[home_use]",
            "home_use: must be 'sct', 'transit', 'export' or 'empty'",
        ),
        ("world.corridors.'Mombasa to Kigali'.share=1.5", "is a share or a probability and must be 1 or less"),
    ],
)
def test_on_the_command_line_too(word: str, line: str) -> None:
    with pytest.raises(SettingsError) as caught:
        compose("run", ["world=northern_corridor", word.replace("'", "")])
    assert line in str(caught.value)


def test_the_shipped_corridors_say_where_their_numbers_come_from() -> None:
    raw = compose("run", ["world=northern_corridor"]).raw["world"]["corridors"]
    assert len(raw) == 3
    for corridor in raw.values():
        for row in (corridor["share"], *(drive["mean_min"] for drive in corridor["drives"])):
            assert row["low"] < row["centre"] < row["high"]
            assert row["unit"]
            assert row["source"]


def test_most_lorries_that_get_through_are_released() -> None:
    run = lived()
    ends = [m[2] for m in run.moments.values()]
    assert ends.count(RELEASED) > 0.8 * len(ends)
