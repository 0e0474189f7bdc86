"""`bordersim verify-engines`: compares everything it says it compares, and finds a fault that is planted."""

import json
from collections.abc import Callable

import pytest

from experiments import cli, verify_engines
from experiments.folders import options, shipped_configs
from experiments.verify.ledgers import run_days, unlike
from experiments.verify.trace import Differences
from experiments.verify_engines import FULL, QUICK, Scope, cells, main_verify_engines
from sim.posts.journey import Pool
from sim.settings.run import TICKS_MS, RunSettings

TINY = Scope(stressed=((60_000, "tiny", "drawn"), (600_000, "normal", "longest_idle")), processes=4, days=2)
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


def test_a_planted_fault_is_found_in_starts_releases_and_ledgers_and_ends_with_code_1(
    comparison_of: Callable[..., RunSettings], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pool, "choose", longest_at_work)
    found = list(cells(TINY, [comparison_of("two_countries", "targeting=learned")], ("simpy", "oracle")))
    stressed, whole = found[1].differences, found[-1].differences
    assert min(stressed.starts, stressed.releases, stressed.queues, stressed.findings, stressed.other) > 0
    assert whole.ledger > 0
    monkeypatch.setattr(verify_engines, "ENGINES", ("simpy", "oracle"))
    monkeypatch.setattr(verify_engines, "QUICK", TINY)
    assert main_verify_engines(["world=known_mmc"], quick=True, as_json=False, config_dir=None) == 1
    assert "outages of their own" in capsys.readouterr().out


def test_only_two_commands_are_shortened(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["worlds", "--quick"]) == 2
    assert capsys.readouterr().err.startswith("bordersim: --quick: ")
