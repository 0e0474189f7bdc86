"""From a finished comparison to its figures and its report."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from experiments import change_figures, figures
from experiments.go_live import too_late
from experiments.report.explain import explanations
from experiments.report.first_page import who_of
from experiments.report.report import ReportData, length_sentence, write_report
from experiments.report.scope import MODELLED, NOT_MODELLED
from sim.settings.run import RunSettings
from sim.settings.strict import quantities
from sim.settings.world import REGIMES, BorderWorld
from sim.world.build import build_world
from sim.world.regimes import procedures_of
from sim.world.world import World

Tables = Mapping[str, pd.DataFrame]
REGIME_NAMES = {"home_use": "goods for home use", "sct": "single customs territory"}


def titles_of(settings: RunSettings) -> dict[str, str]:
    """Readable name of each scenario."""
    return {name: scenario.title for name, scenario in settings.scenarios.items()}


def draw_figures(folder: Path, settings: RunSettings, tables: Tables) -> dict[str, str]:
    """Draw every figure of a comparison as PNG and SVG; returns the SVG text by name.

    Those of a window after the first have its name in theirs: `trade_off_plane_mature`.
    """
    drawn = {}
    for number, window in enumerate(settings.length.windows):
        for name, figure in _figures(settings, of_window(tables, window)).items():
            drawn[f"{name}_{window}" if number else name] = figure
    return {name: figures.save_figure(figure, folder, name) for name, figure in drawn.items()}


def of_window(tables: Tables, window: str) -> Tables:
    """Rows of one window of every table that speaks of windows."""
    return {name: table[table["period"] == window] for name, table in tables.items() if "period" in table}


def _figures(settings: RunSettings, tables: Tables) -> dict[str, Figure]:
    """Figures of one window, from its rows."""
    titles = titles_of(settings)
    summary, differences = tables["summary"], tables["differences"]
    stages = [s.name for s in procedures_of(settings.world).stages] if isinstance(settings.world, BorderWorld) else []
    drawn = {
        "clearance_by_stage": figures.clearance_by_stage(summary, titles, stages),
        "clearance_distribution": figures.clearance_distribution(tables["distribution"], titles),
        "interdiction_by_kind_and_arm": figures.interdiction_by_kind_and_arm(summary, titles),
    }
    if len(differences):
        against = differences[differences["reference"] == next(iter(settings.scenarios))]
        reach, n = tables["assumption_ranges"], settings.replications
        drawn = {
            "trade_off_plane": figures.trade_off_plane(
                summary, differences, titles, reach if len(reach) else None, len(settings.length.spans)
            ),
            "stage_waterfall": change_figures.stage_waterfall(against, parties_of(settings), n, titles),
            "who_gains": change_figures.who_gains(against, who_of(against, countries_of(settings)), n, titles),
            "displacement": change_figures.displacement(against, n, titles),
            "seen_beside_true": change_figures.seen_beside_true(summary, titles),
        } | drawn
    return drawn


def countries_of(settings: RunSettings) -> dict[str, str]:
    """Titles of a world's countries by key."""
    world = settings.world
    return {key: c.title for key, c in world.countries.items()} if isinstance(world, BorderWorld) else {}


def parties_of(settings: RunSettings) -> dict[str, str]:
    """Who is responsible for each stage; nothing is known of worlds without a process."""
    world = settings.world
    if not isinstance(world, BorderWorld):
        return {}
    leaving = world.exit_process.stages if world.exit_process is not None else ()
    return {stage.name: stage.responsible for stage in (*leaving, *procedures_of(world).stages)}


