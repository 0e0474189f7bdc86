"""What there is to choose from: worlds, scenarios and questions, as rows and as aligned text."""

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.compose import compose
from experiments.faults import fault
from experiments.folders import config_folders, options
from experiments.presets import read_preset
from sim.settings.errors import SettingsError
from sim.settings.run import RunSettings
from sim.world.world import World

Row = dict[str, Any]
SMALLEST, LONGEST = "world=known_mmc", "length.window_days=3650"
"""The world that is read fastest, and a length in which any measure begins; what a scenario says depends on neither."""


def worlds(config_dir: str | None) -> list[Row]:
    """One row per world: name, title, fictional or not, posts, mean journeys a day; or what is wrong with it."""
    return [_world_row(name, config_dir) for name in options("world", config_folders(config_dir))]


def scenarios(config_dir: str | None) -> list[Row]:
    """One row per scenario: name, title and its measures with strength and first day."""
    names = list(options("scenario", config_folders(config_dir)))
    try:
        return _scenario_rows(names, config_dir)
    except SettingsError:
        return [row for name in names for row in _one_scenario(name, config_dir)]


def questions(config_dir: str | None) -> list[Row]:
    """One row per question: what is asked, and the command that answers it."""
    return [_question_row(name, config_dir) for name in options("question", config_folders(config_dir))]


def built(settings: RunSettings) -> World:
    """The world of a run.

    Raises
    ------
    SettingsError
        If its settings, each possible by itself, make no world together.
    """
    from sim.world.build import build_world

    try:
        return build_world(settings.world_name, settings.world, settings.assumptions)
    except (ArithmeticError, ValueError, MemoryError) as error:
        reason = f"its numbers do not go together ({' '.join(str(error).split())})"
        cure = "look at those that are 0 or very large"
        raise SettingsError(fault("world", settings.world_name, reason, cure)) from error


def measures_of(settings: RunSettings, scenario: str) -> str:
    """Measures of a scenario in words, as `training 0.5 from day 30`; full strength and day 0 are not mentioned."""
    words = [
        m.measure
        + (f" {m.intensity:g}" if m.intensity != 1 else "")
        + (f" raised to {m.raise_to:g}" if m.raise_to is not None else "")
        + (f" of {' and '.join(m.countries)} alone" if m.countries else "")
        + (f" at {' and '.join(m.posts)} alone" if m.posts else "")
        + (f" from day {m.from_day}" if m.from_day else "")
        for m in settings.scenarios[scenario].measures
    ]
    return ", ".join(words) or "none"


def aligned(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as a table of aligned columns, numbers to the right; keys of the first row are the heading."""
    if not rows:
        return "(none)"
    heading = list(rows[0])
    cells = [heading, *([_cell(row.get(key)) for key in heading] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(heading))]
    numeric = [all(isinstance(row.get(key), int | float | None) for row in rows) for key in heading]
    lines = [
        "  ".join(c.rjust(w) if n else c.ljust(w) for c, w, n in zip(line, widths, numeric, strict=True)).rstrip()
        for line in cells
    ]
    return "\n".join(lines)


def _world_row(name: str, config_dir: str | None) -> Row:
    try:
        world = built(compose("run", [f"world={name}"], config_dir).settings)
    except SettingsError as error:
        return {"world": name, "title": f"(not valid: {error})"}
    return {
        "world": name,
        "title": world.title,
        "fictional": "yes" if world.fictional else "no",
        "posts": len(world.posts),
        "journeys a day": round(sum(post.per_day for post in world.posts)),
    }


def _scenario_rows(names: Sequence[str], config_dir: str | None) -> list[Row]:
    """Rows of scenarios that are all valid, read at once."""
    words = [f"scenarios=[{','.join(names)}]", SMALLEST, LONGEST]
    settings = compose("compare" if len(names) > 1 else "run", words, config_dir).settings
    return [
        {"scenario": name, "title": settings.scenarios[name].title, "measures": measures_of(settings, name)}
        for name in names
    ]


def _one_scenario(name: str, config_dir: str | None) -> list[Row]:
    try:
        return _scenario_rows([name], config_dir)
    except SettingsError as error:
        return [{"scenario": name, "title": f"(not valid: {error})"}]


def _question_row(name: str, config_dir: str | None) -> Row:
    try:
        preset = read_preset(name, config_folders(config_dir))
    except SettingsError as error:
        return {"question": f"(not valid: {error})", "command": f"question={name}"}
    return {"question": preset.title or name, "command": f"bordersim {preset.command} question={name}"}


SMALL = 0.095
"""Below this, two decimals would leave less than two figures of a number."""


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.2g}" if 0 < abs(value) < SMALL else f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
