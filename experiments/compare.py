"""`bordersim compare`: scenarios side by side on the same journeys; tables, figures and a report."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.dictionary import DICTIONARY
from experiments.engine import warm_up
from experiments.legs import gather_legs, keep_legs
from experiments.replicate import replicate, worker_count
from experiments.store import ResultFolder, make_manifest, open_folder, write_atomic, write_manifest, write_settings
from experiments.tables import differences_table, summary_table, write_tables
from sim.replication import ReplicationResult, distribution_edges_h, replicate_once
from sim.settings.run import RunSettings, Scenario
from sim.world.reference import data_hashes

if TYPE_CHECKING:
    from experiments.cli import Options

MECHANISM_COLUMNS = [
    "scenario", "measure", "parameter", "who", "operation", "value", "value_first", "before", "after", "from_day",
    "to_day", "clamped",
]  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """Tables of a finished comparison.

    Attributes
    ----------
    tables : summary, differences (empty with one scenario), replications, daily, mechanisms, distribution, strata
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


def tables_of(settings: RunSettings, results: list[ReplicationResult]) -> dict[str, pd.DataFrame]:
    """All tables of a list of finished replications, in order of replication."""
    replications = pd.DataFrame([row for r in results for row in r.indicators])
    reference = next(iter(settings.scenarios))
    measured = [name for name, scenario in settings.scenarios.items() if acts(scenario)]
    mechanisms = pd.DataFrame(results[0].mechanisms, columns=MECHANISM_COLUMNS)
    return {
        "summary": summary_table(replications),
        "differences": differences_table(replications, reference, measured),
        "replications": replications,
        "daily": pd.DataFrame([row for r in results for row in r.daily]),
        "mechanisms": mechanisms,
        "distribution": distribution_table(results),
        "strata": strata_table(results),
    }


def distribution_table(results: list[ReplicationResult]) -> pd.DataFrame:
    """Cumulative distribution of headline clearance per scenario, all replications together."""
    edges = distribution_edges_h()
    frames = []
    for scenario in results[0].distribution:
        counts = np.sum([r.distribution[scenario] for r in results], axis=0)
        reached = counts.cumsum()
        total = max(int(reached[-1]), 1)
        shown = (counts > 0) | (edges == edges[-1])
        curve = {"scenario": scenario, "hours": edges[shown], "share": reached[shown] / total, "journeys": total}
        frames.append(pd.DataFrame(curve))
    return pd.concat(frames, ignore_index=True)


def strata_table(results: list[ReplicationResult]) -> pd.DataFrame:
    """Attempts of every scenario beside the reference's, by stratum; counts, empty where none were made."""
    table = pd.DataFrame([row for r in results for row in r.strata], columns=list(DICTIONARY["strata"]))
    return table.astype({name: "Int64" for name in table.columns if name.startswith(("stopped", "unfinished"))})


def compare(settings: RunSettings, folder: ResultFolder | None = None, progress: bool = True) -> Comparison:
    """Run all scenarios of all replications and compute every table.

    Parameters
    ----------
    settings : RunSettings
        The first scenario is the reference.
    folder : ResultFolder, optional
        Where each finished replication is kept at once (`finished/`), so that an interruption loses none.
    progress : bool
        Whether to show a bar with the time left.
    """
    start = time.perf_counter()

    def keep(replication: int, result: ReplicationResult) -> None:
        if folder is not None:
            rows = pd.DataFrame(result.indicators).to_csv(index=False).encode()
            (folder.path / "finished").mkdir(exist_ok=True)
            write_atomic(folder.path / "finished" / f"replication-{replication:04d}.csv", rows)
            keep_legs(folder.path / "finished", result)

    warm_up(settings)
    results = replicate(settings, replicate_once, keep, progress)
    return Comparison(
        tables=tables_of(settings, results),
        reference=next(iter(settings.scenarios)),
        legs=sum(r.legs for r in results),
        wall_s=time.perf_counter() - start,
    )


def main_compare(settings: RunSettings, raw: dict[str, Any], options: "Options") -> int:
    """Run, write the results folder, print the comparison; returns the exit code."""
    from experiments.printing import print_comparison
    from experiments.reporting import draw_figures, make_report

    folder = open_folder(Path(options.results_dir), options.command, options.name, raw)
    write_settings(folder, raw)
    try:
        found = compare(settings, folder)
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt(f"{interrupt}; they are kept in {folder.path / 'finished'}") from interrupt
    manifest = make_manifest(
        settings=raw,
        seed=settings.seed,
        data_hashes=data_hashes(),
        engine=settings.engine,
        wall_time_s=found.wall_s,
        command_line=options.command_line,
    ) | {"workers": worker_count(settings), "legs": found.legs, "fitted": getattr(settings.world, "fitted", "")}
    write_manifest(folder, manifest)
    write_tables(folder.tables, found.tables, written_apart=["legs"] if settings.legs else [])
    if settings.legs:
        gather_legs(folder.path / "finished", list(settings.scenarios), folder.tables / "legs.parquet")
    figures = draw_figures(folder.figures, settings, found.tables)
    make_report(folder.report, settings, raw, found.tables, figures, manifest)
    print_comparison(settings, found, folder, as_json=options.json)
    return 0
