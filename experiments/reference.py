"""`bordersim reference`: the study of two years under drawn assumptions, and the small part of it that is kept."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from experiments.disk import disk_may_refuse, temporary, write_atomic
from experiments.report.first_page import JUDGED, WHO
from experiments.store import MANIFEST, SETTINGS, refuse_others
from experiments.tasks import task_of
from sim.settings.run import WINDOWS

if TYPE_CHECKING:
    from experiments.cli import Options

NAME, QUESTION = "reference", "corridor_two_years"
WHOLE = ("calibration", "dictionary", "strata")
"""Tables kept as they are; of the others the rows that a reader looks for."""
CUT = ("summary", "differences", "assumption_ranges", "drivers", "draw_effects")
PARTS = ("time_by_stage_h", "time_by_party_h")
"""Indicators of which every group is kept: where the time goes."""
FIGURES = ("trade_off_plane", "who_gains")
"""Kept as pictures; the report holds all of them."""


def main_reference(overrides: Sequence[str], config_dir: str | None, options: "Options") -> int:
    """Run the study, or go on with it, and keep its small part in `results/reference/`; returns the exit code.

    Parameters
    ----------
    overrides : sequence of str
        Whatever is typed wins over the question's settings.
    config_dir : str, optional
        The user's own folder of settings.
    options : Options
        How the command was called.
    """
    task = task_of("compare", [f"question={QUESTION}", *overrides], config_dir)
    c = task.composed
    name, root = c.name or NAME, Path(c.results_dir)
    folder = root / "compare" / name
    for whole in (folder, root / NAME):
        if (whole / MANIFEST).is_file():
            refuse_others(whole, c.raw, "the finished study", "choose another results_dir, or move that one away")
    if not (folder / MANIFEST).is_file():
        told = replace(options, command="compare", name=name, results_dir=c.results_dir, shard=c.shard)
        code = task.begin(told)
        if code or not (folder / MANIFEST).is_file():  # failed, or other parts of it are still to come
            return code
    keep(folder, root / NAME)
    print(f"kept in {root / NAME}")
    return 0


def keep(folder: Path, target: Path) -> None:
    """Copy settings, manifest, report, PNG figures and small tables of a finished comparison.

    Parameters
    ----------
    folder : Path
        The comparison's.
    target : Path
        Replaced once all is copied.
    """
    with disk_may_refuse(target):
        part = temporary(target.parent)
        _copy(folder, part)
        shutil.rmtree(target, ignore_errors=True)
        os.rename(part, target)


def _copy(folder: Path, target: Path) -> None:
    for file in (SETTINGS, MANIFEST, "report.html"):
        write_atomic(target / file, (folder / file).read_bytes())
    for name in (f"{figure}{window}" for figure in FIGURES for window in ("", *(f"_{w}" for w in WINDOWS[1:]))):
        picture = folder / "figures" / f"{name}.png"
        if picture.is_file():
            write_atomic(target / "figures" / picture.name, picture.read_bytes())
    for name in WHOLE:
        table = folder / "tables" / f"{name}.csv"
        if table.is_file():
            write_atomic(target / "tables" / table.name, table.read_bytes())
    for name in CUT:
        rows = short(pd.read_csv(folder / "tables" / f"{name}.csv"))
        write_atomic(target / "tables" / f"{name}.csv", rows.to_csv(index=False).encode())


def short(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of whole windows that speak of everybody, of a regime, of who is affected or of where time goes, numbered.

    Parameters
    ----------
    table : DataFrame
        As it was written, with columns period and group.
    """
    numbered = table.copy()
    numbered.insert(0, "line", table.index + 2)
    groups = table["group"].astype(str)
    read = (groups == "all") | groups.str.startswith(WHO) | table["indicator"].isin(PARTS)
    if "draw" in table:  # of single draws, the effects that are judged
        read = table["indicator"].isin([topic.indicator for topic in JUDGED])
    return numbered[table["period"].isin(WINDOWS) & read]
