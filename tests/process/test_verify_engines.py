"""`bordersim verify-engines`: compares everything it says it compares, and finds a fault that is planted."""

import json
from collections.abc import Callable

import pytest

from experiments import cli, verify_engines
from experiments.folders import options, shipped_configs
from experiments.verify.ledgers import run_days, unlike
from experiments.verify.trace import Differences
from experiments.verify_engines import (
    ENGINES,
    FULL,
    QUICK,
    Cell,
    Part,
    Scope,
    _with_scenarios,
    cells,
    main_verify_engines,
    parts_of,
)
from sim.posts.journey import Pool
from sim.settings.errors import SettingsError
from sim.settings.run import TICKS_MS, RunSettings

TINY = Scope(
    stressed=((60_000, "tiny", "drawn"), (600_000, "normal", "longest_idle")), processes=4, oracle_days=2, days=0
)
WORLDS = sorted(options("world", [shipped_configs()]))


def longest_at_work(pool: Pool, line: int, u: float, partner: int) -> tuple[int, int] | None:
    """The planted fault: SimPy calls the officer who has just become free."""
    del line, u, partner
    return max(pool.free, default=None)


@pytest.mark.parametrize("world", WORLDS)
def test_every_shipped_world_and_scenario_leaves_the_same_ledger_under_journeys_and_compiled_arrays(
    comparison_of: Callable[..., RunSettings], world: str
) -> None:
    settings = comparison_of(world, "targeting=learned")
    journeys, arrays = (run_days(settings, engine, 2) for engine in ("simpy", "loop"))
    assert unlike([journeys, arrays]) == 0
    assert set(journeys.digests) == set(settings.scenarios)
    assert journeys.legs > 100


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_ledgers_are_the_same_after_sixty_days_of_learning(
    comparison_of: Callable[..., RunSettings], world: str
) -> None:
    settings = comparison_of(world, "targeting=learned")
    assert unlike([run_days(settings, engine, 60) for engine in ("simpy", "oracle", "loop")]) == 0


def test_a_seed_and_a_day_more_change_the_ledger(comparison_of: Callable[..., RunSettings]) -> None:
    settings = comparison_of("two_countries")
    runs = [run_days(settings, "simpy", 3), run_days(settings.model_copy(update={"seed": 2}), "simpy", 3)]
    assert unlike(runs) == unlike([runs[0], run_days(settings, "simpy", 4)]) == 6


def test_the_matrix_holds_every_tick_load_and_rule() -> None:
    for scope in (FULL, QUICK):
        for position, count in enumerate((len(TICKS_MS), 3, 3)):
            assert len({cell[position] for cell in scope.stressed}) == count
    assert len(set(FULL.stressed)) == 36
    assert FULL.days == 60


def test_three_engines_agree_and_the_command_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_engines, "QUICK", TINY)
    assert cli.main(["verify-engines", "--quick", "--json", "world=two_countries"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["engines"] == ["simpy", "oracle", "loop"]
    assert found["differences"] == 0
    assert len(found["cells"]) == 2 + len(TICKS_MS) + 1
    assert {"cell", "legs", "unfinished", *Differences.__dataclass_fields__} == set(found["cells"][0])
    assert min(cell["legs"] for cell in found["cells"][-1:]) > 1000


def test_the_table_is_the_same_whatever_the_number_of_workers(comparison_of: Callable[..., RunSettings]) -> None:
    alone, together = (
        cells(TINY, [comparison_of("two_countries", "targeting=learned", f"workers={n}")], ("simpy", "oracle"))
        for n in (1, 2)
    )
    assert alone == together
    assert alone[-1].cell == "two_countries, 6 scenarios, 2 days, 2 engines"


def test_what_is_longest_begins_first_and_a_world_is_one_part_per_scenario(
    comparison_of: Callable[..., RunSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Part] = []

    def noted(part: Part) -> Cell:
        begun.append(part)
        return Cell(part.name, 1, 0, Differences())

    monkeypatch.setattr(verify_engines, "_compared", noted)
    found = cells(TINY, [comparison_of("two_countries", "workers=1")])
    assert [part.legs for part in begun] == sorted((part.legs for part in begun), reverse=True)
    assert [cell.legs for cell in found] == [1] * (2 + len(TICKS_MS)) + [6]


def test_months_are_compared_without_the_loop_in_plain_python(comparison_of: Callable[..., RunSettings]) -> None:
    scope = Scope(stressed=(), processes=0, oracle_days=1, days=2)
    parts = parts_of(scope, [comparison_of("two_countries")], ENGINES)
    assert [part.name for part in parts[len(TICKS_MS) :]] == [
        *["two_countries, 6 scenarios, 1 days, 3 engines"] * 6,
        *["two_countries, 6 scenarios, 2 days, 2 engines"] * 6,
    ]


def test_a_part_that_fails_is_named_and_no_trace_is_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("no officer left")

    monkeypatch.setattr(Pool, "choose", fails)
    monkeypatch.setattr(verify_engines, "QUICK", TINY)
    assert cli.main(["verify-engines", "--quick", "world=known_mmc", "workers=1"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("bordersim: ")
    assert said.endswith(": RuntimeError: no officer left\n")


def test_a_planted_fault_is_found_in_starts_releases_and_ledgers_and_ends_with_code_1(
    comparison_of: Callable[..., RunSettings], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pool, "choose", longest_at_work)
    found = cells(TINY, [comparison_of("two_countries", "targeting=learned", "workers=1")], ("simpy", "oracle"))
    stressed, whole = found[1].differences, found[-1].differences
    assert min(stressed.starts, stressed.releases, stressed.queues, stressed.findings, stressed.other) > 0
    assert whole.ledger > 0
    monkeypatch.setattr(verify_engines, "ENGINES", ("simpy", "oracle"))
    monkeypatch.setattr(verify_engines, "QUICK", TINY)
    assert main_verify_engines(["world=known_mmc", "workers=1"], quick=True, as_json=False, config_dir=None) == 1
    assert "outages of their own" in capsys.readouterr().out


def test_only_two_commands_are_shortened(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["worlds", "--quick"]) == 2
    assert capsys.readouterr().err.startswith("bordersim: --quick: ")


def test_a_scenario_that_a_world_refuses_is_left_out_and_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    settings = _with_scenarios(["world=us_mexico"], ["baseline", "liaison_officers", "training"], None)
    assert list(settings.scenarios) == ["baseline", "training"]
    assert capsys.readouterr().err.startswith("left out: scenarios.liaison_officers.measures.liaison_officers: 1: all ")


def test_where_no_single_scenario_is_at_fault_the_fault_is_told() -> None:
    with pytest.raises(SettingsError, match="a scenario stands twice"):
        _with_scenarios(["world=us_mexico"], ["baseline", "baseline"], None)
