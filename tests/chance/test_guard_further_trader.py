"""Guard (c): where nobody queues, one further trader adds its own rows and moves no other journey."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from chance_runs import Run, border, models_of, settings_of, simulate, with_assumptions, with_world

from sim.consignments.numbers import Numbers
from sim.posts.legs import COUNTS, MEASURES
from sim.settings.run import RunSettings
from sim.settings.world import WEEKDAYS, ExtraTrader

WHO = ("document_unit", "image_unit", "exam_unit")
"""Which of many equal officers happened to be free longest is the one thing a further lorry may change."""
ROOM = 100_000
NEWCOMER = {"newcomer": ExtraTrader(home="Stonebridge", journeys_per_day=40)}


@cache
def roomy() -> RunSettings:
    """Far more units than lorries, all of them equal, and nothing that is set from the day's own traffic.

    Posts never close and nobody goes off shift; selection is random alone (a score threshold follows yesterday's
    declarations, a backlog cuts reds), and nobody smuggles (a further find is a record on everybody's watchlist).
    """
    settings = with_assumptions(
        settings_of("length.burn_in_days=0", "length.window_days=6", "length.cool_down_days=0"),
        brokers={"load": 0.01},
        selectivity={"random_share": 1.0},
        examination={"pace_low": 1.0, "pace_spread": 0.0, "pace_loss_per_h": 0.0, "vigilance_loss_per_h": 0.0},
        image={"criterion_prevalence": 0.0, "criterion_fatigue": 0.0},
        staff={
            "skill_sd": 0.0,
            "learning_per_case": 0.0,
            "tactics_age_per_year": 0.0,
            "leaving_high_tier": 0.0,
            "leaving_low_tier": 0.0,
        },
        intelligence={"false_alert_p_per_record": 0.0},
    )
    many = {"base": 80.0, "load": None, "reserve": 0.0, "shifts": ()}
    world = border(settings)
    pools = {name: pool.model_copy(update=many) for name, pool in world.pools.items()}
    open_hours = {"hours": dict.fromkeys(WEEKDAYS, "00:00-24:00")}
    posts = {name: post.model_copy(update=open_hours) for name, post in world.posts.items()}
    return with_world(settings, pools=pools, posts=posts, broker_hours=(), smuggling=False)


@cache
def runs() -> tuple[Run, Run]:
    """Without and with the newcomer."""
    return simulate(roomy(), log=ROOM)[0], simulate(with_world(roomy(), traders=NEWCOMER), log=ROOM)[0]


def legs_by_content(run: Run) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """What became of every finished leg, by what its journey is: side, departure, value, trader and examination luck."""
    out = {}
    for closed in run.closed:
        rows, potential = closed.rows, closed.batch.potential
        side = ("exit", "entry")[closed.side]
        for k, p in enumerate(closed.position.tolist()):
            journey = (
                side,
                int(potential.departs_ms[p]),
                float(potential.value_usd[p]),
                int(potential.trader[p]),
                float(potential.threshold[side][p]),
            )
            fate = tuple(int(rows[name][k]) for name in COUNTS if name not in WHO)
            measured = tuple(float(rows[name][k]) for name in MEASURES)
            times = (rows.critical_ms[k].tobytes(), rows.work_ms[k].tobytes())
            checked = tuple(bool(rows[name][k] >= 0) for name in WHO)
            assert journey not in out
            out[journey] = (*fate, *measured, *times, *checked)
    return out


def test_no_lorry_of_these_posts_ever_waits_for_a_unit() -> None:
    for run in runs():
        starts = np.array(run.model.engine.log)
        assert len(starts) > 1_000
        assert not starts[:, 4].any()


def test_a_further_trader_moves_no_other_journey_by_a_bit() -> None:
    without, with_it = (legs_by_content(run) for run in runs())
    assert len(without) > 500
    assert with_it.keys() >= without.keys()
    assert [journey for journey, fate in without.items() if with_it[journey] != fate] == []


def test_a_further_trader_adds_only_rows_of_its_own() -> None:
    without, with_it = (legs_by_content(run) for run in runs())
    newcomer = len(runs()[1].model.traders) - 1
    added = [journey for journey in with_it if journey not in without]
    assert len(added) > 100
    assert {journey[3] for journey in added} == {newcomer}


def test_where_lorries_do_queue_a_further_trader_delays_others() -> None:
    """The counter-check: with one gate officer at each post, the same comparison finds a difference."""
    few = border(roomy()).pools["primary"].model_copy(update={"base": 1.0})
    tight = with_world(roomy(), pools={**border(roomy()).pools, "primary": few})
    without, with_it = (legs_by_content(simulate(s)[0]) for s in (tight, with_world(tight, traders=NEWCOMER)))
    assert any(with_it[journey] != fate for journey, fate in without.items() if journey in with_it)


@pytest.mark.parametrize("day", [0, 5])
def test_a_further_trader_moves_no_bit_of_the_potential_world(day: int) -> None:
    settings = settings_of()
    plain, _ = models_of(settings, Numbers(1, 0))
    fuller, _ = models_of(with_world(settings, traders=NEWCOMER), Numbers(1, 0))
    a, b = plain.day(day), fuller.day(day)
    n = len(a)
    assert len(b) > n
    for name in ("journey", "home", "trader", "departs_ms", "value_usd", "transit_ms", "features", "lead_z"):
        assert (getattr(a, name) == getattr(b, name)[:n]).all()
    assert all((a.u[name] == b.u[name][:n]).all() for name in a.u)
    assert all((a.minutes[side] == b.minutes[side][:n]).all() for side in a.minutes)


def test_a_wrong_lead_names_the_same_innocent_whoever_else_trades() -> None:
    leads = {"lead_p_per_front_day": 1.0, "wrong_record_share": 1.0, "withdraw_d": 1e6}
    settings = with_assumptions(settings_of(), intelligence=leads, examination={"dose_per_min": 0.0})
    plain, fuller = (simulate(s)[0].model for s in (settings, with_world(settings, traders=NEWCOMER)))
    assert any(plain.exchange.watchlists)
    assert [list(w) for w in plain.exchange.watchlists] == [list(w) for w in fuller.exchange.watchlists]
