"""`bordersim sweep`: scenarios side by side at every point of a design; one tidy table, indices, figures, a page."""

import json
import re
import shlex
import sys
import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from experiments.answers import BREAK_EVEN, break_even_rows
from experiments.compare import acts
from experiments.compose import validate
from experiments.design import Design
from experiments.dictionary import DICTIONARY, Meanings
from experiments.entries import EntryStore
from experiments.factors import short_name
from experiments.launch import worker_count
from experiments.listing import built
from experiments.overrides import Override, apply_override, parse_override
from experiments.parts import again, explain_parts, kept
from experiments.points import Failure, Outcome, Point, collect, run_points
from experiments.printing import print_sweep
from experiments.questions import Asked
from experiments.ranges import ranges_table
from experiments.sensitivity import sensitivity_table
from experiments.store import ResultFolder, make_manifest, open_folder, write_manifest
from experiments.tables import differences_table, summary_table, write_tables
from experiments.version import model_version
from sim.settings.errors import BordersimError, SettingsError
from sim.settings.run import RunSettings
from sim.world.reference import data_hashes

if TYPE_CHECKING:
    from experiments.cli import Options

MOST_FAULTS = 5
"""Points whose faults are told before the rest is only counted."""


@dataclass(frozen=True)
class Sweep:
    """Tables of a finished sweep.

    Attributes
    ----------
    tables : points, differences, ranges, sensitivity, design, factors, failures; where a question asks, break_even
    points : points that finished
    legs : legs simulated in all
    wall_s : seconds it took
    """

    tables: dict[str, pd.DataFrame]
    points: int
    legs: int
    wall_s: float


def points_of(asked: Asked) -> list[Point]:
    """Settings of every point, all of them validated.

    Raises
    ------
    SettingsError
        With the faults of the first points that have any, each with its number.
    """
    points, faults = [], []
    for number, values in enumerate(asked.design.points):
        factors = dict(zip(asked.design.paths, values, strict=True))
        try:
            points.append(Point(number, _settings(asked, factors), factors))
        except SettingsError as error:
            shown = ", ".join(f"{short_name(path)}={_written(value)}" for path, value in factors.items())
            faults.append(f"point {number} ({shown}): {error}")
    if faults:
        more = f"; and {len(faults) - MOST_FAULTS} points more" if len(faults) > MOST_FAULTS else ""
        raise SettingsError("; ".join(faults[:MOST_FAULTS]) + more)
    return points


def _settings(asked: Asked, factors: dict[str, Any]) -> RunSettings:
    raw = deepcopy(asked.composed.raw) | {"engine": asked.composed.settings.engine}  # `auto` is decided once
    faults = [f for path, value in factors.items() if (f := apply_override(raw, Override("", path, value)))]
    settings = validate(raw, faults)
    built(settings)  # refuses here what no replication can run
    return settings


def results_of(points: Sequence[Point], store: EntryStore) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Summary and differences of every point, one below the other with the factors wide; and legs in all.

    Parameters
    ----------
    points : sequence of Point
        Points all of whose entries are in the store; at least one.
    store : EntryStore
        Holds them.
    """
    summaries, differences, legs = [], [], 0
    for point in points:
        tables, simulated = collect([point], store, ["replications"])
        replications = tables["replications"].drop(columns="point")
        scenarios = point.settings.scenarios
        measured = [name for name, scenario in scenarios.items() if acts(scenario)]
        summaries.append(_at(point, summary_table(replications)))
        differences.append(_at(point, differences_table(replications, next(iter(scenarios)), measured)))
        legs += simulated
    return pd.concat(summaries, ignore_index=True), _stacked(differences), legs


def break_even_table(points: Sequence[Point], store: EntryStore, life_years: float) -> pd.DataFrame:
    """What would repay the cost, at every point."""
    found = []
    for point in points:
        replications = collect([point], store, ["replications"])[0]["replications"].drop(columns="point")
        measured = [name for name, scenario in point.settings.scenarios.items() if acts(scenario)]
        rows = break_even_rows(replications, measured, life_years)
        found.append(_at(point, pd.DataFrame(rows, columns=list(BREAK_EVEN))))
    return _stacked(found)


def _at(point: Point, table: pd.DataFrame) -> pd.DataFrame:
    """A table of one point with its number and its factors in front."""
    where = pd.DataFrame([{"point": point.number, **point.factors}] * len(table), index=table.index)
    return pd.concat([where.reindex(columns=["point", *point.factors]), table], axis=1)


def _stacked(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables one below the other; those of one scenario have no rows, and pandas would lose types over them."""
    return pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)


def factor_table(design: Design) -> pd.DataFrame:
    """What varied: one row per factor, with its range or values, unit and source."""
    rows = [
        {
            "factor": f.path,
            "low": None if f.values else f.low,
            "high": None if f.values else f.high,
            "values": ", ".join(map(str, f.values)),
            "scale": "log" if f.log else "linear",
            "unit": f.unit,
            "source": f.source,
        }
        for f in design.factors
    ]
    return pd.DataFrame(rows).astype({"low": float, "high": float})


