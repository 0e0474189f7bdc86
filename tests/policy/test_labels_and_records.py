"""What checks teach an administration: recorded results only, late, missed finds as clean, a bounded history."""

import numpy as np
import pytest
from policy_runs import Watched, run, settings_of, world_of

from sim.agents.country import CustomsAdministration
from sim.consignments.declaration import Declarations
from sim.consignments.numbers import Numbers
from sim.consignments.potential import Demand
from sim.model import BorderModel
from sim.posts.process import ENTRY

BER = 1
LEARNING = "targeting=learned"
EXAMINING = ("assumptions.consignments.prohibited_share=0.3", "assumptions.selectivity.red_low_tier=0.6")


def administration(*overrides: str) -> CustomsAdministration:
    """Customs of the importer, with an engine that learns."""
    overrides = (LEARNING, *overrides)
    settings, world = settings_of(overrides), world_of(*overrides)
    numbers = Numbers(1, 0)
    traders = Demand(world, numbers, settings.tick_ms).traders
    model = BorderModel(world, settings, settings.scenarios["baseline"], traders, numbers)
    return model.administrations[BER]


def noted(customs: CustomsAdministration, found: int, u: float, times: int = 1, trader: int = 4) -> float:
    """The trader's record after checks with the same result."""
    for _ in range(times):
        checked = Declarations(np.array([trader]), np.zeros((1, 6)), np.zeros(1))
        customs.note(0, checked, np.array([found]), np.ones(1), np.array([u]))
    return float(customs.record[trader])


def test_a_find_raises_the_record_and_a_clean_check_lowers_it_and_nobody_elses() -> None:
    customs = administration()
    assert noted(customs, 1, 0.0) == pytest.approx(1.0)
    assert noted(customs, 0, 0.0) == pytest.approx(1.0 - 0.05)
    assert np.count_nonzero(customs.record) == 1


def test_a_result_nobody_wrote_down_changes_neither_record_nor_engine() -> None:
    customs = administration()
    assert noted(customs, 1, 0.999) == 0.0
    assert customs.lessons == {}


def test_the_record_is_bounded_both_ways() -> None:
    assert noted(administration(), 1, 0.0, times=50) == 3.0
    assert noted(administration(), 0, 0.0, times=500) == -1.0


@pytest.mark.parametrize(("u", "days"), [(0.0, 1), (0.287, 7), (0.5749, 90)])
def test_labels_arrive_after_one_to_ninety_days_later_for_a_higher_number(u: float, days: int) -> None:
    customs = administration("world.countries.BER.capacity01=0.475")  # a recorded share of .575
    noted(customs, 1, u)
    assert list(customs.lessons) == pytest.approx([days], abs=1)


def test_a_clean_history_keeps_a_front_out_of_the_red_channel() -> None:
    """The perverse effect: checks that miss what is aboard make the next load look safer."""
    words = (*EXAMINING, "assumptions.examination.dose_per_min=0.0001", "length.window_days=28")
    models: list[Watched] = [run((*words, f"assumptions.targeting.clean_gain={gain}"))["baseline"] for gain in (0.2, 0)]
    reds = [_red_share_of_illicit(m) for m in models]
    assert reds[0] < reds[1]


def _red_share_of_illicit(model: Watched) -> float:
    red = total = 0
    for _, closed in model.legs(ENTRY):
        aboard = closed.batch.truth.prohibited[closed.position] > 0
        red += int((aboard & (closed.rows["channel"] == 2)).sum())
        total += int(aboard.sum())
    assert total > 100
    return red / total


def test_missed_finds_are_labelled_clean() -> None:
    words = (
        *EXAMINING,
        "assumptions.examination.dose_per_min=0.000001",
        "assumptions.consignments.fiscal_share=0.0001",
    )
    words += ("assumptions.consignments.honest_error_share=0",)
    model = run((LEARNING, *words))["baseline"]
    examined = [c for _, c in model.legs(ENTRY) if (c.rows["exam_unit"] >= 0).any()]
    missed = sum(int(((c.rows["exam_unit"] >= 0) & (c.batch.truth.prohibited[c.position] > 0)).sum()) for c in examined)
    labels = [f for lessons in model.administrations[BER].lessons.values() for _, f, _ in lessons]
    assert missed > 20
    assert np.concatenate(labels).sum() <= 2
