"""From a finished sweep to its figures and its page."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.answers import BREAK_EVEN, break_even_sentence
from experiments.disk import write_atomic
from experiments.drawing import save_figure, title_of
from experiments.effects import NAMES, effects, name_of, weights
from experiments.factors import short_name
from experiments.questions import Asked
from experiments.report.report import inline_svg, length_sentence, page, plain_table
from experiments.report.words import two_figures
from experiments.reporting import titles_of
from experiments.sensitivity import decisive, strongest_factors
from experiments.tables import PRIMARY_PERIOD

CAPTIONS = {
    "sensitivity": "How much each factor decides, strongest on top.",
    "effect_on_clearance": "Clearance at every point, against each factor.",
    "effect_on_interdiction": "Interdiction at every point, against each factor.",
}
FIGURES = {"clearance_mean_h": "effect_on_clearance", "interdiction_rate": "effect_on_interdiction"}
MOST_ROWS = 40
SCALE = {"h": (60.0, "min"), "share": (100.0, "percentage points")}
"""How changes are told, by the unit of the indicator."""


def draw_figures(folder: Path, asked: Asked, tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Draw every figure of a sweep as PNG and SVG; returns the SVG text by name."""
    settings, design = asked.composed.settings, asked.design
    titles, scenarios = titles_of(settings), list(settings.scenarios)
    results = tables["differences"] if len(tables["differences"]) else tables["points"]
    sensitivity = tables["sensitivity"]
    drawn = {}
    if len(decisive(sensitivity)):
        drawn["sensitivity"] = weights(sensitivity, design.paths, scenarios, titles)
    for indicator, name in FIGURES.items():
        if (results["indicator"] == indicator).any():
            paths = strongest_factors(sensitivity, indicator, design.paths)
            drawn[name] = effects(design, results, indicator, paths, scenarios, titles)
    return {name: save_figure(figure, folder, name) for name, figure in drawn.items()}


def make_report(
    path: Path,
    asked: Asked,
    tables: Mapping[str, pd.DataFrame],
    drawn: Mapping[str, str],
    manifest: Mapping[str, Any],
) -> None:
    """Write the page of a finished sweep."""
    settings, design = asked.composed.settings, asked.design
    titles = titles_of(settings)
    sensitivity = tables["sensitivity"]
    text = page(
        "sweep.html.j2",
        world_title=settings.world.title,
        first_line=length_sentence(settings.length, shown=PRIMARY_PERIOD),
        design=design,
        question=settings.question,
        answer=_answer(tables.get("break_even"), design.paths),
        titles=titles,
        replications=settings.replications,
        ranges=plain_table(_ranges(tables["ranges"], titles)),
        indices=plain_table(_indices(sensitivity, titles)),
        left_out=max(0, len(decisive(sensitivity)) - MOST_ROWS),
        factors=plain_table(tables["factors"]),
        failures=plain_table(tables["failures"].drop(columns="trace")),
        figures=[(CAPTIONS[name], inline_svg(name, figure)) for name, figure in drawn.items()],
        manifest=manifest,
    )
    write_atomic(path, text.encode())


def _answer(table: pd.DataFrame | None, paths: Sequence[str]) -> dict[str, Any] | None:
    """The question's own table, and what it comes to."""
    if table is None:
        return None
    numbers = [name for name in BREAK_EVEN if name not in ("scenario", "answer")]
    shown = table.assign(**{name: table[name].map(two_figures) for name in numbers})
    shown = shown.rename(columns={path: short_name(path) for path in paths})
    return {"sentence": break_even_sentence(table, paths), **plain_table(shown)}


def _ranges(ranges: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    """The ranges in units people use."""
    rows = []
    for row in ranges.to_dict("records"):
        change = row["outcome"] == "change"
        scale, unit = SCALE[row["unit"]] if change else (1.0, "h") if row["unit"] == "h" else (100.0, "%")
        numbers = {key: row[key] * scale for key in ("lowest", "median", "highest")}
        rows.append(
            {
                "scenario": title_of(row["scenario"], titles),
                "outcome": f"{'change in ' if change else ''}{NAMES[row['indicator']]}, {unit}",
                **{key: f"{value:.3g}" for key, value in numbers.items()},
                "points defined": row["defined"],
                "interval above 0": row["above"],
                "interval below 0": row["below"],
            }
        )
    return pd.DataFrame(rows)


def _indices(sensitivity: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    """The strongest indices."""
    rows = decisive(sensitivity).head(MOST_ROWS)
    return pd.DataFrame(
        {
            "scenario": [title_of(s, titles) for s in rows["scenario"]],
            "outcome": [f"{o} of {NAMES[i]}" for o, i in zip(rows["outcome"], rows["indicator"], strict=True)],
            "follows": [name_of(f) for f in rows["factor"]],
            "index": rows["index"].to_numpy(),
            "value": [f"{v:.2f}" for v in rows["value"]],
            "interval": [f"{a:.2f} to {b:.2f}" for a, b in zip(rows["lower"], rows["upper"], strict=True)],
            "points": rows["points"].to_numpy(),
        }
    )