def failure_table(asked: Asked, failures: Sequence[Failure], config_dir: str | None) -> pd.DataFrame:
    """What did not finish, why, and the command that runs its point alone."""
    rows = [
        {
            "point": f.point.number,
            "replication": f.replication,
            "reason": f.reason,
            "command": point_command(asked, f.point, config_dir),
            "trace": f.trace,
        }
        for f in failures
    ]
    columns = {"point": int, "replication": int, "reason": str, "command": str, "trace": str}
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


def point_command(asked: Asked, point: Point, config_dir: str | None) -> str:
    """The command that runs one point by itself; it can be pasted as it is."""
    scenarios = list(point.settings.scenarios)
    own = {"name", "shard", "scenario", "scenarios", "replications", *point.factors}
    words = [word for word in asked.words if parse_override(word).key not in own]
    command = ["compare", f"scenarios=[{','.join(scenarios)}]"]
    if len(scenarios) == 1:
        command = ["run", f"scenario={scenarios[0]}"]
    place = ["--config-dir", config_dir] if config_dir else []
    count = f"replications={point.settings.replications}"
    factors = [f"{path}={_written(value)}" for path, value in point.factors.items()]
    return shlex.join(["bordersim", *command, *place, *words, count, *factors])


def _written(value: Any) -> str:
    """A value as the command line reads it back."""
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z_][\w-]*", value):
        return value
    return json.dumps(value)


def meanings_of(design: Design) -> Meanings:
    """Meanings of the columns of a sweep's tables."""
    at = {"point": ("number of the design point", "")}
    at |= {f.path: ("setting that varies", f.unit) for f in design.factors}
    return {
        "points": {**at, **DICTIONARY["summary"]},
        "differences": {**at, **DICTIONARY["differences"]},
        "design": at,
        "break_even": {**at, **BREAK_EVEN},
    }


def main_sweep(asked: Asked, options: "Options") -> int:
    """Run what is missing, write the results folder, print the ranges; returns the exit code."""
    start = time.perf_counter()
    points = points_of(asked)
    settings = {**asked.composed.raw, **asked.question.model_dump()}
    folder = open_folder(Path(options.results_dir), options.command, options.name, settings)
    try:
        store = EntryStore(folder.path)
        outcome = run_points(points, store, options.shard)
        if outcome.done + len(outcome.failures) < outcome.total:
            return explain_parts(outcome, folder, options)
        found = _tables(asked, points, store, outcome, options, start)
        _write(folder, asked, settings, options, found, outcome)
        store.tidy()
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt(
            f"{str(interrupt) or 'all replications finished, tables not written'}; {kept(folder, options)}"
        ) from interrupt
    print_sweep(asked, found.tables, folder, found.points, found.legs, found.wall_s, as_json=options.json)
    return _tell_failures(found.tables["failures"], folder, options)


def _tables(
    asked: Asked, points: Sequence[Point], store: EntryStore, outcome: Outcome, options: "Options", start: float
) -> Sweep:
    failed = {failure.point.number for failure in outcome.failures}
    finished = [point for point in points if point.number not in failed]
    failures = failure_table(asked, outcome.failures, options.config_dir)
    if not finished:
        row = failures.iloc[0]
        raise BordersimError(f"no point finished; point {row['point']}: {row['reason']}; by itself: {row['command']}")
    results, differences, legs = results_of(finished, store)
    seed = asked.composed.settings.seed
    tables = {
        "points": results,
        "differences": differences,
        "ranges": ranges_table(results, differences),
        "sensitivity": sensitivity_table(asked.design, results, differences, seed),
        "design": asked.design.table(),
        "factors": factor_table(asked.design),
        "failures": failures,
    }
    question = asked.composed.settings.question
    if question is not None and question.life_years is not None:
        tables["break_even"] = break_even_table(finished, store, question.life_years)
    return Sweep(tables, len(finished), legs, time.perf_counter() - start)


def _write(
    folder: ResultFolder, asked: Asked, settings: dict[str, Any], options: "Options", found: Sweep, outcome: Outcome
) -> None:
    """Everything people and programs read. The manifest, which closes the folder, only where no point failed."""
    from experiments.sweep_report import draw_figures, make_report

    first = asked.composed.settings
    manifest = make_manifest(
        settings=settings,
        seed=first.seed,
        data_hashes=data_hashes(),
        engine=first.engine,
        wall_time_s=found.wall_s,
        command_line=options.command_line,
    ) | {
        "model_version": model_version(),
        "workers": worker_count(first.workers, outcome.total),
        "points": len(asked.design.points),
        "replications_found": outcome.found,
        "legs": found.legs,
        "fitted": getattr(first.world, "fitted", ""),
    }
    write_tables(folder.tables, found.tables, meanings_of(asked.design))
    figures = draw_figures(folder.figures, asked, found.tables)
    make_report(folder.report, asked, found.tables, figures, manifest)
    if not outcome.failures:
        write_manifest(folder, manifest)


def _tell_failures(failures: pd.DataFrame, folder: ResultFolder, options: "Options") -> int:
    if not len(failures):
        return 0
    for row in failures.to_dict("records"):
        where = f"point {row['point']}, replication {row['replication']}"
        print(f"bordersim: {where}: {row['reason']}; by itself: {row['command']}", file=sys.stderr)
    points = failures["point"].nunique()
    print(
        f"bordersim: {points} of the points failed and stand in no table but tables/failures.csv; "
        f"to try again type {again(folder, options)}",
        file=sys.stderr,
    )
    return 1
