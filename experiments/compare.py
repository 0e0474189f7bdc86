"""`bordersim compare`: scenarios side by side on the same journeys; tables, figures and a report."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.answers import FASTER_AS_SAFE, faster_as_safe_table
from experiments.assumption_range import Effects, effect_table, effects_of, range_table
from experiments.calibration import calibration_table
from experiments.design import Design
from experiments.dictionary import DICTIONARY
from experiments.draws import Draws, draws_of
from experiments.drivers import driver_table
from experiments.engine import with_engine
from experiments.entries import EntryStore
from experiments.launch import worker_count
from experiments.legs import gather_legs
from experiments.listing import built
from experiments.owners import read_by
from experiments.parts import explain_parts, kept
from experiments.points import Outcome, Point, collect, run_points
from experiments.printed import print_report
from experiments.printing import print_comparison
from experiments.store import ResultFolder, make_manifest, open_folder, write_manifest
from experiments.strata import strata_table
from experiments.tables import differences_table, summary_table, write_tables
from experiments.verdicts import with_verdicts
from experiments.version import model_version
from sim.replication import distribution_edges_h
from sim.settings.run import RunSettings, Scenario
from sim.world.reference import data_hashes

if TYPE_CHECKING:
    from experiments.cli import Options


@dataclass(frozen=True)
class Comparison:
    """Tables of a finished comparison.

    Attributes
    ----------
    tables : summary, calibration, differences (empty with one scenario), replications, daily, mechanisms,
        distribution, strata; assumption_ranges, drivers, draw_effects, draws (empty where assumptions were not drawn);
        where a question asks for it, faster_as_safe
    reference : scenario the others are compared with
    legs : legs simulated in all
    wall_s : seconds it took
    """

    tables: dict[str, pd.DataFrame]
    reference: str
    legs: int
    wall_s: float


def acts(scenario: Scenario) -> bool:
    """Whether any measure of a scenario has an intensity above 0."""
    return any(m.intensity > 0 for m in scenario.measures)


def tables_of(settings: RunSettings, draws: Draws, store: EntryStore) -> tuple[dict[str, pd.DataFrame], int]:
    """All tables of a comparison whose entries are all in the store, and legs simulated in all."""
    tables, legs = collect([Point(0, settings)], store)
    drawn, legs_drawn = drawn_tables(settings, draws, tables["replications"], store)
    stored = {name: table.drop(columns="point") for name, table in tables.items()}
    replications, mechanisms = stored["replications"], stored["mechanisms"]
    scenarios, spans = list(settings.scenarios), settings.length.spans
    reference = scenarios[0]
    measured = [name for name, scenario in settings.scenarios.items() if acts(scenario)]
    differences = differences_table(replications, reference, measured)
    asked = settings.question
    answer = {}
    if asked is not None and asked.saved_min is not None:
        answer["faster_as_safe"] = faster_as_safe_table(differences, asked.saved_min)
    summary, bands = summary_table(replications), getattr(settings.world, "published", ())
    return {
        "summary": summary,
        "calibration": calibration_table(summary, reference, next(iter(spans)), bands),
        "differences": with_verdicts(differences, drawn["assumption_ranges"], drawn["drivers"]),
        "replications": replications,
        "daily": stored["daily"],
        "mechanisms": mechanisms[mechanisms["replication"] == 0].drop(columns="replication").reset_index(drop=True),
        "distribution": distribution_table(stored["distribution"], scenarios, list(spans)),
        "strata": strata_table(stored["attempts"], scenarios, settings.replications, spans),
        **drawn,
        **answer,
    }, legs + legs_drawn


def drawn_tables(
    settings: RunSettings, draws: Draws, central: pd.DataFrame, store: EntryStore
) -> tuple[dict[str, pd.DataFrame], int]:
    """What the effects are where assumptions are drawn, and legs simulated for it.

    Parameters
    ----------
    settings : RunSettings
        The comparison at central values.
    draws : Draws
        The draws; all their entries are in the store.
    central : DataFrame
        `replications` at central values.
    store : EntryStore
        Holds the entries.
    """
    names = ("assumption_ranges", "drivers", "draw_effects", "draws")
    if not draws.points:
        return {name: pd.DataFrame(columns=list(DICTIONARY[name])) for name in names}, 0
    tables, legs = collect(draws.points, store, ["replications"])
    drawn = tables["replications"].rename(columns={"point": "draw"})
    effects = effects_of(drawn, central, next(iter(settings.scenarios)))
    drivers = followed(settings, draws.design, effects)
    found = (range_table(effects), drivers, effect_table(effects), draws.table())
    return dict(zip(names, found, strict=True)), legs


def followed(settings: RunSettings, design: Design, effects: Effects) -> pd.DataFrame:
    """The assumptions each effect follows most, of those that its scenario or the reference reads; prices where it is
    an amount of money.

    All are drawn, since a hypercube without some would draw the others anew; what nothing reads moves nothing, and the
    strongest of fewer is less often strong by chance.
    """
    reference, *others = settings.scenarios.items()
    tables = [
        driver_table(
            read_by(design, settings, (reference[1], scenario), money), effects.of(name).in_money(money), settings.seed
        )
        for name, scenario in others
        for money in (False, True)
    ]
    return pd.concat([t for t in tables if len(t)] or tables[:1], ignore_index=True)


def distribution_table(counts: pd.DataFrame, scenarios: Sequence[str], windows: Sequence[str]) -> pd.DataFrame:
    """Cumulative distribution of headline clearance per window and scenario, all replications together.

    Parameters
    ----------
    counts : DataFrame
        Columns scenario, period, bin, journeys; only bins that hold any.
    scenarios, windows : sequence of str
        In the order wanted.
    """
    edges = distribution_edges_h()
    frames = []
    for window, scenario in product(windows, scenarios):
        mine = counts[(counts["scenario"] == scenario) & (counts["period"] == window)]
        journeys = np.bincount(mine["bin"], mine["journeys"], minlength=len(edges)).astype(np.int64)
        reached = journeys.cumsum()
        total = max(int(reached[-1]), 1)
        shown = (journeys > 0) | (edges == edges[-1])
        share = reached[shown] / total
        curve = {"scenario": scenario, "period": window, "hours": edges[shown], "share": share, "journeys": total}
        frames.append(pd.DataFrame(curve))
    return pd.concat(frames, ignore_index=True)


def main_compare(settings: RunSettings, raw: dict[str, Any], options: "Options") -> int:
    """Run what is missing, write the results folder, print the comparison; returns the exit code."""
    start = time.perf_counter()
    built(settings)  # refuses here what no replication can run
    draws = draws_of(settings, raw)
    folder = open_folder(Path(options.results_dir), options.command, options.name, raw)
    try:
        store = EntryStore(folder.path)
        outcome = run_points([Point(0, settings), *draws.points], store, options.shard)
        if not outcome.whole:
            return explain_parts(outcome, folder, options)
        tables, legs = tables_of(settings, draws, store)
        found = Comparison(tables, next(iter(settings.scenarios)), legs, time.perf_counter() - start)
        _write(folder, store, settings, raw, options, found, outcome, draws)
        store.tidy()
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt(f"{str(interrupt) or 'tables not yet written'}; {kept(folder, options)}") from interrupt
    print_comparison(settings, found, folder, as_json=options.json)
    return 0


def _write(
    folder: ResultFolder,
    store: EntryStore,
    settings: RunSettings,
    raw: dict[str, Any],
    options: "Options",
    found: Comparison,
    outcome: Outcome,
    draws: Draws,
) -> None:
    """Everything people and programs read, the manifest last."""
    from experiments.reporting import draw_figures, make_report

    manifest = make_manifest(
        settings=raw,
        seed=settings.seed,
        data_hashes=data_hashes(),
        engine=with_engine(settings).engine,
        wall_time_s=found.wall_s,
        command_line=options.command_line,
    ) | {
        "model_version": model_version(),
        "workers": worker_count(settings.workers, outcome.total),
        "replications_found": outcome.found,
        "draws_made_anew": list(draws.refused),
        "legs": found.legs,
        "fitted": getattr(settings.world, "fitted", ""),
    }
    apart = ["legs"] if settings.legs else []
    write_tables(folder.tables, found.tables, {"faster_as_safe": FASTER_AS_SAFE}, apart)
    if settings.legs:
        gather_legs(Point(0, settings), store, folder.tables / "legs.parquet")
    figures = draw_figures(folder.figures, settings, found.tables)
    make_report(folder.report, settings, raw, found.tables, figures, manifest)
    if options.pdf:
        print_report(folder.report)
    write_manifest(folder, manifest)
