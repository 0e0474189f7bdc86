"""Customs regimes: each lorry takes its own regime's stages, shared desks are one queue, banks keep their hours."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from experiments.compose import compose
from experiments.reporting import regimes_of
from sim.admission import outcomes_to
from sim.closing import Closed
from sim.consignments.numbers import Numbers
from sim.consignments.potential import Demand
from sim.measures.registry import base_mechanisms, changes_today, planned
from sim.model import BorderModel
from sim.settings.errors import SettingsError
from sim.settings.run import RunSettings, Scenario
from sim.settings.world import REGIMES
from sim.world.build import build_world
from sim.world.world import DAY_MS, World

DAYS = 7
WORDS = ("world=northern_corridor", "length=smoke", "engine=simpy")
SATURDAY, SUNDAY = 5, 6


@cache
def settings_of(*words: str) -> RunSettings:
    return compose("run", [*WORDS, *words]).settings


@cache
def world_of(*words: str) -> World:
    settings = settings_of(*words)
    return build_world(settings.world_name, settings.world, settings.assumptions)


class Kept(BorderModel):
    """The model, keeping its finished legs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.closed_legs: list[Closed] = []

    def _take(self, closed: Closed, *today: Any) -> None:
        self.closed_legs.append(closed)
        super()._take(closed, *today)


@pytest.fixture(scope="module")
def week() -> Kept:
    """A week of the corridor, every start of service noted."""
    settings, world, numbers = settings_of(), world_of(), Numbers(1, 0)
    demand = Demand(world, numbers, 1)
    model = Kept(world, settings, settings.scenarios["baseline"], demand.traders, numbers, log=1_000_000)
    for day in range(DAYS):
        model.advance(demand.day(day))
    return model


def test_every_lorry_passes_stages_of_its_own_regime_only(week: Kept) -> None:
    world, names = week.world, [stage.name for stage in week.world.entry_stages]
    seen = np.zeros((len(REGIMES), len(names)))
    for closed in week.closed_legs:
        regime = closed.batch.potential.regime[closed.position]
        np.add.at(seen, regime, closed.rows.work_ms + closed.rows.critical_ms > 0)
    for number in range(len(REGIMES)):
        own = {s.name for s in world.entry_processes[world.posts[0].processes[number]].stages}
        passed = {name for name, count in zip(names, seen[number], strict=True) if count}
        assert passed <= own
        assert "gate" in passed
    assert seen[REGIMES.index("transit"), names.index("seal_check")] > 0
    assert seen[REGIMES.index("sct"), names.index("examination")] < seen[0, names.index("examination")]
    assert not seen[REGIMES.index("empty"), [names.index(name) for name in ("prepare", "bank", "funds_wait")]].any()


def test_shares_of_regimes_are_those_of_the_post(week: Kept) -> None:
    world = week.world
    post = [p.name for p in world.posts].index("Malaba to Uganda")
    journeys = [c.batch.potential for c in week.closed_legs]
    regime = np.concatenate([j.regime[j.home == post] for j in {id(j): j for j in journeys}.values()])
    counted = np.bincount(regime, minlength=len(REGIMES)) / len(regime)
    assert counted == pytest.approx(np.array(world.posts[post].regime_shares), abs=0.02)
    assert sum(world.posts[post].regime_shares) == pytest.approx(1)


