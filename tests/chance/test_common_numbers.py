"""Scenarios share their past and their lorries; replications and seeds do not; workers make no difference."""

from functools import cache
from operator import itemgetter

import numpy as np
import pytest
from chance_runs import Run, bits, models_of, moved, rows_of, same, settings_of, simulate, with_assumptions, with_world

from experiments.folders import shipped_configs
from experiments.launch import launched, pool_of
from sim.consignments.numbers import Numbers
from sim.consignments.potential import PotentialDay
from sim.ledger import Ledger
from sim.replication import replicate_once
from sim.settings.run import RunSettings, Scenario

SHIPPED = sorted(file.stem for file in (shipped_configs() / "scenario").glob("*.yaml"))
ACTIVE = [name for name in SHIPPED if name not in ("baseline", "idle")]


# -- same seed, same rows ---------------------------------------------------------------------------------------


def test_the_same_seed_and_replication_give_the_same_rows() -> None:
    settings = settings_of("scenario=combined")
    assert moved(rows_of(settings, replication=3), rows_of(settings, replication=3)) == []


def test_another_replication_gives_other_rows() -> None:
    settings = settings_of()
    changed = moved(rows_of(settings, replication=0), rows_of(settings, replication=1))
    assert {"indicator='clearance_mean_h'", "indicator='journeys_per_day'"} <= set(changed)


def test_another_seed_gives_other_rows() -> None:
    changed = moved(rows_of(settings_of("seed=1")), rows_of(settings_of("seed=2")))
    assert {"indicator='clearance_mean_h'", "indicator='journeys_per_day'"} <= set(changed)


def test_a_scenario_gives_the_same_rows_alone_and_in_company() -> None:
    alone = rows_of(settings_of("scenario=training"))
    company = simulate(settings_of("scenarios=[baseline,data_sharing,training]", command="compare"))
    assert moved(company[2].rows, alone) == []


def test_replications_in_processes_of_their_own_equal_those_in_sequence() -> None:
    """Worker processes have a hash seed of their own too, so an order taken from a set of names would show."""

    def results(workers: int) -> list[object]:
        settings = settings_of("replications=2", f"workers={workers}", "scenario=combined", "length.window_days=3")
        with pool_of(settings.launcher, workers) as pool:
            done = [
                r
                for _, r in sorted(
                    launched(replicate_once, [(n, (settings, n)) for n in range(2)], pool), key=itemgetter(0)
                )
            ]
        results = [r for r in done if not isinstance(r, Exception)]
        return [(r.replication, bits(r.indicators), [repr(row) for row in r.daily], r.legs) for r in results]

    sequential, parallel = results(1), results(2)
    assert sequential == parallel
    assert sequential[0] != sequential[1]


# -- the common past --------------------------------------------------------------------------------------------


SET_UP = ("cost_public_setup_usd", "cost_donor_usd")


def facts(ledger: Ledger) -> dict[tuple[str, str], tuple[bytes, bytes]]:
    """Everything a ledger holds, to the last bit, but set-up: of later measures it is due from the policy day."""
    held = {key: fact for key, fact in ledger.facts.items() if key[0] not in SET_UP}
    return {key: (f.numerator.tobytes(), f.denominator.tobytes()) for key, f in held.items()}


@cache
def first_day_apart(policy_day: int, from_day: int) -> dict[str, int | None]:
    """Per shipped scenario, the first day whose closing ledger differs from the baseline's."""
    words = [f"length.burn_in_days={policy_day}", "length.window_days=5", "length.cool_down_days=0"]
    words += [f"assumptions.measures.training_{x}=1" for x in ("share", "per_week")]  # so that some go on the first day
    words += [f"assumptions.{form}.{x}=1" for form in ("seminar", "mentoring") for x in ("share", "per_week")]
    words += ["assumptions.online_course.per_week=1", "assumptions.online_course.days=0"]  # its effect is at its end
    settings = settings_of(f"scenarios=[{','.join(['baseline', 'idle', *ACTIVE])}]", *words, command="compare")
    settings = settings.model_copy(update={"scenarios": {n: later(s, from_day) for n, s in settings.scenarios.items()}})
    demand, models = models_of(settings, Numbers(1, 0))
    apart: dict[str, int | None] = dict.fromkeys(settings.scenarios)
    for day in range(settings.length.total_days):
        potential = demand.day(day)
        for model in models:
            model.advance(potential)
        past = facts(models[0].ledger)
        assert len(past) > 50
        for name, model in zip(settings.scenarios, models, strict=True):
            if apart[name] is None and facts(model.ledger) != past:
                apart[name] = day
    return apart


def later(scenario: Scenario, from_day: int) -> Scenario:
    """The same scenario whose measures start so many days after the policy day."""
    measures = tuple(m.model_copy(update={"from_day": from_day}) for m in scenario.measures)
    return scenario.model_copy(update={"measures": measures})


@pytest.mark.parametrize("name", ACTIVE)
@pytest.mark.parametrize(("policy_day", "from_day"), [(4, 0), (2, 3)])
def test_until_its_measures_start_a_scenario_has_the_past_of_the_baseline(
    name: str, policy_day: int, from_day: int
) -> None:
    assert first_day_apart(policy_day, from_day)[name] == policy_day + from_day


