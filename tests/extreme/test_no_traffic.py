"""A border nobody crosses, and one that only some posts of which are used."""

import numpy as np
import pytest
from extreme_runs import ENGINES, Outcome, settings_of

NOBODY = ("world.posts.Stonebridge.journeys_per_day=0", "world.posts.Lowmarsh.journeys_per_day=0")
RATES = (
    "clearance_mean_h",
    "interdiction_rate",
    "detection_rate_fiscal",
    "hit_rate",
    "physical_inspection_rate",
    "queries_per_100",
)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("scenario", ["baseline", "combined"])
def test_a_border_without_traffic_runs_and_counts_nothing(engine: str, scenario: str) -> None:
    run = Outcome(settings_of(*NOBODY, f"engine={engine}", f"scenario={scenario}"))
    assert (run.journeys, run.model.admitted, run.model.closed) == (0, 0, 0)
    assert run.sums("journeys_per_day") == (0.0, 6.0)
    assert run.sums("attempts") == (0.0, 6.0)
    assert not run.model.engine.busy().any()


def test_rates_of_a_border_without_traffic_are_not_defined_rather_than_0() -> None:
    run = Outcome(settings_of(*NOBODY))
    for indicator in RATES:
        rows = [r for r in run.rows if r["indicator"] == indicator]
        assert all(row["denominator"] == 0 for row in rows), indicator
    for indicator in ("clearance_median_h", "clearance_p90_h", "clearance_p95_h"):
        assert np.isnan(run.sums(indicator)[0])


def test_officers_of_a_border_without_traffic_are_idle_and_not_undefined() -> None:
    numerator, denominator = Outcome(settings_of(*NOBODY)).sums("utilisation", "pool=Stonebridge/primary")
    assert numerator == 0
    assert denominator > 0


def test_a_post_without_traffic_of_its_own_still_serves_lorries_that_choose_it() -> None:
    run = Outcome(settings_of("world.posts.Lowmarsh.journeys_per_day=0"))
    assert run.journeys > 200
    assert run.sums("journeys_per_day", "post=Lowmarsh") == (0.0, 6.0)  # a post without volume has no share to choose
    assert run.sums("journeys_per_day", "post=Stonebridge")[0] > 200


def test_a_border_crossed_by_empty_lorries_alone_sees_no_papers_and_no_headline() -> None:
    run = Outcome(settings_of("world.empty_share=1"))
    assert run.journeys > 300
    assert run.loaded == 0
    assert run.sums("clearance_mean_h") == (0.0, 0.0)
    assert run.sums("clearance_mean_h", "regime=empty")[1] > 300
    assert run.sums("selected_red_rate") == (0.0, 0.0)
    assert run.sums("cost_trader_usd")[0] > 0  # their hours cost money all the same


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_of_a_single_day_is_a_run(engine: str) -> None:
    words = ["length.burn_in_days=0", "length.window_days=1", "length.cool_down_days=0", f"engine={engine}"]
    for scenario in ("baseline", "combined"):
        run = Outcome(settings_of(*words, f"scenario={scenario}"))
        assert run.journeys > 20
        assert run.sums("journeys_per_day") == (float(run.journeys), 1.0)
        assert run.sums("clearance_mean_h")[1] > 0
        assert {row["period"] for row in run.rows} == {"transition", "days 1-1"}
        # late lorries are still in process: they are counted, not forgotten
        assert run.sums("unfinished")[0] > 0
        headline = run.sums("clearance_mean_h")[1]
        assert headline <= run.loaded


def test_lorries_of_a_single_day_are_finished_or_counted_as_unfinished() -> None:
    words = ["length.burn_in_days=0", "length.window_days=1", "length.cool_down_days=0", "world.smuggling=false"]
    run = Outcome(settings_of(*words))
    assert run.model.admitted == run.model.closed + len(run.live) == 2 * run.journeys
    assert run.sums("selected_red_rate")[1] + run.sums("unfinished")[0] == run.loaded