def test_counters_of_a_bank_serve_in_its_hours_and_payments_wait_for_them(week: Kept) -> None:
    names = week.plan.station_names
    bank = [(at, waiting) for at, station, _, _, waiting in week.engine.log if names[station].endswith("/bank")]
    assert len(bank) > 100
    weekday = np.array([week.world.weekday(at // DAY_MS) for at, _ in bank])
    hour = np.array([at % DAY_MS for at, _ in bank]) / 3_600_000
    assert (weekday != SUNDAY).all()
    assert (hour >= 8.5).all()
    assert (hour[weekday < SATURDAY] < 16.5).all()
    assert (hour[weekday == SATURDAY] < 12.5).all()
    opening = (hour < 8.75).mean()
    assert opening > 3 * 0.25 / 8  # what came in the night is served first thing in the morning
    gates = [at for at, station, _, _, _ in week.engine.log if names[station].endswith("/gate")]
    assert {week.world.weekday(at // DAY_MS) for at in gates} == set(range(7))


def test_no_trader_sends_a_lorry_to_another_country(week: Kept) -> None:
    link = np.array([[p.exit_country, p.entry_country] for p in week.world.posts])
    moved = 0
    for closed in week.closed_legs:
        home, post = closed.batch.potential.home, closed.batch.post
        assert (link[home] == link[post]).all()
        moved += int((home != post).sum())
    assert moved > 0


def test_a_desk_that_several_regimes_use_is_one_station_and_one_queue() -> None:
    from sim.posts.process import compile_processes

    world = world_of()
    plan = compile_processes(world)
    post = [p.name for p in world.posts].index("Malaba to Uganda")
    gates = [
        plan.network.node.station[side.first_node + [s.name for s in side.process.stages].index("gate")]
        for (at, _), side in plan.entries.items()
        if at == post
    ]
    assert len(gates) == 3
    assert len(set(gates)) == 1


def test_what_is_in_force_is_the_share_of_its_outcome_and_raising_it_moves_that_share_alone() -> None:
    world = world_of()
    base = base_mechanisms(world, ())
    seal = next(lot for lot in world.outcome_shares if lot.stage == "seal")
    assert outcomes_to(seal, base) == pytest.approx([0.5])
    better = Scenario.model_validate({"title": "x", "measures": [{"measure": "cargo_seals", "raise_to": 0.9}]})
    assert changes_today(planned(better, world), world, {}, -1) == []
    (change,) = changes_today(planned(better, world), world, {}, 0)
    assert (change.parameter, change.who, change.value) == ("process.share", "seal.electronic", 0.9)
    for intensity, value in ((0.0, 0.5), (0.5, 0.7), (1.0, 0.9)):
        chosen = {"measure": "cargo_seals", "raise_to": 0.9, "intensity": intensity}
        scenario = Scenario.model_validate({"title": "x", "measures": [chosen]})
        (change,) = changes_today(planned(scenario, world), world, {}, 0)
        assert change.value == pytest.approx(value, abs=1e-12)
    raised = base | {("process.share", "seal.electronic"): 0.9}
    assert outcomes_to(seal, raised) == pytest.approx([0.9])
    assert [outcomes_to(lot, raised).tolist() for lot in world.outcome_shares if lot is not seal] == [
        outcomes_to(lot, base).tolist() for lot in world.outcome_shares if lot is not seal
    ]


def test_a_scenario_that_raises_what_is_in_force_runs_and_says_so(week: Kept) -> None:
    words = ("scenario=training", "scenarios.training.measures=[{measure: cargo_seals, raise_to: 0.9}]")
    settings, numbers = settings_of(*words), Numbers(1, 0)
    demand = Demand(week.world, numbers, 1)
    model = Kept(week.world, settings, settings.scenarios["training"], demand.traders, numbers)
    for day in range(settings.length.policy_day + 1):
        model.advance(demand.day(day))
    (row,) = model.mechanism_rows()
    assert (row["measure"], row["who"], row["before"], row["after"]) == ("cargo_seals", "seal.electronic", 0.5, 0.9)


@cache
def minutes_with(outcome: str, share: float) -> dict[str, float]:
    """Minutes of work by stage over three days of the corridor, today's officers, one share of outcomes changed.

    And mean thoroughness of examinations: hours of overwork take back the minutes that hurry saves.
    """
    settings, world, numbers = settings_of(), world_of(), Numbers(1, 0)
    demand = Demand(world, numbers, 1)
    model = Kept(world, settings, settings.scenarios["baseline"], demand.traders, numbers)
    assert ("process.share", outcome) in model.base
    model.base["process.share", outcome] = share
    for day in range(3):
        model.advance(demand.day(day))
    total = np.sum([c.rows.work_ms.sum(axis=0) for c in model.closed_legs], axis=0) / 60_000
    minutes = dict(zip([stage.name for stage in world.entry_stages], total.tolist(), strict=True))
    done = np.concatenate([c.rows["thoroughness"][c.rows["exam_unit"] >= 0] for c in model.closed_legs])
    return minutes | {"thoroughness": float(done.mean())}


@pytest.mark.parametrize(
    ("outcome", "less", "more", "other"),
    [
        ("seal.electronic", "seal_check", "seal_read", "prepare"),
        ("payment.electronic", "bank", None, "seal_check"),
        ("agency_way.delegated", "agency", "delegated_check", "bank"),
        ("joint.jointly", "examination", "joint_examination", "bank"),
        ("guarantee.regional", "bond", None, "gate"),
        ("one_stop.together", "second_desk", None, "bank"),
    ],
)
def test_a_share_moves_work_from_one_desk_to_another_and_no_other(
    outcome: str, less: str, more: str | None, other: str
) -> None:
    none, all_ = minutes_with(outcome, 0.0), minutes_with(outcome, 1.0)
    assert all_[less] < 0.95 * none[less]
    if more is not None:
        assert all_[more] > 2 * none[more]  # nil but for joint examinations in Rwanda, where all are
    assert all_[other] == pytest.approx(none[other], rel=0.05)


def test_a_delegated_check_is_paid_for_by_the_queue_of_those_customs_examines() -> None:
    """The perverse effect: the agency's time is saved, the inspectors' is spent."""
    none, all_ = minutes_with("agency_way.delegated", 0.0), minutes_with("agency_way.delegated", 1.0)
    assert all_["agency"] == 0
    assert all_["delegated_check"] > 0.5 * none["agency"]
    assert all_["thoroughness"] < none["thoroughness"]  # a longer queue, less thorough work
    assert all_["examination"] < 0.97 * none["examination"]


def test_countries_differ_in_when_they_are_paid_and_when_agencies_see_the_goods() -> None:
    world = world_of()
    home = {
        country.key: world.entry_processes[post.processes[0]]
        for post in world.posts
        for country in [world.countries[post.entry_country]]
    }
    order = {key: [stage.name for stage in process.stages] for key, process in home.items()}
    assert len({process.title for process in home.values()}) == 4
    for key, names in order.items():
        assert (names.index("document_check") < names.index("bank")) == (key == "KEN")
        assert (names.index("agency") < names.index("papers")) == (key == "TZA")
        assert ("joint" in names) == (key in ("KEN", "UGA"))


def test_where_duty_is_paid_first_papers_are_read_after_the_bank_and_in_kenya_before(week: Kept) -> None:
    """The price of paying first: money is waited for before any question is asked."""
    names = week.plan.station_names
    first: dict[str, dict[int, int]] = {"bank": {}, "document_check": {}}
    for at, station, leg, _, _ in week.engine.log:
        stage = names[station].rpartition("/")[2]
        if stage in first:
            first[stage].setdefault(leg, at)
    both = first["bank"].keys() & first["document_check"].keys()
    keys = np.array([week.world.countries[post.entry_country].key for post in week.world.posts])
    entry: dict[int, str] = {}
    for closed in week.closed_legs:
        home = closed.batch.potential.regime[closed.position] == 0
        entry |= dict(zip(closed.rows.id[home].tolist(), keys[closed.batch.post[closed.position]][home], strict=True))
    for country, paid_first in (("UGA", True), ("KEN", False)):
        legs = [leg for leg in both if entry.get(leg) == country]
        assert len(legs) > 20
        assert all((first["bank"][leg] < first["document_check"][leg]) == paid_first for leg in legs)


def refusal(*words: str, world: str = "northern_corridor") -> str:
    def built() -> World:
        settings = compose("run", [f"world={world}", *words]).settings
        return build_world(world, settings.world, settings.assumptions)

    with pytest.raises(SettingsError) as caught:
        built()
    assert "\n" not in str(caught.value)
    return str(caught.value)


MEASURES = "scenarios.training.measures="


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("~world.regime_processes.transit", "~world.same_process.export"),
            "world.posts.Busia to Kenya.regime_shares.export: 0.3: KEN has no process for the regime export; choose one as",
        ),
        (
            ("world.posts.Rusumo to Rwanda.brokers=0",),
            "world.posts.Rusumo to Rwanda.brokers: 0: stage prepare of process Home use, one declaration for all agencies, "
            "examined together is a broker's work; give 1 or more, or the regime a process without it",
        ),
        (("world.regime_shares.sct=0.8",), "regime_shares: 1.05: shares of loaded lorries must sum to 1 or less"),
        (("world.shares.payment.deferred=0.7",), "world.shares.payment: 1.2: parts of one whole must sum to 1 or less"),
        (("+world.shares.seal.electronic=0.7",), "world.shares.seal.electronic: is the effectiveness of cargo_seals, in"),
        (("+world.shares.seals.electronic=0.7",), "world.shares.seals: no process has such a choice; did you mean seal or sct"),
        (("+world.shares.escort.convoys=0.7",), "world.shares.escort: convoys is no outcome; did you mean convoy?"),
        (("~world.shares.escort",), "world.shares.escort: give shares to all of convoy, free but one, which gets the rest"),
        (
            ("world.regime_processes.transit.stages.notice.responsible=bank",),
            "responsible of stage notice differs from that in Single customs territory",
        ),
        (
            ("process@world.entry_process=asycuda",),
            "world: regime_processes.sct.stages.funds: is given by name and entry_process, which has prepare,",
        ),
        (
            ("scenario=training", MEASURES + "[{measure: cargo_seals}]"),
            "scenarios.training.measures.cargo_seals: 1: is in force in northern_corridor since 2017 with effectiveness 0.5 and "
            "cannot be added; give raise_to above 0.5, or remove it",
        ),
        (
            ("scenario=training", MEASURES + "[{measure: cargo_seals, raise_to: 0.4}]"),
            "scenarios.training.measures.cargo_seals.raise_to: 0.4: is in force in northern_corridor since 2017 with effectiveness "
            "0.5; give more than 0.5",
        ),
        (
            ("scenario=training", MEASURES + "[{measure: training, raise_to: 0.4}]"),
            "raise_to: 0.4: is not in force in northern_corridor, so there is nothing to raise; give intensity instead",
        ),
        (
            ("scenario=training", MEASURES + "[{measure: cargo_seal, raise_to: 0.9}]"),
            "scenarios.training: cargo_seal: is not a measure; did you mean cargo_seals?",
        ),
        (
            ("scenario=training", MEASURES + "[{measure: operator_scheme}]"),
            "cannot be added; its numbers are the world's, or remove it",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_one_line(words: tuple[str, ...], said: str) -> None:
    assert said in refusal(*words)


def test_a_post_of_empty_lorries_needs_no_process_for_other_regimes() -> None:
    words = (
        "~world.posts.Rusumo to Tanzania.regime_shares",
        "world.regime_shares={}",
        "world.posts.Rusumo to Tanzania.empty_share=1",
        "world.corridors={}",
    )
    world = world_of(*words)
    post = next(p for p in world.posts if p.name == "Rusumo to Tanzania")
    assert post.regime_shares == (0.0, 0.0, 0.0, 0.0, 1.0)


def test_a_regime_that_is_cleared_as_another_says_so() -> None:
    settings = compose("compare", ["world=northern_corridor_counterfactual"]).settings
    world = build_world(settings.world_name, settings.world, settings.assumptions)
    assert "single customs territory (cleared as goods for home use)" in regimes_of(settings, world)