def test_the_scenario_idle_has_the_future_of_the_baseline_too() -> None:
    assert first_day_apart(4, 0)["idle"] is None


# -- the same lorry in every scenario ---------------------------------------------------------------------------


def same_potential(a: PotentialDay, b: PotentialDay) -> list[str]:
    """Names of the attributes in which two potential days differ."""
    out = []
    for name, value in vars(a).items():
        other = getattr(b, name)
        if isinstance(value, dict):
            out += [f"{name}/{key}" for key in value if not same(value[key], other[key])]
        elif isinstance(value, np.ndarray):
            out += [] if same(value, other) else [name]
        else:
            out += [] if value == other else [name]
    return out


@pytest.mark.parametrize(
    "policy",
    [
        ("targeting=random",),
        ("scenario=combined",),
        ("world.channel_policy=blanket",),
        ("world.pools.inspectors.load=0.3", "world.pools.primary.base=3"),
        ("assumptions.selectivity.red_low_tier=0.1", "assumptions.measures.training_gain=0.3"),
        ("assumptions.smugglers.organisations=2", "world.smuggling=false"),
        ("engine=oracle", "workers=1"),
    ],
    ids=["targeting", "measures", "channels", "staff", "shares", "smugglers", "engine"],
)
def test_no_policy_changes_a_potential_journey(policy: tuple[str, ...]) -> None:
    plain, _ = models_of(settings_of(), Numbers(1, 0))
    other, _ = models_of(settings_of(*policy), Numbers(1, 0))
    for day in (0, 6):
        assert len(plain.day(day)) > 10
        assert same_potential(plain.day(day), other.day(day)) == []


def test_a_potential_day_is_the_same_whichever_days_were_made_before() -> None:
    first, second = (models_of(settings_of(), Numbers(1, 0))[0] for _ in range(2))
    for day in (0, 1, 2, 9):
        second.day(day)
    assert same_potential(first.day(5), second.day(5)) == []


@cache
def paired() -> list[Run]:
    return simulate(settings_of("scenarios=[baseline,combined]", "length.window_days=15", command="compare"))


def test_a_journey_brings_the_same_luck_in_every_scenario_and_meets_another_fate_in_some() -> None:
    baseline, combined = ({int(i): (c, k) for c in run.closed for k, i in enumerate(c.rows.id)} for run in paired())
    both = sorted(baseline.keys() & combined.keys())
    assert len(both) > 1_500
    arrived_elsewhere = released_elsewhere = 0
    for leg in both:
        (a, i), (b, j) = baseline[leg], combined[leg]
        assert (a.day, a.side, a.position[i]) == (b.day, b.side, b.position[j])
        assert a.batch.potential is b.batch.potential  # one potential day serves all scenarios
        if a.side == 0:
            assert a.rows["arrived_ms"][i] == b.rows["arrived_ms"][j] == a.batch.potential.departs_ms[a.position[i]]
        arrived_elsewhere += a.batch.post[a.position[i]] != b.batch.post[b.position[j]]
        released_elsewhere += a.rows["released_ms"][i] != b.rows["released_ms"][j]
    assert released_elsewhere > 50
    assert arrived_elsewhere < 0.2 * len(both)


def test_a_thorough_examination_of_the_same_lorry_finds_what_a_lighter_one_found() -> None:
    """Pre-drawn thresholds: with every dose scaled up, no find of the same load is lost."""
    settings = with_assumptions(
        settings_of("world.channel_policy=blanket", "length.window_days=20"),
        consignments={"prohibited_share": 0.1},
        smugglers={"removal_p": 0.0, "front_dropped_p": 0.0, "drift_to_belief": 0.0, "lambda_per_gain": 1e-9},
        pressure={"exponent": 0.0},
    )
    light, heavy = (_loads(with_assumptions(settings, examination={"dose_per_min": d})) for d in (0.02, 0.05))
    both = light.keys() & heavy.keys()
    assert sum(light[leg] for leg in both) > 5
    assert [leg for leg in both if light[leg] and not heavy[leg]] == []
    assert sum(heavy[leg] for leg in both) > sum(light[leg] for leg in both)


def _loads(settings: RunSettings) -> dict[int, bool]:
    """Per examined entry leg with prohibited goods, whether they were found."""
    settings = with_world(settings, exit_process=None)
    return {
        int(leg): bool(found)
        for closed in simulate(settings)[0].closed
        for leg, found, unit, position in zip(
            closed.rows.id, closed.rows["detected"], closed.rows["exam_unit"], closed.position, strict=True
        )
        if unit >= 0 and closed.batch.truth.prohibited[position] > 0
    }


def test_bits_of_a_row_show_the_last_digit() -> None:
    """The comparison all guards stand on must see one unit in the last place."""
    row = {"indicator": "clearance_mean_h", "group": "all", "numerator": 0.1 + 0.2}
    assert bits([row]) != bits([row | {"numerator": 0.3}])
    assert bits([row | {"numerator": float("nan")}]) == bits([row | {"numerator": float("nan")}])
