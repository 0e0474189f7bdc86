"""What holds in every border, however busy, and under every policy: nobody is lost, nobody is in two places."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from property_worlds import SEEDS, Watched, random_settings, watch_services

from sim.posts.rules import BY_NONE, RED, RELEASED, SEIZED, STOPPED_BEFORE
from sim.settings.run import RunSettings


def as_journeys(settings: RunSettings) -> RunSettings:
    """The same run on the SimPy engine, whose stations can be watched."""
    return settings.model_copy(update={"engine": "simpy"})


@pytest.mark.parametrize("seed", SEEDS)
def test_every_leg_admitted_is_finished_or_in_process_on_every_day(seed: int) -> None:
    watched = Watched.of(random_settings(seed))
    for day in watched.days():
        live = watched.model.engine.live_rows().id.tolist()
        assert len(set(watched.finished)) == len(watched.finished), f"a leg was closed twice by day {day}"
        assert not set(live) & set(watched.finished), f"a leg is both closed and live on day {day}"
        assert sorted(watched.finished + live) == watched.admitted, f"legs were lost by day {day}"
        assert (watched.model.admitted, watched.model.closed) == (len(watched.admitted), len(watched.finished))
        in_batches = sum(batch.open_legs for batch in watched.model.batches.values())
        assert in_batches == len(live)
    assert watched.finished


@pytest.mark.parametrize("seed", SEEDS)
def test_the_time_of_a_leg_is_the_sum_of_its_stages_exactly(seed: int) -> None:
    watched = Watched.of(random_settings(seed))
    tick = random_settings(seed).tick_ms
    for _ in watched.days():
        assert (watched.model.engine.waiting() >= 0).all()
        assert (watched.model.engine.busy() >= 0).all()
    seen = 0
    for rows in watched.rows:
        there = rows["arrived_ms"] >= 0
        assert (rows["outcome"][~there] == STOPPED_BEFORE).all()
        assert (rows.critical_ms >= 0).all()
        assert (rows.work_ms >= 0).all()
        span = rows["released_ms"] - rows["arrived_ms"]
        assert (rows.critical_ms[there].sum(axis=1) == span[there]).all()
        assert (rows.work_ms % tick == 0).all()
        assert (rows["exam_waiting"] >= -1).all()
        seen += int(there.sum())
    assert seen > 30


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_row_says_of_a_leg_is_consistent(seed: int) -> None:
    watched = Watched.of(random_settings(seed))
    for _ in watched.days():
        pass
    for rows in watched.rows:
        there = rows["arrived_ms"] >= 0
        examined = rows["exam_unit"] >= 0
        assert ((rows["detected"] == 1) == (rows["outcome"] == SEIZED)).all()
        assert (examined | (rows["detected"] == 0)).all()
        assert (rows["document_unit"][(rows["corrected"] == 1) | (rows["queries"] > 0)] >= 0).all()
        assert ((rows["dose"] >= 0) == examined).all()
        assert (rows["thoroughness"][examined] > 0).all()
        assert (rows["thoroughness"][examined] <= 1).all()
        assert (rows["released_ms"][there] >= rows["gated_ms"][there]).all()
        assert (rows["gated_ms"][there] >= rows["arrived_ms"][there]).all()
        ordinary = (rows["channel"] == RED) & (rows["outcome"] == RELEASED) & there
        assert (rows["rule"][ordinary] != BY_NONE).all()
        assert (examined[ordinary]).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_no_officer_or_device_is_in_two_places(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    services = watch_services(monkeypatch)
    watched = Watched.of(as_journeys(random_settings(seed)))
    for _ in watched.days():
        pass
    assert len(services) > 200
    by_unit: dict[int, list[Any]] = {}
    for service in services:
        by_unit.setdefault(service.unit, []).append(service)
    for unit, work in by_unit.items():
        for first, second in pairwise(sorted(work, key=lambda s: s.start_ms)):
            assert first.end_ms <= second.start_ms, f"unit {unit} serves {first.leg} and {second.leg} at once"
    worked = np.zeros(len(watched.model.staff.pool), np.int64)
    for service in services:
        worked[service.unit] += service.end_ms - service.start_ms
    assert (worked == watched.model.engine.busy()).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_starts_work_off_duty(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    services = watch_services(monkeypatch)
    watched = Watched.of(as_journeys(random_settings(seed)))
    duty: dict[int, list[tuple[int, int]]] = {}
    for day in watched.days():
        for at_ms, unit, on in zip(*watched.model.staff.roster(day), strict=True):
            duty.setdefault(int(unit), []).append((int(at_ms), int(on)))
    checked = 0
    for service in services:
        # midnight's own changes come first, and a day's roster is as it was when that day began
        turns = [on for at_ms, on in duty.get(service.unit, []) if at_ms <= service.start_ms]
        assert turns, f"unit {service.unit} works without ever having come on duty"
        assert turns[-1] == 1, f"unit {service.unit} starts work at {service.start_ms} ms, off duty"
        checked += 1
    assert checked > 200


@pytest.mark.parametrize("seed", SEEDS)
def test_at_most_one_stage_of_a_leg_is_served_at_a_time_per_token(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Papers and lorry may be served at once, each once: never more than two services of a leg overlap."""
    services = watch_services(monkeypatch)
    watched = Watched.of(as_journeys(random_settings(seed)))
    for _ in watched.days():
        pass
    plan = watched.model.plan
    token = {s: int(t) for s, t in zip(plan.network.node.station, plan.network.node.token, strict=True) if s >= 0}
    by_token: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for s in services:
        by_token.setdefault((s.leg, token.get(s.station, 0)), set()).add((s.start_ms, s.end_ms))
    for spans in by_token.values():
        for first, second in pairwise(sorted(spans)):
            assert first[1] <= second[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_trust_and_skill_stay_in_their_range_and_rates_are_rates(seed: int) -> None:
    watched = Watched.of(random_settings(seed))
    model = watched.model
    for _ in watched.days():
        assert all(0.0 <= trust <= 1.0 for trust in model.exchange.trust.values())
        skill = model.staff.skill[model.staff.skilled]
        assert ((skill > 0.0) & (skill <= 1.0)).all()
        assert ((model.trade.perceived >= 0.0) & (model.trade.perceived <= 1.0)).all()
        assert (model.trade.fraud_p() <= 1.0).all()
        assert (model.trade.belief_h >= 0.0).all()
    for row in model.finish():
        assert not np.isinf(row["numerator"])
        assert row["denominator"] >= 0
        if row["unit"] == "share" and row["indicator"] != "utilisation":
            assert 0 <= row["numerator"] <= row["denominator"], row
