"""`bordersim benchmark` runs, says what it measured, and lets nobody win who does not do the same work. Never how fast."""

import json
import os
import time
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments import benchmark, cli
from experiments.bench import flow, whole
from experiments.bench.c_kernel import c_kernel
from experiments.bench.contest import Contestant, Outcome, contest, times_faster, unlike
from experiments.bench.flow import CIW, IN_C, JOURNEY, LOOP, TEXTBOOK, on_simple_posts
from experiments.bench.memory import peak_mb
from experiments.bench.rows import TITLES, Found, as_markdown, as_text, short
from experiments.bench.simple_post import OPENS_MS, SimplePosts
from experiments.benchmark import FULL, QUICK, Size, scaling
from experiments.verify.borders import new_engine, numbers_of
from experiments.verify.stress import ASSIGNMENT_RULES, LOADS, ROOM, live_through, stressed_border
from experiments.verify.trace import differences
from sim.posts.arrays import LoopEngine
from sim.posts.process import compile_processes
from sim.settings.errors import SettingsError
from sim.settings.run import TICKS_MS, RunSettings
from sim.world.world import DAY_MS, World

SMALL = SimplePosts(days=1, per_day=60, staffed_for=60)
TINY = Size(
    rounds=1,
    one=SMALL,
    twelve=SimplePosts(posts=12, days=1, per_day=20, staffed_for=20),
    scaling=(("posts: 2", SimplePosts(posts=2, days=1, per_day=30)),),
    world_days=1,
    horizons=(1, 2),
    starts=1,
    whole_days=3,
)
Answer = tuple[dict[str, Any], str, Path]
compiler = pytest.mark.skipif(c_kernel() is None, reason="no C compiler here")


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """What the command prints as JSON in a tiny size, and its folder."""
    root = tmp_path_factory.mktemp("results")
    words = ["benchmark", "--quick", "--json", "world=two_countries", "name=tiny", f"results_dir={root}"]
    python_path = os.pathsep.join([str(Path(cli.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as printed:
        patch.setattr(benchmark, "QUICK", TINY)
        patch.setattr(benchmark, "compile_seconds", lambda: (9.0, 0.3))  # compiling anew would take that long
        patch.setenv("PYTHONPATH", python_path)  # for the processes it starts
        assert cli.main(words) == 0
    return json.loads(printed.getvalue()), printed.getvalue(), root / "benchmark" / "tiny"


def test_the_json_has_the_documented_fields(answer: Answer) -> None:
    found, _, folder = answer
    assert set(found) == {"about", "headlines", "rows", "differences"}
    assert {"date", "cores", "system", "python", "numba", "simpy", "rounds", "quick"} == set(found["about"])
    for headline in found["headlines"]:
        assert set(headline) == {"ratio", "measured", "must", "aim", "at_most", "with_admission"}
    fields = {"section", "case", "what", "value", "unit", "moving", "ratio", "ratio_moving", "against", "remark"}
    assert all(set(row) == fields for row in found["rows"])
    assert {row["section"] for row in found["rows"]} == set(TITLES)
    assert json.loads((folder / "benchmark.json").read_text()) == found
    assert json.loads((folder / "manifest.json").read_text())["command_line"].startswith("bordersim benchmark --quick")
    assert (folder / "tables" / "benchmark.csv").read_text().count("\n") == len(found["rows"]) + 1


def test_contestants_who_claim_it_release_every_lorry_alike(answer: Answer) -> None:
    found, _, _ = answer
    assert {row["differences"] for row in found["differences"]} == {0}
    simple = found["differences"][0]
    assert {LOOP, JOURNEY, TEXTBOOK} <= set(simple["among"])
    assert simple["lorries"] == len(SMALL)
    assert [d["what"] for d in found["differences"]].count("ledgers") == 1
    assert found["headlines"][0]["measured"] == 0


def test_text_and_markdown_hold_every_table(answer: Answer) -> None:
    found, _, folder = answer
    text, markdown = as_text(found), as_markdown(found)
    for title in ("Ratios", *TITLES.values(), "Differences"):
        assert f"\n{title}\n" in text
        assert f"### {title}\n" in markdown
    assert (folder / "benchmark.md").read_text() == markdown
    widths = {line.count("|") for line in markdown.split("### ")[1].splitlines() if line.startswith("|")}
    assert len(widths) == 1


def test_parts_of_a_day_are_named_and_shares_add_up(answer: Answer) -> None:
    found, _, _ = answer
    parts = {row["what"]: row["value"] for row in found["rows"] if row["section"] == "parts"}
    assert {"agents", "demand", "random numbers", "admission", "flow", "ledger", "indicators"} <= set(parts)
    assert min(parts.values()) > 0
    assert list(parts.values()) == sorted(parts.values(), reverse=True)


def test_the_clock_gives_each_moment_to_the_part_entered_last_and_leaves_no_trace() -> None:
    before = {(id(owner), name): function for owner, name, function, _ in whole._doors()}
    watch = whole.Clock()
    inner = watch._counted(lambda: time.sleep(0.02), "inner")
    with watch.on():
        now = {(id(owner), name): function for owner, name, function, _ in whole._doors()}
        assert all(now[door] is not function for door, function in before.items())
        watch._counted(lambda: (inner(), time.sleep(0.01)), "outer")()
    assert watch.seconds["inner"] >= 0.02 > watch.seconds["outer"] >= 0.01
    assert {(id(owner), name): function for owner, name, function, _ in whole._doors()} == before


def test_a_contestant_who_releases_one_lorry_later_is_caught() -> None:
    def of(moments: list[int]) -> Contestant:
        return Contestant("one", lambda: Outcome(1.0, 1.0, np.array(moments)))

    assert unlike(contest([of([1, 2, 3]), of([1, 2, 3])], 2)) == 0
    assert unlike(contest([of([1, 2, 3]), of([1, 2, 4]), of([0, 0, 0])], 2)) == 4


def test_the_world_measured_is_kept_unless_another_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    measured: list[str] = []

    def note(settings: RunSettings, *_: Any) -> Found:
        measured.append(settings.world_name)
        raise SettingsError("the world is known, which is all that is asked")

    monkeypatch.setattr(benchmark, "measure", note)
    monkeypatch.setattr(benchmark, "warm_up", lambda _: None)
    assert cli.main(["benchmark", f"results_dir={tmp_path}"]) == 2
    assert cli.main(["benchmark", "world=two_countries", f"results_dir={tmp_path}/2"]) == 2
    assert measured == ["us_mexico", "two_countries"]


def test_contestants_run_in_turn_and_ratios_are_medians_over_rounds() -> None:
    order: list[str] = []

    def named(name: str) -> Contestant:
        return Contestant(name, lambda: (order.append(name), Outcome(1.0, 1.0, np.zeros(0)))[1])

    contest([named("a"), named("b")], 3)
    assert order == ["a", "b"] * 3
    assert times_faster([1.0, 1.0, 2.0], [3.0, 5.0, 2.0]) == 3.0


def test_a_tool_that_is_not_installed_is_left_out_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "available", lambda: False)
    monkeypatch.setattr(flow, "c_kernel", lambda: None)
    assert [c.name for c in on_simple_posts(SMALL, [LOOP, IN_C, CIW, TEXTBOOK])] == [LOOP, TEXTBOOK]


def test_lorries_of_the_simple_post_wait_for_the_morning_and_use_every_stage() -> None:
    posts = SimplePosts(days=2, per_day=300, staffed_for=300)
    outcome = on_simple_posts(posts, [JOURNEY])[0].run()
    arrived = np.concatenate([legs["goods_at"] for legs in posts.arrivals])
    assert (outcome.released_ms > arrived).all()
    assert len(np.unique(arrived)) == len(arrived)
    of_day = outcome.released_ms[arrived < OPENS_MS]
    assert len(of_day) > 20
    assert of_day.min() > OPENS_MS
    assert ((arrived % DAY_MS) < OPENS_MS).mean() == pytest.approx(0.08, abs=0.04)
    u = np.concatenate([legs["u_control"] for legs in posts.arrivals])
    assert (u < 0.1).sum() > 20
    assert ((u >= 0.1) & (u < 0.3)).sum() > 60


def test_sizes_change_one_thing_at_a_time_and_are_all_there() -> None:
    for size in (QUICK, FULL):
        assert {posts.posts for _, posts in size.scaling} == {1, 4, 12}
        assert {posts.per_day for _, posts in size.scaling} == {250, 1000, 1400, 4000}
        assert any(posts.per_day > posts.staffed_for for _, posts in size.scaling)
    assert 90 in {posts.days for _, posts in FULL.scaling}
    assert len({name for name, _ in scaling(5, 90)}) == len(scaling(5, 90))


def test_memory_does_not_grow_with_the_horizon() -> None:
    short_run, long_run = (peak_mb(LOOP, days) for days in (3, 9))
    assert long_run < 1.2 * short_run


@compiler
@pytest.mark.parametrize("tick_ms", TICKS_MS)
def test_the_loop_in_c_is_the_same_algorithm(hall: World, tick_ms: int) -> None:
    for rule in ASSIGNMENT_RULES:
        world = stressed_border(hall, rule)
        plan, constants = compile_processes(world), numbers_of(world, tick_ms)
        in_c = c_kernel()
        assert in_c is not None
        engines = (
            new_engine("simpy", plan, constants, log=ROOM),
            LoopEngine(plan.network, constants, plan.slots, log=ROOM, kernel=in_c),
        )
        one, other = (live_through(engine, world, tick_ms, LOADS["overload"], 5, hourly=True) for engine in engines)
        assert differences(one, other).total == 0


def test_numbers_are_printed_in_three_figures() -> None:
    assert [short(x) for x in (None, 0.12345, 12.345, 204.4, 1234.5, 0)] == ["", "0.123", "12.3", "204", "1,234", "0"]
