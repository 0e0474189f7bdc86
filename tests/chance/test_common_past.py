"""The past that scenarios have in common is lived once, and that changes nothing."""

from typing import Any

import pytest

from experiments.compose import compose
from sim import replication
from sim.replication import advance, live_common_past, lock_step, replicate_once
from sim.settings.run import RunSettings

SCENARIOS = "scenarios=[baseline,standardisation,data_sharing,training,more_officers]"
DAYS = ("length.burn_in_days=5", "length.window_days=9", "length.cool_down_days=3")


def study(*more: str, engine: str = "loop") -> RunSettings:
    words = ("world=two_countries", SCENARIOS, *DAYS, f"engine={engine}", "legs=true", *more)
    return compose("compare", words).settings


def left(settings: RunSettings) -> dict[str, Any]:
    found = replicate_once(settings, 0)
    tables = {name: table.to_csv() for name, table in found.legs_table.items()}
    return {"indicators": str(found.indicators), "mechanisms": str(found.mechanisms), "legs": found.legs} | tables


@pytest.mark.parametrize("targeting", ["profiles", "learned"])
def test_a_past_lived_once_leaves_what_five_pasts_leave(targeting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = study(f"targeting={targeting}")
    once = left(settings)
    monkeypatch.setattr(replication, "live_common_past", lambda *_: 0)
    assert left(settings) == once


def test_only_scenarios_of_one_world_share_a_past_and_simpy_has_none() -> None:
    with lock_step(study(), 0) as (demand, models):
        posts = {name: model.engine for name, model in models.items()}
        assert live_common_past(study(), demand, models) == 5
        assert [name for name, model in models.items() if model.engine is posts[name]] == ["baseline", "more_officers"]
        assert {model.day for model in models.values()} == {5}
    simple = study(engine="simpy")
    with lock_step(simple, 0) as (demand, models):
        assert live_common_past(simple, demand, models) == 0
        advance(0, demand, models.values())
        with pytest.raises(TypeError, match="take engine=loop"):
            models["baseline"].branch(simple.scenarios["training"])


def test_what_a_branch_does_is_not_felt_by_the_others() -> None:
    settings = study()
    with lock_step(settings, 0) as (demand, models):
        day = live_common_past(settings, demand, models)
        before = models["baseline"].ledger.digest(), models["baseline"].engine.busy().tolist()
        potential = demand.day(day)
        models["training"].advance(potential)
        models["training"].trade.perceived[:] = 0.0
        assert (models["baseline"].ledger.digest(), models["baseline"].engine.busy().tolist()) == before
        assert models["baseline"].trade.perceived.any()
