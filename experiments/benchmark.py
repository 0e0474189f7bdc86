"""`bordersim benchmark`: speed as ratios, on the same lorries in turn, with differences counted."""

import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd

from experiments.bench import whole
from experiments.bench.contest import Standing, contest, times_faster
from experiments.bench.flow import CIW, IN_C, JOURNEY, LOOP, TEXTBOOK, admitted, on_simple_posts, on_world
from experiments.bench.memory import bytes_per_leg, peak_mb
from experiments.bench.rows import Found, Headline, Row, as_markdown, as_text
from experiments.bench.simple_post import SimplePosts
from experiments.bench.startup import HELP, IMPORT, compile_seconds, seconds
from experiments.compose import compose
from experiments.disk import write_atomic
from experiments.engine import warm_up
from experiments.store import make_manifest, open_folder, versions, write_manifest
from experiments.verify.ledgers import unlike
from sim.settings.run import RunSettings
from sim.world.reference import data_hashes

MEASURED_WORLD = "world=us_mexico"
"""Where the flow is tried on besides simple posts unless another world is named; kept, so measurements compare."""
ONE_POST, TWELVE_POSTS = "simple post, 1,000 a day", "12 simple posts, 1,000 a day each"


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Attributes
    ----------
    rounds : of every contest
    one, twelve : the simple posts
    scaling : name and simple posts of each case
    world_days : days of legs of the shipped world
    horizons : days of the two runs whose peak memory is compared
    starts : how often a new process is timed
    whole_days : days of the whole experiment
    """

    rounds: int
    one: SimplePosts
    twelve: SimplePosts
    scaling: tuple[tuple[str, SimplePosts], ...]
    world_days: int
    horizons: tuple[int, int]
    starts: int
    whole_days: int


def scaling(days: int, longest: int) -> tuple[tuple[str, SimplePosts], ...]:
    """Posts, days, volume and overload, one changed at a time."""
    usual = SimplePosts(days=days)
    busy = replace(usual, per_day=1400)
    return (
        *((f"posts: {posts}", replace(usual, posts=posts)) for posts in (1, 4, 12)),
        *((f"days: {n}", replace(usual, days=n)) for n in (days, longest)),
        *((f"lorries a day: {n:,}", replace(usual, per_day=n, staffed_for=n)) for n in (250, 1000, 4000)),
        *((f"overload, 1,400 for 1,000 a day, days: {n}", replace(busy, days=n)) for n in (days, days + 3)),
    )


FULL = Size(
    rounds=7,
    one=SimplePosts(days=10),
    twelve=SimplePosts(posts=12, days=2),
    scaling=scaling(5, 90),
    world_days=5,
    horizons=(10, 90),
    starts=5,
    whole_days=54,
)
QUICK = Size(
    rounds=2,
    one=SimplePosts(days=3),
    twelve=SimplePosts(posts=12, days=1),
    scaling=scaling(1, 6),
    world_days=1,
    horizons=(5, 20),
    starts=1,
    whole_days=9,
)


def measure(settings: RunSettings, size: Size, quick: bool = False) -> Found:
    """Measure everything.

    Parameters
    ----------
    settings : RunSettings
        World and scenarios of the whole experiment, and whose legs the flow is tried on besides simple posts.
    size : Size
        How much.
    quick : bool
        Whether to say that it was quick.
    """
    found = Found(_about(size, quick))
    for section in (_flow, _scaling, _memory, _start_up, _experiment, _parts):
        _say(section.__name__.strip("_").replace("_", "-"))
        section(found, settings, size)
    found.headlines.insert(0, Headline("differences between contestants", found.different, 0, 0, at_most=True))
    return found


def _flow(found: Found, settings: RunSettings, size: Size) -> None:
    warm = replace(size.one, days=1, per_day=50)
    contest(on_simple_posts(warm, [LOOP, IN_C, CIW]), 1)  # so that nobody's first round compiles or imports
    for case, posts, ciw in ((ONE_POST, size.one, (150, 350)), (TWELVE_POSTS, size.twelve, (1000, 2500))):
        standings = contest(on_simple_posts(posts, [LOOP, IN_C, JOURNEY, TEXTBOOK, CIW]), size.rounds)
        found.flow("flow", case, standings, len(posts), TEXTBOOK)
        by_name = {s.name: s for s in standings}
        found.headlines += [
            _headline(f"compiled loop vs textbook SimPy, {case}", by_name, LOOP, TEXTBOOK, 100, 200),
            _headline(f"compiled loop vs Ciw, {case}", by_name, LOOP, CIW, *ciw),
            _headline(f"time of the compiled loop / of the loop in C, {case}", by_name, IN_C, LOOP, 1.5, 1.15, True),
        ]
        absent = {CIW: "not installed; pip install 'bordersim[bench]'", IN_C: "no compiler"}
        found.rows += [Row("flow", case, n, None, "", remark=why) for n, why in absent.items() if n not in by_name]
    lasting = whole.lasting(settings, size.world_days + 1)
    contestants, legs = on_world(lasting, size.world_days, [LOOP, IN_C, JOURNEY, TEXTBOOK])
    standings = contest(contestants, size.rounds)
    case = f"legs of {settings.world_name}"
    found.flow("flow", case, standings, legs, TEXTBOOK)
    by_name = {s.name: s for s in standings}
    found.headlines.append(_headline(f"SimPy journeys vs textbook SimPy, {case}", by_name, JOURNEY, TEXTBOOK, 1, 2.5))


def _headline(
    ratio: str, standings: dict[str, Standing], one: str, yardstick: str, must: float, aim: float, at_most: bool = False
) -> Headline:
    """How many times faster one is than the yardstick, if both were there."""
    if one not in standings or yardstick not in standings:
        return Headline(ratio, None, must, aim, at_most)
    a, b = standings[one], standings[yardstick]
    moving, with_admission = times_faster(a.moving_s, b.moving_s), times_faster(a.whole_s, b.whole_s)
    return Headline(ratio, moving, must, aim, at_most, with_admission)


def _scaling(found: Found, settings: RunSettings, size: Size) -> None:
    del settings
    for case, posts in size.scaling:
        standings = contest(on_simple_posts(posts, [LOOP, JOURNEY, TEXTBOOK]), max(1, size.rounds // 2))
        found.flow("scaling", case, standings, len(posts), TEXTBOOK)


def _memory(found: Found, settings: RunSettings, size: Size) -> None:
    del settings
    room = bytes_per_leg(replace(size.one, per_day=4000))
    found.rows.append(Row("memory", "array engine", "arrays", room, "bytes a leg alive", remark="all columns, events"))
    for name in (LOOP, JOURNEY):
        for days in size.horizons:
            found.rows.append(Row("memory", f"peak in {days} days, 1,000 a day", name, peak_mb(name, days), "MB"))


def _start_up(found: Found, settings: RunSettings, size: Size) -> None:
    del settings
    cold, warm = compile_seconds()
    for case, value in (
        ("bordersim --help", seconds(HELP, size.starts)),
        ("import of everything a comparison needs", seconds(IMPORT, size.starts)),
        ("compiled loop, nothing on disk", cold),
        ("compiled loop, from the cache on disk", warm),
    ):
        found.rows.append(Row("start-up", case, "", value, "s"))


def _experiment(found: Found, settings: RunSettings, size: Size) -> None:
    world_days = size.whole_days * len(settings.scenarios)
    settings = whole.lasting(settings, size.whole_days)
    engines = {LOOP: "loop", JOURNEY: "simpy"}
    legs = admitted(settings, size.whole_days)
    count = sum(len(day) for scenario in legs for day in scenario)
    runs: dict[str, list[whole.Experiment]] = {name: [] for name in engines}
    textbook: list[float] = []
    for _ in range(max(1, size.rounds // 2)):
        for name, engine in engines.items():
            runs[name].append(whole.run(settings, engine))
        textbook.append(whole.textbook_seconds(settings, legs))
    case = f"{settings.world_name}, {len(settings.scenarios)} scenarios, {size.whole_days} days, {count:,} legs"
    for name, mine in runs.items():
        ratio = times_faster([r.seconds for r in mine], textbook)
        ms = median(r.seconds for r in mine) / world_days * 1e3
        found.rows.append(Row("experiment", case, name, ms, "ms a world-day", ratio=ratio, against="flow alone"))
    ms = median(textbook) / world_days * 1e3
    found.rows.append(Row("experiment", case, f"{TEXTBOOK}, flow alone", ms, "ms a world-day"))
    differ = unlike([mine[-1].ledgers for mine in runs.values()])
    found.differences.append(
        {"case": case, "among": [*runs], "lorries": count, "what": "ledgers", "differences": differ}
    )
    fastest = times_faster([r.seconds for r in runs[LOOP]], textbook)
    found.headlines.append(Headline("whole experiment vs textbook SimPy flow alone", fastest, 20, 50))


def _parts(found: Found, settings: RunSettings, size: Size) -> None:
    parts = whole.parts_ms(whole.lasting(settings, size.whole_days))
    total = sum(parts.values())
    found.rows += [
        Row("parts", settings.world_name, part, ms, "ms a world-day", remark=f"{ms / total:.0%}")
        for part, ms in parts.items()
    ]


def _about(size: Size, quick: bool) -> dict[str, Any]:
    known = versions()
    return {
        "date": date.today().isoformat(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": known["python"],
        "numba": known["numba"],
        "simpy": known["simpy"],
        "rounds": size.rounds,
        "quick": quick,
    }


def _say(section: str) -> None:
    if sys.stderr.isatty():
        print(f"measuring {section}", file=sys.stderr)


def _names_world(overrides: Sequence[str]) -> bool:
    return any(word.partition("=")[0] in ("world", "question") for word in overrides)


def main_benchmark(
    overrides: Sequence[str], quick: bool, as_json: bool, config_dir: str | None, command_line: str
) -> int:
    """Measure, print, write `results/benchmark/<name>/`; 1 if contestants who should agree do not, else 0."""
    composed = compose("compare", overrides if _names_world(overrides) else [MEASURED_WORLD, *overrides], config_dir)
    warm_up(composed.settings.model_copy(update={"engine": "loop"}))
    folder = open_folder(Path(composed.results_dir), "benchmark", composed.name, composed.raw)
    start = time.perf_counter()
    found = measure(composed.settings, QUICK if quick else FULL, quick)
    plain = found.plain()
    manifest = make_manifest(
        settings=composed.raw,
        seed=composed.settings.seed,
        data_hashes=data_hashes(),
        engine="loop, simpy",
        wall_time_s=time.perf_counter() - start,
        command_line=command_line,
    )
    text = json.dumps(plain, indent=2)
    write_atomic(folder.path / "benchmark.json", f"{text}\n".encode())
    write_atomic(folder.path / "benchmark.md", as_markdown(plain).encode())
    write_atomic(folder.tables / "benchmark.csv", pd.DataFrame(plain["rows"]).to_csv(index=False).encode())
    write_manifest(folder, manifest)
    print(text if as_json else f"{as_text(plain)}\n\nkept in {folder.path}")
    return 0 if found.different == 0 else 1
