"""Forecasts of a run: what it grows with, and what was measured on two quiet cores."""

import pytest

from experiments.compose import compose
from experiments.forecast import seconds_of, size_of
from experiments.listing import built

SCENARIOS = "scenarios=[baseline,standardisation,data_sharing,training,combined]"


def forecast(*words: str, workers: int = 2) -> float:
    composed = compose("compare", [SCENARIOS, f"workers={workers}", "engine=loop", *words])
    return seconds_of(composed.settings, built(composed.settings), composed.raw)


@pytest.mark.parametrize(
    ("words", "took_s"),
    [
        (("world=us_mexico", "replications=30"), 98),
        (("world=northern_corridor", "replications=10"), 94),
        (("question=corridor_two_years",), 988),
    ],
)
def test_forecasts_are_about_what_runs_took_and_rather_more(words: tuple[str, ...], took_s: float) -> None:
    """docs/benchmark.md, README and docs/reference.md say what these took on two quiet cores."""
    assert 0.95 * took_s <= forecast(*words) <= 1.4 * took_s


def test_a_forecast_grows_with_windows_days_between_draws_and_world_and_falls_with_workers() -> None:
    world = "world=two_countries"
    once = forecast(world)
    two_years = forecast(world, "length=two_years")
    assert two_years > 4 * once
    assert forecast(world, "length=two_years", "assumption_draws=32") > 3 * two_years
    assert forecast("world=northern_corridor") > 4 * once
    assert forecast(world, workers=1) > 1.3 * once
    assert forecast(world, "replications=3") == forecast(world, "replications=4")  # two rounds of two


def test_draws_of_a_volume_with_more_room_above_its_centre_are_busier_than_the_centre() -> None:
    composed = compose("compare", ["world=two_countries", "length=smoke", "replications=1", "assumption_draws=16"])
    said = size_of(composed.settings, built(composed.settings), composed.raw, 1)
    legs = int(said.partition("= about ")[2].partition(" ")[0].replace(",", ""))
    assert legs > 170 * 10 * 5 * 17
