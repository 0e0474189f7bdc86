"""What all figures share: looks told apart without colour, legends, notes, and files that repeat byte by byte."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from experiments.disk import write_atomic
from sim.settings.run import WINDOWS

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito (2008), told apart with any colour vision; their yellow is too pale for lines and is left out."""
IN_ROWS = 5
"""Size of markers of scenarios that stand one below the other in a row."""
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
TALLEST_IN = 1.35 * WIDTH_IN
"""As wide as the text of an A4 page, a figure so tall still leaves room for its caption."""
WIDEST, WIDEST_NOTE = 90, 135
"""Letters in one line of a legend, and of the note at the foot."""
PARTIES = {
    "trader_broker": "trader and broker",
    "customs": "customs",
    "other_agency": "other agencies",
    "terminal_transport": "terminal and transport",
    "bank": "bank",
    "": "no single party",
}
"""Who is responsible for a stage, in the order in which figures show them."""


def new_figure(
    panels: int, height_in: float, ratios: Sequence[float] | None = None, columns: int = 1, sharex: bool = False
) -> tuple[Figure, list[Axes]]:
    """Figure of the report's width with panels one below the other, and beside each other; never taller than a page."""
    figure = Figure(figsize=(WIDTH_IN, min(height_in, TALLEST_IN)), layout="constrained")
    axes = figure.subplots(panels, columns, squeeze=False, height_ratios=ratios, sharex=sharex)
    return figure, list(axes.ravel())


def row_in(scenarios: int) -> float:
    """Height of a row in which each scenario has a marker of its own."""
    return 0.1 + 0.09 * scenarios


def rows_that_fit(row: float, beside: float) -> int:
    """Rows of so many inches on a page, of which `beside` inches are taken."""
    return max(3, int((TALLEST_IN - beside) / row))


def gather(rows: pd.DataFrame, value: str, keep: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the ways with the largest values, largest first, and the sum of all others by scenario, if any.

    The sum has no interval: that would need to know how the ways vary together, which their rows do not tell.
    """
    size = rows[value].abs().groupby(rows["group"], sort=False).sum().sort_values(ascending=False, kind="stable")
    names = size.index if len(size) <= keep + 1 else size.index[size > 0][:keep]
    place = pd.Series(range(len(names)), index=names)
    told = rows[rows["group"].isin(names)].sort_values("group", key=lambda g: g.map(place), kind="stable")
    others = rows[~rows["group"].isin(names)]
    sums = others.groupby("scenario", sort=False)[value].sum().reset_index()
    return told, sums.assign(group=f"all other ways ({len(size) - len(names)})", lower=np.nan, upper=np.nan)


def reach_of(values: NDArray[np.float64], least: float = 1.0) -> float:
    """End of an axis that begins at zero, far enough beyond the largest value that no marker is cut."""
    largest = float(np.nanmax(values, initial=0.0))
    return 1.08 * largest if largest > 0 else least


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


def look(k: int, size: float = 6) -> dict[str, Any]:
    """Colour and marker of the k-th scenario; 70 pairs before one comes twice."""
    return {"color": COLOURS[k % len(COLOURS)], "marker": MARKERS[k % len(MARKERS)], "markersize": size}


def handle(k: int, label: str) -> Line2D:
    """Legend entry of the k-th scenario."""
    return Line2D([], [], linestyle="none", label=label, **look(k))


def party_look(party: str) -> dict[str, Any]:
    """Fill of a bar of what a party is responsible for."""
    k = list(PARTIES).index(party)
    return {"facecolor": COLOURS[k], "hatch": HATCHES[k], "edgecolor": "white", "linewidth": 0.5}


def legend_above(figure: Figure, handles: Sequence[Artist]) -> None:
    """One legend for all panels, over them, where it can hide nothing."""
    if handles:
        letters = [len(str(h.get_label())) + 4 for h in handles]
        columns = len(handles) if sum(letters) <= WIDEST else max(1, WIDEST // max(letters))
        figure.legend(handles=handles, loc="outside upper left", ncols=columns, frameon=False, handletextpad=0.3)


def places_in_rows(scenarios: int, rows: int) -> NDArray[np.float64]:
    """Heights of markers, by scenario and row: one below the other about the middle of their row."""
    below = (np.arange(scenarios) - (scenarios - 1) / 2) * 0.75 / max(1, scenarios)
    return np.asarray(np.arange(rows) + below[:, None])


def say_undefined(axes: Axes, values: Sequence[NDArray[np.float64]], places: NDArray[np.float64]) -> None:
    """Write where a value is not defined, so that it is not taken for zero; once where no scenario of a row has one."""
    for missing, heights in zip(np.isnan(values).T, places.T, strict=True):
        for height in [heights.mean()] if missing.all() else heights[missing]:
            axes.text(0, height, " not defined", va="center", fontsize=8, color="0.4")


def note(figure: Figure, text: str) -> None:
    """What bars mean and how many replications stand behind them, at the foot, in lines that are not cut."""
    text = "\n".join(fill(line, WIDEST_NOTE) for line in text.splitlines())
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
    figure.set_layout_engine("none")  # laid out once is enough: it takes longer than drawing
    buffer = BytesIO()
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format="png", dpi=200, metadata={"Software": None})
    write_atomic(folder / f"{name}.png", buffer.getvalue())
    return text
