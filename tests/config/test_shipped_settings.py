"""What is shipped must be valid, and every number must say its unit, range and source."""

from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, BeforeValidator

from experiments.compose import compose
from experiments.folders import load_yaml, options, shipped_configs
from experiments.report.words import WHAT_MEASURES_ARE
from experiments.schema import numbers
from sim.measures.registry import MEASURES
from sim.settings.errors import SettingsError
from sim.settings.parameters import Parameters
from sim.settings.run import RunSettings
from sim.settings.strict import Share, quantities
from sim.world.build import build_world

SHIPPED = [shipped_configs()]
WORLDS = list(options("world", SHIPPED))
SCENARIOS = list(options("scenario", SHIPPED))
FAST = "world=known_mmc"


def composed_with(file: Path, **sections: Any) -> RunSettings:
    """Settings under the shipped assumptions, rows of some sections added or replaced by a user's file."""
    from omegaconf import OmegaConf

    OmegaConf.save(OmegaConf.create(sections), file / "assumptions.yaml")
    return compose("run", [FAST], file).settings


@pytest.mark.parametrize("world", WORLDS)
def test_every_shipped_world_composes_builds_and_gives_a_source_for_every_number(world: str) -> None:
    composed = compose("run", [f"world={world}"])
    bare = [path for path, value in numbers(RunSettings, composed.raw) if not isinstance(value, dict)]
    assert bare == []
    assert build_world(world, composed.settings.world, composed.settings.assumptions).posts


def test_every_shipped_scenario_and_targeting_gives_a_source_for_every_number() -> None:
    for targeting in options("targeting", SHIPPED):
        raw = compose("compare", [FAST, f"scenarios=[{','.join(SCENARIOS)}]", f"targeting={targeting}"]).raw
        rows = dict(numbers(RunSettings, raw))
        assert [path for path, value in rows.items() if not isinstance(value, dict)] == []
        assert len([path for path in rows if path.startswith("targeting.weights.")]) == 6
        assert {path.split(".")[1] for path in rows if path.startswith("scenarios.")} == set(SCENARIOS) - {"baseline"}


def test_a_number_without_unit_and_source_is_noticed() -> None:
    raw = compose("run", [FAST, "world.arrivals_per_hour=3", "assumptions.trust.per_hit=0.01"]).raw
    bare = [path for path, value in numbers(RunSettings, raw) if not isinstance(value, dict)]
    assert bare == ["world.arrivals_per_hour", "assumptions.trust.per_hit"]


def test_the_walk_over_numbers_finds_every_row_of_the_assumptions_table() -> None:
    raw = compose("run", [FAST]).raw
    rows = {f"assumptions.{path}" for path, _ in quantities(load_yaml(shipped_configs() / "assumptions.yaml"))}
    fields = {
        f"assumptions.{section}.{row}"
        for section, model in Parameters.model_fields.items()
        for row in model.annotation.model_fields  # type: ignore[union-attr]
    }
    found = {path for path, _ in numbers(RunSettings, raw) if path.startswith("assumptions.")}
    assert found == rows == fields


def test_a_missing_row_of_the_assumptions_is_one_clear_line() -> None:
    with pytest.raises(SettingsError) as caught:
        compose("run", [FAST, "~assumptions.trust.per_hit"])
    assert str(caught.value).startswith("assumptions.trust.per_hit: missing: must be given; add per_hit as a row")


def test_a_surplus_row_of_the_assumptions_is_one_clear_line(tmp_path: Path) -> None:
    row = {"centre": 1, "low": 0, "high": 2, "unit": "h", "source": "assumption"}
    with pytest.raises(SettingsError) as caught:
        composed_with(tmp_path, trust={"per_hits": row})
    assert str(caught.value) == "assumptions.trust.per_hits: is not a setting; did you mean per_hit?"


def test_a_users_assumptions_replace_single_rows_and_keep_the_others(tmp_path: Path) -> None:
    shipped = compose("run", [FAST]).settings.assumptions
    own = composed_with(tmp_path, trust={"per_hit": {"centre": 0.05}}, staff={"skill_sd": 0.1}).assumptions
    assert own.trust.per_hit == 0.05
    assert own.staff.skill_sd == 0.1
    assert own.trust.per_leak == shipped.trust.per_leak


def test_every_assumption_whose_unit_is_a_share_or_probability_is_held_to_one() -> None:
    for path, row in quantities(load_yaml(shipped_configs() / "assumptions.yaml")):
        section, name = path.split(".")
        model = Parameters.model_fields[section].annotation
        assert model is not None
        held = get_args(Share)[-1] in model.model_fields[name].metadata
        assert held == (row.unit.startswith(("share", "probability")) or name == "identity_withheld_share"), path


def models_under(model: type[BaseModel]) -> set[type[BaseModel]]:
    """A settings model and all it is made of."""
    found, ahead = set(), [model]
    while ahead:
        kind = ahead.pop()
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            if kind not in found:
                found.add(kind)
                ahead += [f.annotation for f in kind.model_fields.values()]
        else:
            ahead += get_args(kind)
    return found


def test_no_field_of_the_settings_would_read_true_as_a_number() -> None:
    models = models_under(RunSettings)
    assert len(models) > 25
    for model in models:
        for name, field in model.model_fields.items():
            if {int, float} & {field.annotation, *get_args(field.annotation)}:
                assert any(isinstance(m, BeforeValidator) for m in field.metadata), f"{model.__name__}.{name}"


def test_idle_holds_every_measure_at_intensity_zero() -> None:
    scenarios = compose("compare", [FAST, "scenarios=[baseline,combined,idle]"]).settings.scenarios
    assert sorted(m.measure for m in scenarios["idle"].measures) == sorted(MEASURES)
    assert {m.intensity for m in scenarios["idle"].measures} == {0.0}
    assert {m.intensity for m in scenarios["combined"].measures} == {1.0}


def test_lengths_are_those_the_model_description_states() -> None:
    study = compose("run", [FAST]).settings.length
    smoke = compose("run", [FAST, "length=smoke"]).settings.length
    assert (study.burn_in_days, study.window_days, study.cool_down_days) == (30, 90, 15)
    assert (smoke.burn_in_days, smoke.window_days, smoke.cool_down_days) == (2, 5, 3)


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_says_on_page_one_and_in_the_documents_what_it_does(measure: str) -> None:
    assert WHAT_MEASURES_ARE[measure]
    assert f"`{measure}`" in (Path(__file__).parents[2] / "docs" / "measures.md").read_text(encoding="utf-8")