def make_report(
    path: Path,
    settings: RunSettings,
    raw: Mapping[str, Any],
    tables: Tables,
    drawn: Mapping[str, str],
    manifest: Mapping[str, Any],
) -> None:
    """Write the report of a finished comparison."""
    world = build_world(settings.world_name, settings.world, settings.assumptions)
    dates = [[world.date_of(day) for day in (span[0], span[-1])] for span in settings.length.spans.values()]
    period = ", and ".join(f"{first:%-d %B %Y} to {last:%-d %B %Y}" for first, last in dates)
    titles = titles_of(settings)
    reference = next(iter(settings.scenarios))
    measures = [t[:1].lower() + t[1:] for name, t in titles.items() if name != reference]
    today = "doing nothing new" if not settings.scenarios[reference].measures else titles[reference]
    named = f"{', '.join(measures[:-1])} and {measures[-1]}" if len(measures) > 1 else "".join(measures)
    question = f"What would {named} change, compared with {today}?"
    asked = settings.question
    write_report(
        path,
        ReportData(
            question=asked.title
            if asked is not None
            else (question if measures else f"What does {titles[reference]} look like at {world.title}?"),
            answer=tables.get("faster_as_safe"),
            cannot_tell=" ".join([asked.cannot_tell if asked is not None else "", *too_late(settings, world)]).strip(),
            world_title=world.title + (" (fictional)" if world.fictional else ""),
            about=settings.world.description,
            posts=tuple(p.name for p in world.posts),
            regime=f"{', '.join(regimes_of(settings, world))}; empty lorries are counted apart",
            period=f"{period} in the calendar of the traffic data",
            in_force=in_force(settings),
            first_line=length_sentence(settings.length),
            reference=reference,
            titles=titles,
            summary=tables["summary"],
            differences=tables["differences"],
            mechanisms=mechanism_table(tables["mechanisms"], settings.length.policy_day),
            assumptions=assumption_table(raw),
            fitted=world.fitted,
            not_for=world.not_for,
            modelled=MODELLED,
            not_modelled=NOT_MODELLED,
            ranges=tables["assumption_ranges"],
            drivers=tables["drivers"],
            strata=tables["strata"],
            calibration=tables["calibration"],
            countries=countries_of(settings),
            figures=drawn,
            explanations={
                window: explanations(rows["summary"], rows["differences"], reference, titles)
                for window in settings.length.windows
                for rows in [of_window(tables, window)]
            },
            manifest=manifest,
        ),
    )


def regimes_of(settings: RunSettings, world: World) -> list[str]:
    """Regimes that loaded lorries of a world are under, and which of them is cleared as another."""
    used = [
        regime for k, regime in enumerate(REGIMES) if regime != "empty" and any(p.regime_shares[k] for p in world.posts)
    ]
    alike = settings.world.same_process if isinstance(settings.world, BorderWorld) else {}
    named = {regime: REGIME_NAMES.get(regime, regime) for regime in REGIMES}
    return [f"{named[r]} (cleared as {named[alike[r]]})" if r in alike else named[r] for r in used]


def in_force(settings: RunSettings) -> tuple[tuple[str, str], ...]:
    """Measures already operating: what and since when, and the source of that."""
    if not isinstance(settings.world, BorderWorld):
        return ()
    return tuple(
        (f"{m.measure.replace('_', ' ')} since {m.year} ({100 * m.effectiveness:.0f} %)", m.source)
        for m in settings.world.in_force
    )


def mechanism_table(mechanisms: pd.DataFrame, policy_day: int) -> pd.DataFrame:
    """Every change of every measure, owners of the same change together; days counted from go-live."""
    if not len(mechanisms):
        return pd.DataFrame(
            columns=["measure", "parameter", "who", "operation", "value", "from_day", "to_day", "clamped"]
        )
    once = mechanisms.drop_duplicates(["measure", "parameter", "who", "operation"])
    rows = []
    for (measure, parameter, operation), group in once.groupby(["measure", "parameter", "operation"], sort=True):
        values = pd.concat([group["value_first"], group["value"]])
        low, high = float(values.min()), float(values.max())
        rows.append(
            {
                "measure": measure,
                "parameter": parameter,
                "who": group["who"].iloc[0] if len(group) == 1 else f"{len(group)} owners",
                "operation": operation,
                "value": _amount(low) if low == high else f"{_amount(low)} to {_amount(high)}",
                "from_day": int(group["from_day"].min()) - policy_day + 1,
                "to_day": int(group["to_day"].max()) - policy_day + 1,
                "clamped": bool(group["clamped"].any()),
            }
        )
    return pd.DataFrame(rows)


def _amount(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def assumption_table(raw: Mapping[str, Any]) -> pd.DataFrame:
    """Every number of the settings with its range, unit and source; one given on the command line says so."""
    chosen = {key: raw[key] for key in ("assumptions", "world", "targeting")}
    rows = [{"path": path, **quantity.model_dump()} for path, quantity in quantities(chosen)]
    return pd.DataFrame(rows, columns=["path", "centre", "low", "high", "unit", "source"])
