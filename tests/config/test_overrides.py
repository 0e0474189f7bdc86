"""Overrides reach the setting they name, and only that one."""

from pathlib import Path

import pytest

from experiments.compose import compose
from experiments.overrides import parse_override
from sim.settings.errors import SettingsError
from sim.settings.world import BorderWorld, QueueWorld

FAST = "world=known_mmc"
TEACHING = "world=two_countries"


def border(*words: str) -> BorderWorld:
    world = compose("run", [TEACHING, *words]).settings.world
    assert isinstance(world, BorderWorld)
    return world


def test_a_bare_number_replaces_an_assumption_and_leaves_its_neighbours() -> None:
    before = compose("run", [FAST]).settings.assumptions.documents
    after = compose("run", [FAST, "assumptions.documents.element_error_p=0.01"]).settings.assumptions.documents
    assert after.element_error_p == 0.01
    assert after.model_copy(update={"element_error_p": before.element_error_p}) == before


def test_the_centre_of_a_row_can_be_set_alone_and_keeps_its_range() -> None:
    composed = compose("run", [FAST, "assumptions.documents.element_error_p.centre=0.01"])
    row = composed.raw["assumptions"]["documents"]["element_error_p"]
    assert composed.settings.assumptions.documents.element_error_p == 0.01
    assert (row["low"], row["high"]) == (0.001, 0.02)


def test_a_stage_and_a_measure_are_called_by_name() -> None:
    words = [
        TEACHING,
        "scenario=combined",
        "world.entry_process.stages.gate.service.mean_min=7",
        "scenarios.combined.measures.training.intensity=0.5",
    ]
    settings = compose("run", words).settings
    assert isinstance(settings.world, BorderWorld)
    gate = next(s for s in settings.world.entry_process.stages if s.name == "gate")
    assert gate.service is not None
    assert gate.service.mean_min == 7
    assert [m.intensity for m in settings.scenarios["combined"].measures] == [1, 1, 0.5]


def test_a_post_whose_name_holds_a_space_can_be_overridden() -> None:
    world = compose("run", ["world=us_mexico", "world.posts.El Paso.km.Tornillo=60"]).settings.world
    assert isinstance(world, BorderWorld)
    assert world.posts["El Paso"].km["Tornillo"] == 60


def test_a_setting_that_the_file_leaves_out_can_be_given() -> None:
    assert border("world.posts.Stonebridge.pools={}").posts["Stonebridge"].pools == {}
    assert border("world.channel_policy=blanket", "world.smuggling=false").smuggling is False


def test_a_key_that_a_mapping_knows_needs_no_plus() -> None:
    assert compose("run", [FAST, "length=smoke", "length.windows.mature=20"]).settings.length.windows == {
        "transition": 0,
        "mature": 20,
    }
    assert border("world.regime_shares={}", "world.regime_shares.export=0.1").regime_shares == {"export": 0.1}


def test_a_pool_changes_from_load_to_units_in_two_words() -> None:
    pool = border("world.pools.documents.base=4", "world.pools.documents.load=null").pools["documents"]
    assert (pool.base, pool.load) == (4, None)


def test_plus_adds_a_trader_and_tilde_removes_a_detour() -> None:
    world = border(
        "+world.traders.Miller={home: Lowmarsh, journeys_per_day: 2}", "~world.posts.Stonebridge.km.Lowmarsh"
    )
    assert world.traders["Miller"].journeys_per_day == 2
    assert world.posts["Stonebridge"].km == {}


def test_another_process_can_be_put_in_place_of_a_worlds_own() -> None:
    world = border("process@world.entry_process=prelodged_periodic_payment")
    assert "payment" not in [s.name for s in world.entry_process.stages]
    assert "payment" in [s.name for s in border().entry_process.stages]


def test_scenarios_keep_the_order_in_which_they_are_named() -> None:
    composed = compose("compare", [FAST, "scenarios=[training,baseline,idle]"])
    assert list(composed.settings.scenarios) == ["training", "baseline", "idle"]


