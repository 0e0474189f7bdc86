"""The small study still gives the numbers kept in `baseline.json`. Not verification: see `update.py` beside this."""

from update import INDICATORS, differences, kept, measured


def test_the_small_study_gives_the_numbers_it_gave_when_they_were_last_explained() -> None:
    lines = differences(kept(), measured())
    advice = "if the change is meant, run `python tests/regression/update.py` and commit its reason"
    assert not lines, "\n".join([*lines, advice])


def test_every_indicator_is_kept_for_both_scenarios_and_few_are_undefined() -> None:
    values = kept()
    assert len(values) == 2 * len(INDICATORS)
    assert all(value is not None for value in values.values())


def test_a_change_in_the_eighth_digit_a_lost_and_a_newly_defined_indicator_are_noticed() -> None:
    before = {"a": 1.0, "b": 2.0, "c": None, "d": 0.0, "e": None}
    after = {"a": 1.0 + 1e-8, "b": 2.0 + 1e-10, "c": 3.0, "e": None}
    assert [line.partition(":")[0] for line in differences(before, after)] == ["a", "c", "d"]
    assert differences(before, before) == []
