"""What all figures share: looks told apart without colour, legends, notes, and files that repeat byte by byte."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.disk import write_atomic
from sim.settings.run import WINDOWS

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito (2008), told apart with any colour vision; their yellow is too pale for lines and is left out."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">")
HATCHES = ("", "///", "...", "xx", "\\\\\\", "++", "oo", "--", "**")
LINES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)))
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "bordersim",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "hatch.linewidth": 0.6,
}
WIDTH_IN = 8.0
WIDEST = 90
"""Letters of a legend in one line."""


def new_figure(panels: int, height_in: float, ratios: Sequence[float] | None = None) -> tuple[Figure, list[Axes]]:
    """Figure of the report's width with panels one below the other."""
    figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
    axes = figure.subplots(panels, 1, squeeze=False, height_ratios=ratios)
    return figure, list(axes.ravel())


def select(summary: pd.DataFrame, indicator: str, prefix: str = "all") -> pd.DataFrame:
    """Rows of an indicator over a whole window whose group starts with `prefix`; the summary is of one window."""
    rows = (summary["indicator"] == indicator) & summary["period"].isin(WINDOWS)
    return summary[rows & summary["group"].str.startswith(prefix)]


def words(name: str) -> str:
    """A stable name as a reader would write it: `post:Ysleta` becomes "post Ysleta"."""
    return name.replace("_", " ").replace(":", " ")


def title_of(scenario: str, titles: Mapping[str, str] | None) -> str:
    """Readable name of a scenario."""
    return (titles or {}).get(scenario) or words(scenario)


def look(k: int) -> dict[str, Any]:
    """Colour and marker of the k-th scenario; 70 pairs before one comes twice."""
    return {"color": COLOURS[k % len(COLOURS)], "marker": MARKERS[k % len(MARKERS)], "markersize": 6}


def handle(k: int, label: str) -> Line2D:
    """Legend entry of the k-th scenario."""
    return Line2D([], [], linestyle="none", label=label, **look(k))


def legend_above(figure: Figure, handles: Sequence[Artist]) -> None:
    """One legend for all panels, over them, where it can hide nothing."""
    if handles:
        letters = sum(len(str(h.get_label())) for h in handles) + 4 * len(handles)
        columns = len(handles) if letters <= WIDEST else 4
        figure.legend(handles=handles, loc="outside upper left", ncols=columns, frameon=False, handletextpad=0.3)


def note(figure: Figure, text: str) -> None:
    """What bars mean and how many replications stand behind them, at the foot."""
    figure.supxlabel(text, fontsize=8, color="0.3", x=0.01, ha="left")


def count(summary: pd.DataFrame) -> str:
    """Number of replications in words."""
    n = int(summary["replications"].max()) if len(summary) else 0
    return f"{n} replications" if n != 1 else "1 replication (no interval)"


def svg(figure: Figure) -> str:
    """Figure as SVG text; equal figures give equal text."""
    buffer = BytesIO()
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return buffer.getvalue().decode()


def save_figure(figure: Figure, folder: Path, name: str) -> str:
    """Write `<name>.svg` and `<name>.png` (200 dots per inch).

    Returns
    -------
    str
        The SVG text, for the report.
    """
    text = svg(figure)
    write_atomic(folder / f"{name}.svg", text.encode())
    buffer = BytesIO()
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format="png", dpi=200, metadata={"Software": None})
    write_atomic(folder / f"{name}.png", buffer.getvalue())
    return text