def test_one_scenario_named_to_compare_is_set_against_the_baseline() -> None:
    assert list(compose("compare", [FAST, "scenario=training"]).settings.scenarios) == ["baseline", "training"]


def test_run_takes_the_baseline_unless_told_otherwise() -> None:
    assert list(compose("run", [FAST]).settings.scenarios) == ["baseline"]
    assert list(compose("run", [FAST, "scenario=idle"]).settings.scenarios) == ["idle"]


def test_compare_ships_with_every_single_measure_and_all_three() -> None:
    expected = ["baseline", "standardisation", "data_sharing", "training", "combined"]
    assert list(compose("compare", [FAST]).settings.scenarios) == expected


def test_results_have_the_name_given_and_the_run_does_not_depend_on_it() -> None:
    named = compose("run", [FAST, "name=first_try", "results_dir=elsewhere"])
    plain = compose("run", [FAST])
    assert (named.name, named.results_dir) == ("first_try", "elsewhere")
    assert (plain.name, plain.results_dir) == (None, "results")
    assert named.raw == plain.raw


@pytest.mark.parametrize("name", ["1e3", "007", "1_0", "true", "NaN", "on", "2024-01-01"])
def test_a_result_is_called_what_was_typed(name: str) -> None:
    assert compose("run", [FAST, f"name={name}"]).name == name
    with pytest.raises(SettingsError, match=r"name: \.5: must be letters"):  # and so is one that is refused
        compose("run", [FAST, "name=.5"])


@pytest.mark.parametrize("word", ["null", "NULL"])
def test_a_result_without_a_name_is_called_by_its_date(word: str) -> None:
    assert compose("run", [FAST, f"name={word}"]).name is None
    assert compose("run", [FAST, f"name='{word}'"]).name == word


def test_a_users_world_and_scenario_are_found_in_the_users_folder(tmp_path: Path) -> None:
    own = tmp_path / "my settings, v1"
    (own / "world").mkdir(parents=True)
    (own / "scenario").mkdir()
    (own / "world" / "my_hall.yaml").write_text(
        "kind: queue\ntitle: Mine\ndescription: One desk\narrivals_per_hour: 6\nservers: 1\nmean_service_min: 5\n"
    )
    (own / "scenario" / "half.yaml").write_text("title: Half\nmeasures:\n  - {measure: training, intensity: 0.5}\n")
    settings = compose("run", ["world=my_hall", "scenario=half"], own).settings
    assert isinstance(settings.world, QueueWorld)
    assert (settings.world_name, settings.world.arrivals_per_hour) == ("my_hall", 6)
    assert settings.scenarios["half"].measures[0].intensity == 0.5


def test_a_users_file_may_refer_to_another_setting_which_an_override_still_changes(tmp_path: Path) -> None:
    (tmp_path / "world").mkdir()
    (tmp_path / "world" / "twin.yaml").write_text(
        "kind: queue\ntitle: Twin\ndescription: ${.title}\narrivals_per_hour: 6\nservers: 2\nmean_service_min: 5\n"
    )
    assert compose("run", ["world=twin", "world.title=Other"], tmp_path).settings.world.description == "Other"


def test_a_users_file_may_not_take_the_name_of_a_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "scenario").mkdir()
    (tmp_path / "scenario" / "training.yaml").write_text("title: Other\nmeasures: []\n")
    with pytest.raises(SettingsError, match=r"a shipped scenario has this name; rename the file"):
        compose("run", [FAST], tmp_path)


@pytest.mark.parametrize(
    ("text", "value"),
    [("a=1", 1), ("a=1e-6", 1e-6), ("a=[x,y]", ["x", "y"]), ("a='1'", "1"), ("a=null", None), ("a=true", True)],
)
def test_values_are_read_as_hydra_reads_them(text: str, value: object) -> None:
    assert parse_override(text).value == value
