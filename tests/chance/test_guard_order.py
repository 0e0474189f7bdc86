"""Guard (b): the order in which things are written down moves no bit; the order of stages is meaning and does."""

from functools import cache
from typing import Any

import pytest
from chance_runs import Row, border, moved, rows_of, settings_of, with_world

from sim.settings.process import Process, Stage
from sim.settings.run import RunSettings
from sim.settings.world import ExtraTrader

THREE_EXTRA = {
    "ore": ExtraTrader(home="Stonebridge", journeys_per_day=9),
    "fruit": ExtraTrader(home="Lowmarsh", journeys_per_day=5),
    "steel": ExtraTrader(home="Stonebridge", journeys_per_day=4),
}


@cache
def combined() -> RunSettings:
    """All measures at once, with further traders: everything that has an order."""
    return with_world(settings_of("scenario=combined"), traders=THREE_EXTRA)


@cache
def combined_bits() -> tuple[Any, ...]:
    return tuple(rows_of(combined()))


def backwards(mapping: dict[str, Any]) -> dict[str, Any]:
    """The same entries, the last one first."""
    return dict(reversed(mapping.items()))


@pytest.mark.parametrize("what", ["countries", "posts", "traders", "pools"])
def test_the_order_of_names_in_a_world_moves_no_bit(what: str) -> None:
    given = getattr(border(combined()), what)
    turned = with_world(combined(), **{what: backwards(given)})
    assert list(getattr(border(turned), what)) != list(given)
    assert moved(rows_of(turned), combined_bits()) == []


def test_the_order_of_pairs_of_countries_moves_no_bit() -> None:
    turned = with_world(combined(), pairs=border(combined()).pairs[::-1])
    assert moved(rows_of(turned), combined_bits()) == []


def test_the_order_of_shifts_moves_no_bit() -> None:
    pools = {n: p.model_copy(update={"shifts": p.shifts[::-1]}) for n, p in border(combined()).pools.items()}
    assert moved(rows_of(with_world(combined(), pools=pools)), combined_bits()) == []


def test_the_order_of_measures_moves_no_bit() -> None:
    ((name, scenario),) = combined().scenarios.items()
    assert len(scenario.measures) == 3
    for order in (scenario.measures[::-1], scenario.measures[1:] + scenario.measures[:1]):
        turned = combined().model_copy(update={"scenarios": {name: scenario.model_copy(update={"measures": order})}})
        assert moved(rows_of(turned), combined_bits()) == []


def one_desk_for_all(last: str) -> RunSettings:
    """Document checks, scans and the other agency share few officers; one of these stages is declared last."""
    settings = settings_of()
    entry: Process = border(settings).entry_process

    def shared(stage: Stage) -> Stage:
        ours = stage.name in ("document_check", "scan", "agency")
        return stage.model_copy(update={"pools": ("documents",)}) if ours else stage

    stages = sorted((shared(stage) for stage in entry.stages), key=lambda stage: stage.name == last)
    desk = border(settings).pools["documents"].model_copy(update={"load": None, "base": 1.0})
    return with_world(
        settings,
        entry_process=entry.model_copy(update={"stages": tuple(stages)}),
        pools={**border(settings).pools, "documents": desk},
        agency_share=0.5,
    )


def test_the_order_of_stages_is_the_desk_priority_and_does_change_rows() -> None:
    as_declared, papers_last = rows_of(one_desk_for_all("agency")), rows_of(one_desk_for_all("document_check"))
    assert "indicator='clearance_mean_h'" in moved(as_declared, papers_last)
    waiting = [_hours(rows, "stage=agency") for rows in (as_declared, papers_last)]
    assert waiting[1] < waiting[0]  # the agency's lorries now come before the papers on the desk


def _hours(rows: list[Row], group: str) -> float:
    """Mean hours of a stage over the whole window."""
    (row,) = (r for r in rows if (r["indicator"], r["group"], r["period"]) == ("time_by_stage_h", group, "transition"))
    return float(row["numerator"] / row["denominator"])
